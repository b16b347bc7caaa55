/**
 * A live model and its shadow behind a real Envoy, with a twinspan that judges them by the default margins as soon as
 * they can be, and customers who ask by number.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Verdict } from '../../src/verdict/verdict.ts';
import { closedLoop, type ClosedLoop } from '../kit/closed-loop.ts';
import { cluster, envoy, route, twinspanCluster } from '../kit/envoy.ts';
import type { Lifetime } from '../kit/http-service.ts';
import {
  modelLabels,
  modelService,
  type ModelFaults,
  type ModelService,
} from '../kit/model-service.ts';
import { customersOf } from '../kit/open-loop.ts';
import { serve, servedFile, temporaryFolder, type ServedTwinspan } from '../kit/serve.ts';

export interface JudgedModels {
  readonly shadow: ModelService;
  readonly sidecar: ServedTwinspan;
  /** Customers who ask one request after the other, of a number that goes on from those before. */
  customers(options?: { readonly times?: number; readonly path?: string }): ClosedLoop;
  /** Waits until all who have begun were served, by live, and all that was seen has come to an end. */
  served(load: ClosedLoop): Promise<Awaited<ReturnType<ServedTwinspan['settled']>>>;
  verdict(query?: string): Promise<Verdict>;
  /** Writes the file anew, and resolves when it holds. */
  reload(sections: Sections): Promise<void>;
}

/** Sections of the file. */
interface Sections {
  /** Of the one route. */
  readonly route?: object;
  readonly verdict?: object;
  /** A share of the exchanges goes to the live model instead of its shadow. */
  readonly control?: number;
}

/** Who ask at the same time: about 400 requests a second, of which a busy machine keeps abreast. */
const customers = 100;
/** Of the first request: from here on each fault is met about as often as it should be on average. */
const firstNumber = 900;

/** What is asked below `/canary` is answered by a canary, which is the live model as well. */
export async function judgedModels(
  lifetime: Lifetime,
  faults: ModelFaults,
  sections: Sections = {},
): Promise<JudgedModels> {
  const live = await modelService(lifetime, 1);
  const shadow = await modelService(lifetime, 2, faults);
  const path = join(await temporaryFolder(lifetime), 'twinspan.json');
  const write = ({ route: extra, verdict, control }: Sections): Promise<void> =>
    writeFile(
      path,
      servedFile(shadow.url, {
        live: { name: 'iris', version: '1', canary: { clusters: ['canary'] } },
        shadow: {
          name: 'iris',
          versionHeader: 'x-model-version',
          url: shadow.url,
          // A busy machine is late, and that is no fault; the faults are answers, and all of them are wanted.
          timeout: '60s',
          breaker: { failures: 10_000 },
          connections: 256,
          queue: { requests: 9000 },
        },
        ...(control !== undefined && { control: { url: live.url, ratio: control } }),
        routes: [
          {
            name: 'predict',
            match: { path: '/**' },
            prediction: { preset: 'kserve-v1', labels: modelLabels },
            ...extra,
          },
        ],
        verdict: { mode: 'equivalence', floor: { elapsed: '1s' }, ...verdict },
      }),
    );
  await write(sections);
  const sidecar = await serve(lifetime, path);
  const { listeners } = await envoy(lifetime, {
    listeners: { main: { routes: [route('/canary', 'canary'), route('/', 'live')] } },
    clusters: [
      cluster('live', live.port),
      cluster('canary', live.port),
      twinspanCluster(sidecar.extProc),
    ],
  });
  const ask = customersOf(lifetime, listeners['main']!);
  let begun = 0;
  const askNext = (path: string): Promise<void> => ask(`${path}?number=${firstNumber + begun++}`);
  return {
    shadow,
    sidecar,
    customers({ times, path: asked = '/predict' } = {}) {
      const options = { customers, ...(times !== undefined && { times }) };
      return closedLoop(lifetime, options, () => askNext(asked));
    },
    async served(load) {
      await load.ended;
      assert.deepEqual(load.failures, []);
      const books = await sidecar.settled(begun);
      assert.equal(books.exchanges.seen, begun);
      assert.deepEqual(books.balance, { exchanges: true, shadow: true, spans: true });
      return books;
    },
    async verdict(query = '') {
      const answer = await fetch(`http://${sidecar.admin}/v1/verdict${query}`);
      assert.equal(answer.status, 200);
      return (await answer.json()) as Verdict;
    },
    async reload(changed) {
      const before = sidecar.lines.length;
      await write({ ...sections, ...changed });
      await sidecar.logged('reloaded', before);
    },
  };
}
