import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  chiSquareQuantile,
  chiSquareSurvival,
} from '../../../../src/report/agreement/chi-square.ts';
import { printedDigits } from '../../../kit/predictions.ts';

/** NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.4. */
const table = [
  { degreesOfFreedom: 1, at95: 3.841, at99: 6.635, at999: 10.828 },
  { degreesOfFreedom: 2, at95: 5.991, at99: 9.21, at999: 13.816 },
  { degreesOfFreedom: 9, at95: 16.919, at99: 21.666, at999: 27.877 },
  { degreesOfFreedom: 10, at95: 18.307, at99: 23.209, at999: 29.588 },
  { degreesOfFreedom: 29, at95: 42.557, at99: 49.588, at999: 58.301 },
  { degreesOfFreedom: 100, at95: 124.342, at99: 135.807, at999: 149.449 },
];

for (const { degreesOfFreedom, at95, at99, at999 } of table) {
  test(`quantiles of ${degreesOfFreedom} degrees of freedom are those of the printed table`, () => {
    assert.equal(printedDigits(chiSquareQuantile(0.95, degreesOfFreedom), 3), at95);
    assert.equal(printedDigits(chiSquareQuantile(0.99, degreesOfFreedom), 3), at99);
    assert.equal(printedDigits(chiSquareQuantile(0.999, degreesOfFreedom), 3), at999);
  });
}

test('with one degree the quantile is the square of that of the normal distribution', () => {
  assert.equal(printedDigits(Math.sqrt(chiSquareQuantile(0.95, 1)), 13), 1.9599639845401);
});

test('an even number of degrees has the tail of a Poisson sum', () => {
  for (const x of [0.001, 0.5, 3, 11, 30, 99, 400]) {
    let term = Math.exp(-x / 2);
    let sum = term;
    for (let half = 1; half <= 25; half += 1) {
      const survival = chiSquareSurvival(x, 2 * half);
      assert.ok(Math.abs(survival / sum - 1) < 1e-12, `${x} ${half}: ${survival} ${sum}`);
      term *= x / 2 / half;
      sum += term;
    }
  }
});

test('two more degrees add the density between them, for odd numbers as for even ones', () => {
  const x = 7.3;
  // 2 f(x) of 3 degrees: x^(1/2) e^(-x/2) / (2^(1/2) Γ(3/2)), where Γ(3/2) = √π / 2.
  const step = (Math.sqrt(x / 2) * Math.exp(-x / 2)) / (Math.sqrt(Math.PI) / 2);
  const difference = chiSquareSurvival(x, 3) - chiSquareSurvival(x, 1);
  assert.ok(Math.abs(difference - step) < 1e-14);
});

test('tails keep their digits where they are small, and become 0 without harm', () => {
  assert.ok(Math.abs(chiSquareSurvival(200, 2) / Math.exp(-100) - 1) < 1e-12);
  assert.equal(chiSquareSurvival(1e6, 3), 0);
});

test('nothing is below 0, and without degrees there is nothing to exceed', () => {
  assert.equal(chiSquareSurvival(0, 3), 1);
  assert.equal(chiSquareSurvival(-1, 3), 1);
  assert.equal(chiSquareSurvival(2, 0), 1);
  assert.equal(chiSquareQuantile(0.95, 0), 0);
  assert.equal(chiSquareQuantile(0, 4), 0);
});
