import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { PredictionComparison } from '../../../../src/comparison/prediction.ts';
import { forEachCell } from '../../../../src/report/agreement/confusion-matrix.ts';
import { labelAgreementOf } from '../../../../src/report/agreement/label-agreement.ts';
import {
  countPrediction,
  emptyPredictionCounters,
  isHashed,
  type PredictionCounters,
} from '../../../../src/report/agreement/prediction-counters.ts';
import { labelPair } from '../../../kit/predictions.ts';

function add(
  counters: PredictionCounters,
  prediction: PredictionComparison,
  configured: readonly string[],
): void {
  countPrediction(counters, prediction, labelAgreementOf(prediction), configured);
}

test('labels are named only when they are configured', () => {
  const counters = emptyPredictionCounters();
  for (const [live, shadow] of [
    ['setosa', 'setosa'],
    ['setosa', 'h:0123'],
    ['h:0123', 'h:4567'],
    ['shown', 'setosa'],
    ['setosa', undefined],
  ] as const) {
    add(counters, labelPair(live, shadow), ['setosa']);
  }
  const cells: string[] = [];
  forEachCell(counters.confusion, (live, shadow, count) => {
    cells.push(`${live} ${shadow} ${count}`);
  });
  assert.deepEqual(cells.toSorted(), [
    'setosa setosa 1',
    'setosa ~hashed 1',
    'setosa ~none 1',
    '~hashed ~hashed 1',
    '~other setosa 1',
  ]);
  const { agree, disagree, oneSided } = counters;
  assert.deepEqual({ agree, disagree, oneSided }, { agree: 1, disagree: 3, oneSided: 1 });
});

test('of many configured labels the first 20 are named', () => {
  const configured = Array.from({ length: 1000 }, (_, index) => `label${index}`);
  const counters = emptyPredictionCounters();
  for (const label of configured) add(counters, labelPair(label, label), configured);
  const names = new Set<string>();
  forEachCell(counters.confusion, (live) => names.add(live));
  assert.deepEqual([...names].toSorted(), [...configured.slice(0, 20), '~other'].toSorted());
  assert.equal(counters.agree, 1000);
});

test('a keyed hash is known by its prefix', () => {
  assert.equal(isHashed('h:8f3a'), true);
  assert.equal(isHashed('high'), false);
});
