import assert from 'node:assert/strict';
import { test } from 'node:test';

import { poll, type PollOptions } from '../../../demo/poll.ts';

function options(more: Partial<PollOptions<number>> = {}): PollOptions<number> {
  let number = 0;
  return {
    read: () => Promise.resolve((number += 1)),
    isEnough: (value) => value === 3,
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    ...more,
  };
}

test('the first value that is enough ends it', async () => {
  assert.equal(await poll(options()), 3);
});

test('after the time the value of then is what there is', async () => {
  const last = await poll(options({ isEnough: () => false, timeoutMs: 60 }));
  assert.ok(last >= 2);
});

test('a reading that fails ends it', async () => {
  const read = () => Promise.reject(new Error('gone'));
  await assert.rejects(poll(options({ read })), { message: 'gone' });
});

test('an abort ends the wait with its reason', async () => {
  const ending = new AbortController();
  const isEnough = () => {
    setImmediate(() => ending.abort(new Error('enough')));
    return false;
  };
  await assert.rejects(poll(options({ isEnough, signal: ending.signal })), { message: 'enough' });
});

test('a value that comes after an abort is not enough any more', async () => {
  const ending = new AbortController();
  const read = () => {
    ending.abort(new Error('enough'));
    return Promise.resolve(3);
  };
  await assert.rejects(poll(options({ read, signal: ending.signal })), { message: 'enough' });
});
