import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  addDuration,
  countOf,
  isLatencySketch,
  mergeSketches,
  quantileOf,
  type LatencySketch,
} from '../../../../src/report/tally/latency-sketch.ts';

function sketchOf(...durations: readonly number[]): LatencySketch {
  const sketch: LatencySketch = {};
  for (const duration of durations) addDuration(sketch, duration);
  return sketch;
}

test('a quantile is the end of its bucket, at most 2.2 % above the duration itself', () => {
  const durations = Array.from({ length: 1000 }, (_, index) => (index + 1) * 0.37);
  const sketch = sketchOf(...durations);
  for (const quantile of [0.001, 0.5, 0.95, 0.99, 1]) {
    const exact = durations[Math.ceil(quantile * 1000) - 1]!;
    const found = quantileOf(sketch, quantile)!;
    assert.ok(found >= exact * (1 - 1e-12) && found <= exact * 1.0222, `${found} for ${exact}`);
  }
});

test('a bucket ends where it says, inclusive', () => {
  assert.equal(quantileOf(sketchOf(1), 1), 1);
  assert.equal(quantileOf(sketchOf(16), 1), 16);
});

test('no duration is too short or too long, and none gives an endless number of buckets', () => {
  const odd = sketchOf(0, -1, Number.NaN, 1e-9, 1e300, Number.POSITIVE_INFINITY);
  assert.equal(countOf(odd), 6);
  assert.deepEqual(Object.keys(odd), ['0', '1089']);
});

test('sketches add bucket by bucket, and neither is changed', () => {
  const one = sketchOf(1, 2, 2);
  const other = sketchOf(2, 3);
  const sum = mergeSketches(one, other);
  assert.deepEqual(sum, sketchOf(1, 2, 2, 2, 3));
  assert.equal(countOf(one) + countOf(other), 5);
});

test('without a duration there is no quantile', () => {
  assert.equal(quantileOf({}, 0.5), undefined);
});

test('what was read from a file is a sketch only when every bucket and count is one', () => {
  assert.ok(isLatencySketch(JSON.parse(JSON.stringify(sketchOf(1, 5, 900)))));
  for (const wrong of [null, [], 'x', { a: 1 }, { 5: -1 }, { 5: 0.5 }, { 1090: 1 }, { '-1': 1 }]) {
    assert.equal(isLatencySketch(wrong), false, JSON.stringify(wrong));
  }
});
