import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import { readGrantableHeader } from '../../../src/config/grantable-header.ts';
import { compileHeaderPolicy } from '../../../src/duplicate/header-policy.ts';

const credentials = ['authorization', 'cookie', 'x-api-key', 'x-session-id', 'x-auth-token'];
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
  const reading = readGrantableHeader('Idempotency-Key');
  assert.match(reading.kind === 'problem' ? reading.message : '', /headers\.idempotencyKey/);
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
