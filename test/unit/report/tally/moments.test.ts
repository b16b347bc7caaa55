import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addMoments, deviationOf, momentsOf } from '../../../../src/report/tally/moments.ts';

test('the spread is the standard deviation of a sample', () => {
  assert.equal(deviationOf(momentsOf([2, 4, 4, 4, 5, 5, 7, 9])), Math.sqrt(32 / 7));
});

test('parts add to the whole, also where the numbers are large and near each other', () => {
  const numbers = [1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4];
  const sum = addMoments(momentsOf(numbers.slice(0, 1)), momentsOf(numbers.slice(1)));
  assert.equal(sum.count, 4);
  assert.ok(Math.abs(deviationOf(sum) - Math.sqrt(5 / 3)) < 1e-9);
});

test('less than two numbers have no spread', () => {
  assert.equal(deviationOf(momentsOf([])), 0);
  assert.equal(deviationOf(momentsOf([5])), 0);
  assert.deepEqual(addMoments(momentsOf([]), momentsOf([])), { count: 0, mean: 0, squares: 0 });
});
