/**
 * The first of two admissions: what an RPC costs before anything of its exchange is known.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ExtProcClient } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';
import { twinspan } from '../kit/twinspan.ts';

const exchange = {
  response: { headers: [['content-type', 'application/json']] as const, body: '{"a":1}' },
};

test('RPCs of which nothing was heard count against capture.maxExchanges, until they end', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const { app, settled } = await twinspan(t, {
    shadow: { url: shadow.url },
    capture: { maxExchanges: 2 },
  });
  const client = await ExtProcClient.connect(app.addresses.extProc);
  t.after(() => client.close());
  const silent = [client.open(), client.open()];
  // On one connection the server meets RPCs in the order in which they were opened.
  await client.replay(exchange);
  assert.deepEqual(app.status().exchanges.outcomes, { over_capacity: 1 });
  for (const rpc of silent) rpc.halfClose();
  for (const { ended } of silent) await ended;
  await client.replay(exchange);
  await settled(2);
  // Without a message there was no exchange, so that the two are in no book.
  assert.deepEqual(app.status().exchanges, {
    seen: 2,
    in_flight: 0,
    outcomes: { over_capacity: 1, match: 1 },
  });
});
