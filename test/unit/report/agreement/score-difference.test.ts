import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  addScores,
  emptyScoreDifference,
  scoreStatistics,
} from '../../../../src/report/agreement/score-difference.ts';
import { printedDigits } from '../../../kit/predictions.ts';

function statisticsOf(live: readonly number[], shadow: readonly number[]) {
  const state = emptyScoreDifference();
  live.forEach((score, index) => addScores(state, score, shadow[index]));
  return scoreStatistics(state);
}

const live = [10.2, 11.5, 9.8, 12.1, 10.9, 11.2, 10.4, 9.9];
const shadow = [10.5, 11.4, 10.1, 12.6, 11.0, 11.1, 10.9, 10.2];

test('bias, errors, limits of agreement and concordance are those of the worked example', () => {
  const statistics = statisticsOf(live, shadow)!;
  assert.equal(statistics.count, 8);
  assert.equal(printedDigits(statistics.bias, 10), 0.225);
  assert.equal(printedDigits(statistics.standardDeviation, 10), 0.2375469878);
  assert.equal(printedDigits(statistics.limitsOfAgreement?.low, 10), -0.2405920962);
  assert.equal(printedDigits(statistics.limitsOfAgreement?.high, 10), 0.6905920962);
  assert.equal(printedDigits(statistics.mae, 10), 0.275);
  assert.equal(printedDigits(statistics.rmse, 10), 0.316227766);
  assert.equal(printedDigits(statistics.concordance, 10), 0.9157894737);
  assert.equal(printedDigits(statistics.maxDifference, 10), 0.5);
});

test('both sides have a mean and a standard deviation of their own', () => {
  const statistics = statisticsOf([1, 2, 3], [2, 4, 6])!;
  assert.equal(statistics.meanLive, 2);
  assert.equal(statistics.meanShadow, 4);
  assert.equal(statistics.standardDeviationLive, 1);
  assert.equal(statistics.standardDeviationShadow, 2);
});

test('small differences of large scores keep their digits', () => {
  const base = live.map((score) => 1e9 + score);
  const statistics = statisticsOf(
    base,
    base.map((score, index) => score + (index % 2 === 0 ? 0.25 : 0.5)),
  )!;
  assert.equal(printedDigits(statistics.bias, 10), 0.375);
  assert.equal(printedDigits(statistics.standardDeviation, 10), 0.133630621);
});

test('one score has no spread, none has no statistics', () => {
  const statistics = statisticsOf([2], [3])!;
  assert.equal(statistics.bias, 1);
  assert.equal(statistics.standardDeviation, undefined);
  assert.equal(statistics.limitsOfAgreement, undefined);
  assert.equal(statisticsOf([], []), undefined);
});

test('scores that never vary and agree have no concordance, those that are off have 0', () => {
  assert.equal(statisticsOf([3, 3], [3, 3])?.concordance, undefined);
  assert.equal(statisticsOf([3, 3], [4, 4])?.concordance, 0);
  assert.equal(statisticsOf([3, 4], [3, 4])?.concordance, 1);
});

test('a side without a usable score adds nothing, and huge scores cannot spoil the sums', () => {
  const state = emptyScoreDifference();
  addScores(state, 1, undefined);
  addScores(state, undefined, 1);
  addScores(state, 1e101, 0);
  addScores(state, Number.NaN, 0);
  assert.deepEqual(state, emptyScoreDifference());
  addScores(state, 1e100, -1e100);
  addScores(state, -1e100, 1e100);
  assert.ok(Object.values(state).every(Number.isFinite));
});
