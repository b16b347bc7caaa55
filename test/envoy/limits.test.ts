/**
 * twinspan lets an exchange go before its end: it has too many, waits too long, or was told to leave it. It ends the
 * RPC in the middle of the exchange then, and customers have every byte all the same.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { before, describe, it } from 'node:test';

import { ask } from '../kit/customer.ts';
import {
  cluster,
  envoy,
  filterTo,
  route,
  twinspanCluster,
  type Json,
  type TestEnvoy,
} from '../kit/envoy.ts';
import { httpService, json, type Asked } from '../kit/http-service.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import { twinspan, type TestTwinspan } from '../kit/twinspan.ts';
import { observer, until, type Observe } from './observer.ts';
import { traceInWords } from './trace-in-words.ts';

const all = { name: 'all', match: { path: '/**', methods: ['GET', 'POST'] }, effects: 'none' };
const megabyte = 'abcdefghijklmnop'.repeat(65_536);

/** Each twinspan with a listener of the same name whose filter shows to it. */
const sidecars: Readonly<Record<string, Json>> = {
  narrow: { capture: { maxExchanges: 1 } },
  impatient: { capture: { idle: '300ms' } },
  brief: { capture: { maxDuration: '300ms' } },
  sampling: { routes: [{ ...all, sample: { ratio: 0 } }] },
  paused: { paused: true },
  expired: { expires: '2020-01-01' },
  elsewhere: { routes: [{ ...all, match: { path: '/else' } }] },
};

describe('exchanges that twinspan lets go', { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  const twinspans = new Map<string, TestTwinspan>();
  const observers = new Map<string, Observe<Asked>>();
  const held: ServerResponse[] = [];
  let running: TestEnvoy;

  before(async () => {
    const live = await httpService(lifetime, (asked, response) => {
      if (asked.url === '/held') held.push(response);
      else json({ bytes: asked.body.length, text: asked.body.toString() })(asked, response);
    });
    for (const [name, sections] of Object.entries(sidecars)) {
      const shadow = await httpService(lifetime, json({}));
      const sidecar = await twinspan(lifetime, { ...sections, shadow: { url: shadow.url } });
      twinspans.set(name, sidecar);
      observers.set(
        name,
        observer(sidecar, shadow, ({ headers }) => headers['x-request-id']),
      );
    }
    running = await envoy(lifetime, {
      listeners: Object.fromEntries(
        Object.keys(sidecars).map((name) => [
          name,
          { routes: [route('/', 'live')], filter: filterTo(`twinspan-${name}`) },
        ]),
      ),
      clusters: [
        cluster('live', live.port),
        ...[...twinspans].map(([name, { app }]) =>
          twinspanCluster(app.addresses.extProc, { name: `twinspan-${name}` }),
        ),
      ],
    });
  });

  for (const [name, outcome] of [
    ['sampling', 'sampled_out'],
    ['paused', 'paused'],
    ['expired', 'expired'],
    ['elsewhere', 'route_unmatched'],
  ] as const) {
    it(`${outcome}: let go at its headers, a megabyte up and down is served`, async () => {
      const { result, outcomes, asked, exportedSpans } = await observers.get(name)!(1, () =>
        ask(running.listeners[name]!, { body: megabyte }),
      );
      assert.deepEqual(JSON.parse(result.body.toString()), {
        bytes: megabyte.length,
        text: megabyte,
      });
      assert.deepEqual(outcomes, { [outcome]: 1 });
      assert.equal(asked.length, 0);
      assert.deepEqual(await exportedSpans(), []);
    });
  }

  it('over_capacity: let go before it is read, a megabyte up and down is served', async () => {
    const { outcomes, asked } = await observers.get('narrow')!(2, async () => {
      const first = ask(running.listeners['narrow']!, { path: '/held' });
      await until(() => held.length === 1);
      const { body } = await ask(running.listeners['narrow']!, { body: megabyte });
      assert.equal(JSON.parse(body.toString()).text, megabyte);
      await until(() => twinspans.get('narrow')!.app.status().exchanges.seen === 2);
      held.pop()?.end('{}');
      await first;
    });
    assert.deepEqual(outcomes, { over_capacity: 1, mismatch: 1 });
    assert.equal(asked.length, 1);
  });

  for (const [name, limit] of [
    ['impatient', 'capture.idle'],
    ['brief', 'capture.maxDuration'],
  ] as const) {
    it(`an answer that takes longer than ${limit} is served, and given up as live_incomplete`, async () => {
      const { app } = twinspans.get(name)!;
      const { result, outcomes, asked, exportedSpans } = await observers.get(name)!(1, async () => {
        const answered = ask(running.listeners[name]!, { path: '/held' });
        await until(() => held.length === 1);
        await until(() => app.status().exchanges.outcomes['live_incomplete'] === 1);
        held.pop()?.end(megabyte);
        return answered;
      });
      assert.equal(result.body.toString(), megabyte);
      assert.deepEqual(outcomes, { live_incomplete: 1 });
      assert.equal(asked.length, 0);
      assert.deepEqual(traceInWords(await exportedSpans()), [
        'twinspan.pair (internal) live_error live_incomplete',
        '  GET /** (internal) live',
      ]);
    });
  }
});
