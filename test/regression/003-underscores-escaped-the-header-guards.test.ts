/**
 * Cause: guards compared the names of headers letter by letter. Envoy lets names with `_` through, and CGI, PHP-FPM,
 * WSGI and Rack make one variable of `X-HTTP-Method-Override` and `X_HTTP_METHOD_OVERRIDE`: a shadow behind one of
 * them was sent a GET and carried out a DELETE, a marked shadow request was shadowed again, and identity headers,
 * credentials and idempotency keys were copied.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ExtProcClient } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';
import { twinspan } from '../kit/twinspan.ts';

const response = { headers: [['content-type', 'application/json']] as const, body: '{"a":1}' };

const notFollowed = [
  ['side_effect_guard', 'x_http_method_override', 'DELETE'],
  ['side_effect_guard', 'x_http_method', 'DELETE'],
  ['side_effect_guard', 'x-method_override', 'DELETE'],
  ['loop_guard', 'x_twinspan_shadow', 'other;1'],
] as const;

for (const [outcome, name, value] of notFollowed) {
  test(`${name} is guarded like the name with dashes: ${outcome}`, async (t) => {
    const shadow = await httpService(t, json({ a: 1 }));
    const sidecar = await twinspan(t, { shadow: { url: shadow.url } });
    const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
    t.after(() => client.close());
    await client.replay({ request: { path: '/items', headers: [[name, value]] }, response });
    await sidecar.settled(1);
    assert.equal(sidecar.app.status().exchanges.outcomes[outcome], 1);
    assert.equal(shadow.asked.length, 0);
  });
}

test('what is not copied under a name with dashes is not copied under one with underscores', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const sidecar = await twinspan(t, { shadow: { url: shadow.url } });
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  const headers = [
    ['proxy_authorization', 'kept back'],
    ['idempotency_key', 'kept back'],
    ['x_forwarded_for', 'kept back'],
    ['x_real_ip', 'kept back'],
    ['x_api_key', 'kept back'],
    ['x_tenant', 'gold'],
  ] as const;
  await client.replay({ request: { path: '/items', headers }, response });
  await sidecar.settled(1);
  assert.equal(shadow.asked.length, 1);
  const { rawHeaders } = shadow.asked[0]!;
  assert.equal(rawHeaders.includes('kept back'), false);
  assert.equal(rawHeaders[rawHeaders.indexOf('x_tenant') + 1], 'gold');
});
