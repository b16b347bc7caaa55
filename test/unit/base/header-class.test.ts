import assert from 'node:assert/strict';
import { test } from 'node:test';

import { headerClassOf, type HeaderClass } from '../../../src/base/header-class.ts';

const examples: Record<HeaderClass, readonly string[]> = {
  replaced: [
    ':path',
    'host',
    'x-b3-traceid',
    'proxy-connection',
    'x-twinspan-shadow',
    'b3',
    'x-datadog-trace-id',
    'sw8',
  ],
  identity: ['x-forwarded-for', 'x-real-ip', 'remote-user', 'client-cert', 'x-jwt-payload'],
  idempotency_key: ['idempotency-key', 'x-idempotency-key', 'acme-idempotencykey'],
  credential: ['authorization', 'proxy-authorization', 'cookie', 'x-authtoken', 'x-api-key'],
  ordinary: ['accept', 'x-tenant', 'x-tokens', 'x-key', 'via', 'key-x', '', '__proto__'],
};

for (const [expected, names] of Object.entries(examples)) {
  test(`${expected} are headers like ${names[1]}, in any case and spelling`, () => {
    for (const name of names) {
      assert.equal(headerClassOf(name), expected, name);
      assert.equal(headerClassOf(name.toUpperCase()), expected, name);
      assert.equal(headerClassOf(name.replaceAll('-', '_')), expected, name);
    }
  });
}

test('who vouches for a user is identity before it is a credential, since no grant may open it', () => {
  for (const name of ['cf-access-client-secret', 'x-ms-token-aad-id-token', 'x-remote-session']) {
    assert.equal(headerClassOf(name), 'identity', name);
  }
});
