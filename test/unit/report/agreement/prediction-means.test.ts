import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  addPredictionMeans,
  emptyPredictionMeans,
  meanOf,
  mergePredictionMeans,
} from '../../../../src/report/agreement/prediction-means.ts';
import { predictionOf } from '../../../kit/predictions.ts';

test('each pair counts once, and only where it has the thing', () => {
  const means = emptyPredictionMeans();
  addPredictionMeans(means, predictionOf([], { count: 1, topKOverlap: 1, tokenF1: 0.5 }));
  addPredictionMeans(means, predictionOf([], { count: 99, topKOverlap: 0.5 }));
  addPredictionMeans(means, predictionOf([]));
  assert.equal(meanOf(means, 'topKOverlap'), 0.75);
  assert.equal(meanOf(means, 'tokenF1'), 0.5);
  assert.equal(meanOf(means, 'meanJsd'), undefined);
});

test('the largest difference of probabilities is kept, also by merging', () => {
  const means = emptyPredictionMeans();
  addPredictionMeans(means, predictionOf([], { maxProbabilityDifference: 0.25, meanJsd: 0.1 }));
  const other = emptyPredictionMeans();
  addPredictionMeans(other, predictionOf([], { maxProbabilityDifference: 0.75, meanJsd: 0.3 }));
  addPredictionMeans(other, predictionOf([], { maxProbabilityDifference: 0.5, meanJsd: 0.2 }));
  mergePredictionMeans(means, other);
  assert.equal(means.maxProbabilityDifference, 0.75);
  assert.ok(Math.abs(meanOf(means, 'meanJsd')! - 0.2) < 1e-15);
});
