import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Watermark } from '../../../../src/report/tally/watermark.ts';
import { createManualClock } from '../../../kit/manual-clock.ts';

function watched(maxWaiting = 100, maxAgeMs = 1000) {
  const clock = createManualClock();
  const told: string[] = [];
  const watermark = new Watermark<string, number>({
    clock,
    maxAgeMs,
    maxWaiting,
    release: (key, value) => told.push(`${key}=${value}`),
    lose: (key, why) => told.push(`${key} ${why}`),
  });
  return { clock, told, watermark };
}

test('what ends first waits for what was dispatched before it', () => {
  const { told, watermark } = watched();
  const [a, b, c] = ['a', 'b', 'c'].map((key) => watermark.open(key));
  c!.settle(3);
  b!.settle(2);
  assert.deepEqual(told, []);
  assert.equal(watermark.waiting, 3);
  a!.settle(1);
  assert.deepEqual(told, ['a=1', 'b=2', 'c=3']);
  assert.equal(watermark.waiting, 0);
});

test('what counts nowhere holds up nobody, and is not told', () => {
  const { told, watermark } = watched();
  const a = watermark.open('a');
  watermark.open('b').settle(2);
  a.settle(undefined);
  assert.deepEqual(told, ['b=2']);
});

test('what does not end in time is lost, and what comes of it later is nobody’s', () => {
  const { clock, told, watermark } = watched();
  const a = watermark.open('a');
  clock.advance(500);
  const b = watermark.open('b');
  b.settle(2);
  clock.advance(501);
  assert.deepEqual(told, []);
  watermark.advance();
  assert.deepEqual(told, ['a late', 'b=2']);
  a.settle(1);
  assert.deepEqual(told, ['a late', 'b=2']);
});

test('more than may wait push out the oldest, and those that waited for it alone go on', () => {
  const { told, watermark } = watched(3);
  watermark.open('a');
  watermark.open('b').settle(2);
  watermark.open('c');
  watermark.open('d');
  assert.deepEqual(told, ['a crowded', 'b=2']);
  assert.equal(watermark.waiting, 2);
});

test('a place is settled once', () => {
  const { told, watermark } = watched();
  const a = watermark.open('a');
  a.settle(1);
  a.settle(2);
  assert.deepEqual(told, ['a=1']);
});

test('places that are over are cleared away', () => {
  const { told, watermark } = watched(10);
  for (let index = 0; index < 5000; index += 1) watermark.open(String(index)).settle(index);
  assert.equal(told.length, 5000);
  assert.equal(told.at(-1), '4999=4999');
});
