import assert from 'node:assert/strict';
import { test } from 'node:test';

import { populationStability } from '../../../../src/report/agreement/population-stability.ts';
import { printedDigits } from '../../../kit/predictions.ts';

test('the index is that of the worked example, and the same for swapped sides', () => {
  const live = [10, 20, 30, 25, 15];
  const shadow = [12, 18, 25, 27, 18];
  assert.equal(printedDigits(populationStability(live, shadow)?.psi, 10), 0.0218785868);
  assert.equal(printedDigits(populationStability(shadow, live)?.psi, 10), 0.0218785868);
});

for (const { bins, size, mean, at95 } of [
  { bins: 10, size: 200, mean: 0.09, at95: 0.169 },
  { bins: 10, size: 500, mean: 0.036, at95: 0.068 },
  { bins: 10, size: 1000, mean: 0.018, at95: 0.034 },
  { bins: 10, size: 10_000, mean: 0.0018, at95: 0.0034 },
  { bins: 30, size: 990, mean: 0.0586, at95: 0.086 },
]) {
  test(`without a change, ${bins} bins of ${size} observations have the published band`, () => {
    const counts = Array.from({ length: bins }, () => size / bins);
    const stability = populationStability(counts, counts)!;
    const digits = String(at95).length - 2;
    assert.equal(stability.psi, 0);
    assert.equal(printedDigits(-stability.excess, 4), mean);
    assert.equal(printedDigits(stability.null95, digits), at95);
  });
}

test('the band is exceeded in about one of twenty draws from one distribution', () => {
  let state = 12_345;
  // The minimal standard generator (Park and Miller, 1988).
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const draw = () => {
    const counts = Array.from({ length: 10 }, () => 0);
    for (let index = 0; index < 1000; index += 1) counts[Math.floor(random() * 10)]! += 1;
    return counts;
  };
  let exceeded = 0;
  for (let run = 0; run < 1000; run += 1) {
    const { psi, null95 } = populationStability(draw(), draw())!;
    exceeded += Number(psi > null95);
  }
  assert.ok(exceeded > 25 && exceeded < 80, `${exceeded} of 1000`);
});

test('a bin that one side never used counts as half an observation there', () => {
  const { psi, bins } = populationStability([50, 50, 0], [40, 50, 10])!;
  const expected = 0.1 * Math.log(0.5 / 0.4) + (0.005 - 0.1) * Math.log(0.005 / 0.1);
  assert.equal(printedDigits(psi, 12), printedDigits(expected, 12));
  assert.equal(bins, 3);
});

test('a bin that nobody used is none, and one bin cannot change', () => {
  assert.equal(populationStability([3, 0, 4], [4, 0, 3])?.bins, 2);
  assert.deepEqual(populationStability([3], [5]), {
    psi: 0,
    null95: 0,
    excess: 0,
    bins: 1,
    live: 3,
    shadow: 5,
  });
});

test('a side without observations has no index', () => {
  assert.equal(populationStability([0, 0], [1, 2]), undefined);
  assert.equal(populationStability([], []), undefined);
});
