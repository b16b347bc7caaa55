import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import { readGrantableHeader } from '../../../src/config/grantable-header.ts';
import { compileHeaderPolicy } from '../../../src/duplicate/header-policy.ts';

const credentials = [
  'authorization',
  'proxy-authorization',
  'authentication',
  'x-authorization',
  'cookie',
  'x-api-key',
  'x-session-id',
  'x-auth-token',
  'x_auth_token',
  'x-authtoken',
  'x-sessiontoken',
];
const closed = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-client-cert',
  'x-real-ip',
  'x-envoy-external-address',
  'x-amzn-oidc-identity',
  'x-goog-iap-jwt-assertion',
  'x-ms-client-principal',
  'x-spiffe-id',
  'client-cert',
  'cf-connecting-ip',
  'traceparent',
  'x-b3-traceid',
  'baggage',
  'content-length',
  'transfer-encoding',
  'host',
  'x-request-id',
  'x-twinspan-shadow',
  'proxy-authenticate',
  'http2-settings',
  'x_forwarded_for',
  'x_real_ip',
  'x-auth-user',
  'remote-user',
  'x-jwt-payload',
  'true-client-ip',
  'fly-client-ip',
];

test('credentials can be granted, under any spelling', () => {
  for (const name of credentials) {
    assert.deepEqual(readGrantableHeader(name.toUpperCase()), { kind: 'value', value: name });
  }
});

test('identity, connection and trace headers cannot be granted', () => {
  for (const name of closed) assert.equal(readGrantableHeader(name).kind, 'problem', name);
});

test('idempotency-key has a setting of its own, which the problem names', () => {
  for (const name of ['Idempotency-Key', 'idempotency_key', 'X-Idempotency-Key']) {
    const reading = readGrantableHeader(name);
    assert.match(
      reading.kind === 'problem' ? reading.message : '',
      /headers\.idempotencyKey/,
      name,
    );
  }
});

test('what can be granted is what the header policy then copies', () => {
  for (const name of [...credentials, ...closed]) {
    const copy = compileHeaderPolicy({
      grant: [name],
      allowPlainHttp: false,
      targetIsPrivate: true,
      hmacKey: 'key',
    });
    const copied = copy(HeaderList.fromPairs([[name, 'v']])).headers.has(name);
    assert.equal(readGrantableHeader(name).kind === 'value', copied, name);
  }
});
