import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { TwinspanError } from '../../../src/base/errors.ts';
import { describeFault } from '../../../src/base/fault.ts';

const secret = 'hunter2';

/** What `act` throws. */
function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const faults: readonly (readonly [string, () => unknown])[] = [
  ['JSON that is none', () => JSON.parse(`{"password": ${secret}}`)],
  ['a number that is none', () => BigInt(secret)],
  ['a property of nothing', () => (undefined as unknown as Record<string, string>)[secret]],
  ['a wrong argument', () => Buffer.from(`"${secret}`, `it's ${secret}` as BufferEncoding)],
  ['a quoted argument', () => new URL(`"${secret}"`)],
  ['a comparison that failed', () => assert.equal(secret, 'another')],
  [
    'a thrown text',
    () => {
      throw secret;
    },
  ],
  [
    'a message that looks like a stack',
    () => {
      throw new Error(`of "\n    at ${secret}\n"`);
    },
  ],
  [
    'a cause',
    () => {
      throw new Error('outside', { cause: new Error(`inside of "${secret}"`) });
    },
  ],
  [
    'a stack without its message',
    () => {
      const error = new Error(`"${secret}"`);
      error.message = 'another';
      throw error;
    },
  ],
];

for (const [name, act] of faults) {
  test(`${name}: nothing of what it is about is told`, () => {
    assert.ok(!JSON.stringify(describeFault(thrownBy(act))).includes(secret));
  });
}

test('name, code, place and cause are told', () => {
  const inner = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const { error, at, cause } = describeFault(new TypeError('it is "x" again', { cause: inner }));
  assert.equal(error, 'TypeError: it is "…" again');
  assert.match(at![0]!, /fault\.test\.ts:\d+:\d+/);
  assert.equal(cause!.error, 'Error: connect ECONNREFUSED');
  assert.equal(cause!.code, 'ECONNREFUSED');
});

test('what the system says is told, without the names of files', () => {
  const thrown = thrownBy(() => readFileSync('/nowhere/hunter2'));
  assert.equal(describeFault(thrown).error, 'Error: ENOENT: no such file or directory, open "…"');
});

test('what twinspan itself says to people is told whole', () => {
  const { error } = describeFault(new TwinspanError('internal', 'the key "x" is broken'));
  assert.equal(error, 'TwinspanError: the key "x" is broken');
});

test('an error that is its own cause is told', () => {
  const error = new Error('again');
  error.cause = error;
  assert.equal(describeFault(error).cause!.error, 'Error: again');
});
