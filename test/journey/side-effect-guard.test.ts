/**
 * Requests of a route that does repeat its method, and that ask for something else than the method says.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ExtProcClient } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';
import { twinspan } from '../kit/twinspan.ts';

const response = { headers: [['content-type', 'application/json']] as const, body: '{"a":1}' };

const form = [['content-type', 'application/x-www-form-urlencoded']] as const;
const multipart = [['content-type', 'multipart/form-data; boundary=b']] as const;
const guarded = [
  { method: 'POST', path: '/items/1', headers: form, body: 'name=a&_method=DELETE' },
  {
    method: 'POST',
    path: '/items/1',
    headers: multipart,
    body: '--b\r\nContent-Disposition: form-data; name="_method"\r\n\r\nDELETE\r\n--b--\r\n',
  },
  { path: '/items/1?%24httpMethod=DELETE' },
  { path: '/graphql?query=mutation%7Bbuy%7Bid%7D%7D' },
];
const followed = [
  { method: 'POST', path: '/items', headers: form, body: 'name=_method' },
  { path: '/graphql?query=%7Bitems%7Bid%7D%7D' },
];

for (const dispatch of ['after-live', 'with-request']) {
  test(`${dispatch}: what asks for another method, or for a mutation, is never sent`, async (t) => {
    const shadow = await httpService(t, json({ a: 1 }));
    const sidecar = await twinspan(t, { shadow: { url: shadow.url, dispatch } });
    const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
    t.after(() => client.close());
    for (const request of [...guarded, ...followed]) await client.replay({ request, response });
    await sidecar.settled(guarded.length + followed.length);
    const { exchanges, balance, limits } = sidecar.app.status();
    assert.equal(exchanges.outcomes['side_effect_guard'], guarded.length);
    assert.deepEqual(balance, { exchanges: true, shadow: true, spans: true });
    assert.equal(limits['bytes_in_flight']?.used, 0, 'captured bytes are given back');
    assert.deepEqual(
      shadow.asked.map(({ url }) => url).sort(),
      followed.map(({ path }) => path).sort(),
    );
  });
}
