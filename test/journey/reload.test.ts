/**
 * Limits that a reload changes while twinspan runs, each told by what becomes of the exchanges that follow.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';

import { ExtProcClient } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';
import { configOf, twinspan, type Sections, type TestTwinspan } from '../kit/twinspan.ts';

const exchange = {
  request: { method: 'POST', body: '{"a":1}' },
  response: { headers: [['content-type', 'application/json']] as const, body: '{"a":1}' },
};

interface Running {
  readonly sidecar: TestTwinspan;
  /** Shows an exchange to twinspan, to its end on the live side. */
  follow(): Promise<void>;
  /** Outcomes once everything has one. */
  outcomes(seen: number): Promise<Readonly<Record<string, number>>>;
  /** Takes over sections beside those of the start. */
  reload(sections: Readonly<Record<string, unknown>>): void;
}

async function running(t: TestContext, sections: Sections): Promise<Running> {
  const sidecar = await twinspan(t, sections);
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  return {
    sidecar,
    async follow() {
      await client.replay(exchange);
    },
    async outcomes(seen) {
      await sidecar.settled(seen);
      assert.equal(sidecar.app.status().limits['bytes_in_flight']?.used, 0);
      return sidecar.app.status().exchanges.outcomes;
    },
    reload(changed) {
      const { shadow, ...others } = changed;
      const next = configOf(
        { ...sections, ...others, shadow: { ...sections.shadow, ...(shadow as object) } },
        sidecar.collector.url,
      );
      assert.equal(sidecar.app.reload(next.config, next.hash).kind, 'accepted');
    },
  };
}

/** Resolves when `condition` holds; asked on every turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test('a shorter shadow.timeout ends the next request to the shadow', async (t) => {
  const shadow = await httpService(t, () => {});
  const { follow, outcomes, reload } = await running(t, {
    shadow: { url: shadow.url, timeout: '10m' },
    shutdown: { deadline: '1ms' },
  });
  reload({ shadow: { timeout: '20ms' } });
  await follow();
  assert.deepEqual(await outcomes(1), { shadow_timeout: 1 });
});

test('a shadow.rate that was not there turns away what is above it', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const { follow, outcomes, reload } = await running(t, { shadow: { url: shadow.url } });
  await follow();
  await follow();
  // One request now, the next one in a quarter of an hour.
  reload({ shadow: { rate: 0.001 } });
  await follow();
  await follow();
  assert.deepEqual(await outcomes(4), { match: 3, over_rate: 1 });
  reload({ shadow: { rate: 0 } });
  await follow();
  assert.deepEqual(await outcomes(5), { match: 4, over_rate: 1 });
});

test('a smaller capture.maxBytesInFlight has no room for the next body', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const { follow, outcomes, reload, sidecar } = await running(t, { shadow: { url: shadow.url } });
  await follow();
  assert.deepEqual(await outcomes(1), { match: 1 });
  reload({ capture: { maxBytesInFlight: '6B' } });
  await follow();
  assert.deepEqual(await outcomes(2), { match: 1, bytes_exhausted: 1 });
  assert.equal(sidecar.app.status().limits['bytes_in_flight']?.max, 6);
});

test('another shadow.concurrency holds at once, another shadow.queue for what comes next', async (t) => {
  const answers: ServerResponse[] = [];
  const shadow = await httpService(t, (_asked, response) => void answers.push(response));
  const { follow, outcomes, reload, sidecar } = await running(t, {
    shadow: { url: shadow.url, concurrency: 1 },
  });
  await follow();
  await follow();
  await until(() => answers.length === 1);
  assert.equal(sidecar.app.status().limits['queue_requests']?.used, 1);
  reload({ shadow: { concurrency: 2, queue: { requests: 1 } } });
  const { shadow_concurrency: deliveries, queue_requests: waiting } = sidecar.app.status().limits;
  assert.deepEqual([deliveries?.max, waiting?.max], [2, 1]);
  await until(() => answers.length === 2);
  await follow();
  await follow();
  await until(() => sidecar.app.status().exchanges.outcomes['queue_full'] === 1);
  for (let count = 0; count < 3; count += 1) {
    await until(() => answers.length > count);
    answers[count]!.setHeader('content-type', 'application/json').end('{"a":1}');
  }
  assert.deepEqual(await outcomes(4), { match: 3, queue_full: 1 });
});
