/**
 * The ways in which twinspan and the filter can be set: canary clusters, dispatch with the request, a filter that
 * waits for answers, one that twinspan refuses, one that leaves out trailers.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { before, describe, it } from 'node:test';

import { ask, askHttp2 } from '../kit/customer.ts';
import {
  cluster,
  envoy,
  filterTo,
  route,
  twinspanCluster,
  type Json,
  type TestEnvoy,
} from '../kit/envoy.ts';
import { httpService, json, type Asked, type HttpService } from '../kit/http-service.ts';
import { endWithTrailers, http2Service } from '../kit/http2-service.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import { twinspan, type Sections, type TestTwinspan } from '../kit/twinspan.ts';
import { observer, until, type Observe } from './observer.ts';
import { executionSpan, pairSpan, textOf, traceInWords } from './trace-in-words.ts';

const allParts = {
  request_header_mode: 'SEND',
  request_body_mode: 'STREAMED',
  request_trailer_mode: 'SEND',
  response_header_mode: 'SEND',
  response_body_mode: 'STREAMED',
  response_trailer_mode: 'SEND',
};
const withoutTrailers = {
  ...allParts,
  request_trailer_mode: 'SKIP',
  response_trailer_mode: 'SKIP',
};
/** Waits for twinspan as long as any machine may need, so that no answer is late. */
const synchronous = { observability_mode: false, message_timeout: '20s' };

/** Each twinspan with a listener of the same name whose filter shows to it. */
const sidecars: Readonly<
  Record<string, { readonly sections?: Json; readonly filter?: Json; readonly shadow?: Json }>
> = {
  usual: { sections: { live: { name: 'orders', version: '1', canary: { clusters: ['canary'] } } } },
  eager: { shadow: { dispatch: 'with-request' } },
  synchronous: { filter: synchronous },
  strict: { filter: synchronous, sections: { envoy: { requireObservability: true } } },
  fullDuplex: {
    filter: {
      ...synchronous,
      processing_mode: {
        ...allParts,
        request_body_mode: 'FULL_DUPLEX_STREAMED',
        response_body_mode: 'FULL_DUPLEX_STREAMED',
      },
    },
  },
  trailerless: {
    filter: { processing_mode: withoutTrailers, deferred_close_timeout: '1s' },
  },
  synchronousTrailerless: { filter: { ...synchronous, processing_mode: withoutTrailers } },
};

describe('modes', { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  const twinspans = new Map<string, TestTwinspan>();
  const observers = new Map<string, Observe<Asked>>();
  const shadows = new Map<string, HttpService>();
  const held: ServerResponse[] = [];
  let running: TestEnvoy;

  before(async () => {
    const answer = (asked: Asked, response: ServerResponse): void => {
      if (asked.url === '/held') held.push(response);
      else json({ body: asked.body.toString() })(asked, response);
    };
    const live = await httpService(lifetime, answer);
    const canary = await httpService(lifetime, json({ body: 'canary' }));
    const live2 = await http2Service(lifetime, ({ path }, stream) => {
      const length = path.endsWith('length') ? { 'content-length': '11' } : {};
      const hasTrailers = path.includes('trailers');
      stream.respond(
        { ':status': 200, 'content-type': 'application/json', ...length },
        { waitForTrailers: hasTrailers },
      );
      if (hasTrailers) endWithTrailers(stream, '{"body":""}', { 'x-sum': '1' });
      else stream.end('{"body":""}');
    });
    for (const [name, { sections, shadow: shadowSection }] of Object.entries(sidecars)) {
      const shadow = await httpService(lifetime, (asked, response) =>
        json({ body: asked.body.toString() })(asked, response),
      );
      const sidecar = await twinspan(lifetime, {
        ...sections,
        shadow: { url: shadow.url, ...shadowSection },
      } satisfies Sections);
      shadows.set(name, shadow);
      twinspans.set(name, sidecar);
      observers.set(
        name,
        observer(sidecar, shadow, ({ headers }) => headers['x-request-id']),
      );
    }
    const weighted = (canaryShare: number) => ({
      clusters: [
        { name: 'live', weight: 100 - canaryShare },
        { name: 'canary', weight: canaryShare },
      ],
    });
    const routes = [
      route('/canary', 'canary'),
      { match: { prefix: '/weighted' }, route: { weighted_clusters: weighted(100) } },
      route('/h2', 'live2'),
      route('/', 'live'),
    ];
    running = await envoy(lifetime, {
      listeners: Object.fromEntries(
        Object.entries(sidecars).map(([name, { filter }]) => [
          name,
          { routes, filter: filterTo(`twinspan-${name}`, filter) },
        ]),
      ),
      clusters: [
        cluster('live', live.port),
        cluster('canary', canary.port),
        cluster('live2', live2.port, { http2: true }),
        ...[...twinspans].map(([name, { app }]) =>
          twinspanCluster(app.addresses.extProc, { name: `twinspan-${name}` }),
        ),
      ],
    });
  });

  const at = (name: string) => running.listeners[name]!;
  const observeAt = (name: string) => observers.get(name)!;

  for (const path of ['/canary', '/weighted']) {
    it(`what a canary cluster answers has the mode canary: ${path}`, async () => {
      const { result, outcomes, exportedSpans } = await observeAt('usual')(1, () =>
        ask(at('usual'), { path }),
      );
      assert.equal(result.body.toString(), '{"body":"canary"}');
      assert.deepEqual(outcomes, { mismatch: 1 });
      const spans = await exportedSpans();
      assert.deepEqual(traceInWords(spans), [
        'twinspan.pair (internal) mismatch',
        '  GET /** (internal) canary 200',
        '  GET /** (client) shadow 200',
      ]);
      assert.equal(executionSpan(spans, 'canary').attributes['deployment.mode'], 'canary');
      assert.equal(
        pairSpan(spans).attributes['twinspan.experiment.id'],
        undefined,
        'a canary counts in no experiment',
      );
    });
  }

  it('what the live cluster answers counts in the experiment', async () => {
    const { exportedSpans } = await observeAt('usual')(1, () => ask(at('usual')));
    const { attributes } = pairSpan(await exportedSpans());
    assert.match(textOf(attributes['twinspan.experiment.id']), /^[0-9a-f]{16}$/);
  });

  it('after-live: the shadow is not asked before live has answered', async () => {
    const { asked } = await observeAt('usual')(2, async () => {
      const answered = ask(at('usual'), { path: '/held' });
      await until(() => held.length === 1);
      // Another exchange goes all the way meanwhile.
      await ask(at('usual'), { path: '/other' });
      await until(() => shadows.get('usual')!.asked.some(({ url }) => url === '/other'));
      held.pop()?.end('{"body":""}');
      await answered;
    });
    assert.deepEqual(
      asked.map(({ url }) => url),
      ['/other', '/held'],
    );
  });

  it('with-request: the shadow is asked while live works, and the pair is the same', async () => {
    const { outcomes, asked, exportedSpans } = await observeAt('eager')(1, async () => {
      const answered = ask(at('eager'), { path: '/held' });
      await until(() => held.length === 1 && shadows.get('eager')!.asked.length === 1);
      const response = held.pop()!;
      response.setHeader('content-type', 'application/json');
      response.end('{"body":""}');
      await answered;
    });
    assert.deepEqual(outcomes, { match: 1 });
    assert.equal(asked.length, 1);
    const spans = await exportedSpans();
    const live = executionSpan(spans, 'live');
    const shadow = executionSpan(spans, 'shadow');
    assert.ok(shadow.startTimeUnixNano < live.endTimeUnixNano);
    assert.deepEqual(traceInWords(spans), [
      'twinspan.pair (internal) match',
      '  GET /** (internal) live 200',
      '  GET /** (client) shadow 200',
    ]);
  });

  it('a filter that waits is answered: live and customers have every byte, and the pair is compared', async () => {
    const observe = observeAt('synchronous');
    const body = 'x'.repeat(100_000);
    const posted = await observe(1, () => ask(at('synchronous'), { path: '/items', body }));
    assert.deepEqual(JSON.parse(posted.result.body.toString()), { body });
    assert.deepEqual(posted.outcomes, { match: 1 });
    assert.equal(posted.asked[0]?.body.toString(), body);
    const empty = await observe(1, () => ask(at('synchronous'), { method: 'HEAD' }));
    assert.deepEqual(empty.outcomes, { match: 1 });
    const trailers = await observe(1, () => askHttp2(at('synchronous'), { path: '/h2/trailers' }));
    assert.deepEqual(trailers.result.rawTrailers, ['x-sum', '1']);
    assert.deepEqual(trailers.outcomes, { match: 1 });
  });

  it('a filter that waits is warned about once, and counted', async () => {
    const { app, log } = twinspans.get('synchronous')!;
    const before = await counter(app.addresses.ops, 'twinspan_ext_proc_synchronous_streams_total');
    await observeAt('synchronous')(2, async () => {
      await ask(at('synchronous'));
      await ask(at('synchronous'));
    });
    const warnings = log.filter(({ event }) => event === 'synchronous_filter');
    assert.equal(warnings.length, 1);
    const after = await counter(app.addresses.ops, 'twinspan_ext_proc_synchronous_streams_total');
    assert.equal(after - before, 2);
  });

  it('a filter that waits and leaves out trailers: an exchange that ends is compared', async () => {
    const { outcomes } = await observeAt('synchronousTrailerless')(1, () =>
      ask(at('synchronousTrailerless'), { body: 'abc' }),
    );
    assert.deepEqual(outcomes, { match: 1 });
  });

  it('requireObservability: a filter that waits is let go, customers are served', async () => {
    const { result, outcomes, asked, exportedSpans } = await observeAt('strict')(2, async () => {
      await ask(at('strict'), { path: '/items' });
      return ask(at('strict'), { path: '/items', body: 'x'.repeat(100_000) });
    });
    assert.equal(result.status, 200);
    assert.equal(JSON.parse(result.body.toString()).body.length, 100_000);
    assert.deepEqual(outcomes, { unsafe_envoy_mode: 2 });
    assert.equal(asked.length, 0);
    assert.deepEqual(await exportedSpans(), []);
  });

  it('a filter in full duplex mode is let go, and the log says what it costs', async () => {
    const { result, outcomes, asked } = await observeAt('fullDuplex')(2, async () => {
      await ask(at('fullDuplex'));
      return ask(at('fullDuplex'));
    });
    assert.equal(result.body.toString(), '{"body":""}');
    assert.deepEqual(outcomes, { unsafe_envoy_mode: 2 });
    assert.equal(asked.length, 0);
    const said = twinspans
      .get('fullDuplex')!
      .log.filter(({ event }) => event === 'full_duplex_filter');
    assert.deepEqual(
      said.map(({ level }) => level),
      ['error'],
    );
  });

  it('without trailers in the filter: an exchange that has none is compared', async () => {
    const observe = observeAt('trailerless');
    const overHttp1 = await observe(1, () => ask(at('trailerless'), { body: 'abc' }));
    assert.deepEqual(overHttp1.outcomes, { match: 1 });
    const overHttp2 = await observe(1, () => askHttp2(at('trailerless'), { path: '/h2' }));
    assert.deepEqual(overHttp2.outcomes, { match: 1 });
  });

  it('without trailers in the filter: an answer with trailers and its length is whole', async () => {
    const { result, outcomes, exportedSpans } = await observeAt('trailerless')(1, () =>
      askHttp2(at('trailerless'), { path: '/h2/trailers/length' }),
    );
    assert.deepEqual(result.rawTrailers, ['x-sum', '1']);
    assert.deepEqual(outcomes, { match: 1 });
    const spans = await exportedSpans();
    const live = executionSpan(spans, 'live');
    const shadow = executionSpan(spans, 'shadow');
    const waitedMs = Number(shadow.startTimeUnixNano - live.endTimeUnixNano) / 1e6;
    assert.ok(waitedMs > 300, "the second that Envoy waits for trailers is no time of live's");
  });

  it('without trailers in the filter: an answer with trailers and no length cannot be told from a cut one', async () => {
    const { result, outcomes, asked } = await observeAt('trailerless')(1, () =>
      askHttp2(at('trailerless'), { path: '/h2/trailers' }),
    );
    assert.deepEqual(result.rawTrailers, ['x-sum', '1']);
    assert.deepEqual(outcomes, { live_incomplete: 1 });
    assert.equal(asked.length, 0);
  });
});

async function counter(address: string, name: string): Promise<number> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}
