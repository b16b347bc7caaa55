import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isSecretName, shownText } from '../../../src/comparison/redaction.ts';

test('a name is secret by any whole part, however it is written', () => {
  for (const name of [
    'password',
    'Password',
    'user_password',
    'userPassword',
    'accessToken',
    'accessTokens',
    'ACCESS_TOKEN',
    'APIKey',
    'api-key',
    'apikey',
    'api_key',
    'x_api_key',
    'x-authtoken',
    'accesstoken',
    'x-sessiontoken',
    'phpsessid',
    'awsAccessKeyId',
    'client.secret',
    'clientSecret',
    'credit card',
    'email',
    'billing_address',
    'firstName',
    'clientIP',
    'x-amz-date',
    'X-Goog-Signature',
    'code',
    'state',
    'connectionString',
  ]) {
    assert.ok(isSecretName(name), name);
  }
});

test('a name that only contains a secret word is not secret', () => {
  for (const name of [
    'tokenizer_count',
    'prompt_tokens',
    'prompttokens',
    'passed',
    'label',
    'score',
    'status_code',
    'order_state',
    'secretary',
    'emailed',
    'zipper',
    'amz',
    'key',
    '',
    '__proto__',
    'constructor',
  ]) {
    assert.ok(!isSecretName(name), name);
  }
});

test('a name that is too long to be one is secret', () => {
  assert.ok(isSecretName('a'.repeat(257)));
});

test('a value is cut at 256 characters, never inside one', () => {
  assert.equal(shownText('x'.repeat(256)), 'x'.repeat(256));
  assert.equal(shownText('x'.repeat(257)), `${'x'.repeat(255)}…`);
  const astral = `${'x'.repeat(254)}😀😀`;
  assert.equal(shownText(astral), `${'x'.repeat(254)}…`);
});

test('what looks like a credential is not shown whatever its name', () => {
  for (const text of [
    '"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"',
    '"-----BEGIN PRIVATE KEY-----"',
    `"AKIA${'A'.repeat(16)}"`,
    '"ghp_0123456789"',
    '"Bearer abc"',
  ]) {
    assert.equal(shownText(text), undefined);
  }
  assert.equal(shownText('"eye"'), '"eye"');
});
