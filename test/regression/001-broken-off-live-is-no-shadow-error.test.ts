/**
 * Cause: whatever had a shadow response was listed in `/v1/pairs`, and without a comparison as `shadow_error`. With
 * `dispatch: with-request` the shadow may have answered before live breaks off: nothing was compared then, and the
 * shadow is not to blame.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ExtProcClient, partsOf } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';
import { twinspan } from '../kit/twinspan.ts';

test('an exchange that live broke off is not listed as an error of the shadow that answered', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const sidecar = await twinspan(t, { shadow: { url: shadow.url, dispatch: 'with-request' } });
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  const exchange = client.open();
  exchange.send(...partsOf({ request: {} }).filter(({ kind }) => kind === 'request_headers'));
  // The answer is there once its bytes are in the budget.
  while (sidecar.app.status().limits['bytes_in_flight']?.used === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  exchange.halfClose();
  await sidecar.settled(1);
  assert.deepEqual(sidecar.app.status().exchanges.outcomes, { live_aborted: 1 });
  assert.deepEqual(await sidecar.admin('/v1/pairs'), { pairs: [] });
});
