import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  addPair,
  emptyProportion,
  intervalOf,
  shareOf,
  wilsonInterval,
  type Proportion,
} from '../../../../src/report/agreement/proportion.ts';
import { printedDigits } from '../../../kit/predictions.ts';

/** Pairs of one prediction each. */
function single(successes: number, total: number): Proportion {
  const proportion = emptyProportion();
  for (let index = 0; index < total; index += 1) addPair(proportion, Number(index < successes), 1);
  return proportion;
}

for (const { successes, total, low, high } of [
  { successes: 0, total: 100, low: 0, high: 0.0369934982 },
  { successes: 3, total: 1000, low: 0.0010207839, high: 0.0087830141 },
  { successes: 15, total: 50, low: 0.191035535, high: 0.4375035046 },
  { successes: 700, total: 1000, low: 0.6708761391, high: 0.7275931575 },
]) {
  test(`with one prediction a pair, ${successes} of ${total} has the interval of Wilson`, () => {
    const interval = intervalOf(single(successes, total));
    assert.equal(printedDigits(interval?.low, 10), low);
    assert.equal(printedDigits(interval?.high, 10), high);
  });
}

test('an end that cannot be passed is exact', () => {
  for (let total = 1; total <= 300; total += 1) {
    assert.equal(wilsonInterval(0, total).low, 0);
    assert.equal(wilsonInterval(1, total).high, 1);
  }
});

test('predictions that agree or disagree together count as one', () => {
  const proportion = emptyProportion();
  for (let index = 0; index < 100; index += 1) addPair(proportion, index < 90 ? 10 : 0, 10);
  assert.equal(shareOf(proportion), 0.9);
  const interval = intervalOf(proportion)!;
  const expected = wilsonInterval(0.9, 100);
  assert.ok(Math.abs(interval.low - expected.low) < 1e-12);
  assert.ok(Math.abs(interval.high - expected.high) < 1e-12);
});

test('predictions that disagree in every request alike count each for itself, never for more', () => {
  const proportion = emptyProportion();
  for (let index = 0; index < 100; index += 1) addPair(proportion, 9, 10);
  assert.deepEqual(intervalOf(proportion), wilsonInterval(0.9, 1000));
});

test('a few large requests do not make an interval narrow', () => {
  const proportion = emptyProportion();
  addPair(proportion, 90, 100);
  addPair(proportion, 95, 100);
  assert.deepEqual(intervalOf(proportion), wilsonInterval(0.925, 2));
});

test('requests that agree throughout count once each: nothing shows how alike their predictions are', () => {
  const proportion = emptyProportion();
  for (let index = 0; index < 100; index += 1) addPair(proportion, 50, 50);
  assert.deepEqual(intervalOf(proportion), wilsonInterval(1, 100));
});

test('a pair without predictions is none', () => {
  const proportion = emptyProportion();
  addPair(proportion, 0, 0);
  assert.deepEqual(proportion, emptyProportion());
  assert.equal(shareOf(proportion), undefined);
  assert.equal(intervalOf(proportion), undefined);
});
