import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Offsets } from '../../../../src/report/noise/offsets.ts';

test('without a difference there is no summary', () => {
  assert.equal(new Offsets().summary(), undefined);
});

test('the quantiles are differences that occurred, to the microsecond', () => {
  const offsets = new Offsets();
  for (let number = 100; number >= 1; number -= 1) offsets.add(number + 0.0004);
  assert.deepEqual(offsets.summary(), { pairs: 100, medianMs: 50, p95Ms: 95 });
});

test('a side that is faster has negative differences', () => {
  const offsets = new Offsets();
  for (const difference of [-3, -1, -2]) offsets.add(difference);
  assert.deepEqual(offsets.summary(), { pairs: 3, medianMs: -2, p95Ms: -1 });
});

test('the newest 512 differences count, and the others are forgotten', () => {
  const offsets = new Offsets();
  for (let count = 0; count < 1000; count += 1) offsets.add(900);
  for (let count = 0; count < 512; count += 1) offsets.add(1);
  assert.deepEqual(offsets.summary(), { pairs: 512, medianMs: 1, p95Ms: 1 });
});
