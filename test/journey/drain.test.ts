/**
 * The end of twinspan while the shadow still owes answers: each exchange has its name by then, and what was to be
 * told of it has been.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ExtProcClient, partsOf } from '../kit/ext-proc-client.ts';
import { httpService } from '../kit/http-service.ts';
import { twinspan } from '../kit/twinspan.ts';

const exchange = { request: { method: 'POST', body: '{"a":1}' }, response: { body: '{"a":1}' } };

/** Resolves when `condition` holds; asked on every turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

for (const dispatch of ['after-live', 'with-request'] as const) {
  test(`${dispatch}: deliveries that are asked to give up end as shutdown, with their spans exported`, async (t) => {
    const shadow = await httpService(t, () => {});
    const { app, collector, log } = await twinspan(t, {
      shadow: { url: shadow.url, dispatch, concurrency: 3, timeout: '10m' },
      shutdown: { deadline: '1ms' },
    });
    const client = await ExtProcClient.connect(app.addresses.extProc);
    const parts = partsOf(exchange).filter(
      ({ kind }) => dispatch === 'after-live' || kind.startsWith('request'),
    );
    for (let count = 0; count < 4; count += 1) client.open().send(...parts);
    await until(
      () => shadow.asked.length === 3 && app.status().limits['queue_requests']?.used === 1,
    );
    // Nothing that is open on the live side gives the deliveries time to end.
    if (dispatch === 'after-live') await client.close();
    await app.stop();
    const { exchanges, shadow: sent, spans, balance, limits } = app.status();
    assert.deepEqual(exchanges, { seen: 4, in_flight: 0, outcomes: { shutdown: 4 } });
    assert.deepEqual(sent, { sent: 3, in_flight: 0, answered: 0, failed: 0, sent_unpaired: 3 });
    assert.deepEqual(balance, { exchanges: true, shadow: true, spans: true });
    assert.equal(limits['bytes_in_flight']?.used, 0);
    assert.ok(spans.created >= 4);
    assert.equal(spans.exported, spans.created);
    assert.equal(collector.spans.length, spans.created);
    assert.deepEqual(
      log.map(({ event }) => event).filter((event) => event === 'invariant_violated'),
      [],
    );
    await client.close();
  });
}
