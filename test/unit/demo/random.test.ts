import assert from 'node:assert/strict';
import { test } from 'node:test';

import { seededRandom, shuffled } from '../../../demo/random.ts';

test('the same seed gives the same numbers, another seed others', () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 20 }, random);
  };
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
  assert.ok(draw(3).every((number) => number >= 0 && number < 1));
});

test('shuffling keeps every item once and leaves the given list alone', () => {
  const items = Array.from({ length: 50 }, (_, index) => index);
  const result = shuffled(items, seededRandom(7));
  assert.notDeepEqual(result, items);
  assert.deepEqual(
    result.toSorted((a, b) => a - b),
    items,
  );
});
