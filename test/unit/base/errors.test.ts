import assert from 'node:assert/strict';
import { test } from 'node:test';

import { messageOf, reasonOfFetch, systemCodeOf, TwinspanError } from '../../../src/base/errors.ts';

test('an error for people keeps its code, its message and its cause', () => {
  const cause = new Error('EACCES');
  const error = new TwinspanError('unreadable_file', 'cannot read ca.pem', { cause });
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'TwinspanError');
  assert.equal(error.code, 'unreadable_file');
  assert.equal(error.message, 'cannot read ca.pem');
  assert.equal(error.cause, cause);
});

test('usage and configuration end a command with 2, everything else with 1', () => {
  const codes = [
    ['usage', 2],
    ['configuration', 2],
    ['address_in_use', 1],
    ['unreadable_file', 1],
    ['self_test_failed', 1],
    ['unreachable', 1],
    ['internal', 1],
  ] as const;
  for (const [code, exitCode] of codes) {
    assert.equal(new TwinspanError(code, 'x').exitCode, exitCode, code);
  }
});

test('anything that was thrown has a message', () => {
  assert.equal(messageOf(new RangeError('too far')), 'too far');
  assert.equal(messageOf('text'), 'text');
  assert.equal(messageOf(undefined), 'undefined');
  assert.equal(messageOf({ toString: () => 'an object' }), 'an object');
});

test("Node's code is found where there is one and is text", () => {
  assert.equal(systemCodeOf(Object.assign(new Error('x'), { code: 'EADDRINUSE' })), 'EADDRINUSE');
  assert.equal(systemCodeOf(Object.assign(new Error('x'), { code: 14 })), undefined);
  assert.equal(systemCodeOf(new Error('x')), undefined);
  assert.equal(systemCodeOf({ code: 'EADDRINUSE' }), undefined);
});

test('a fetch that failed says what the system said', () => {
  const refused = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
  assert.equal(reasonOfFetch(refused), 'connect ECONNREFUSED');
  assert.equal(reasonOfFetch(new Error('it answered 500')), 'it answered 500');
  assert.equal(reasonOfFetch('thrown'), 'thrown');
});
