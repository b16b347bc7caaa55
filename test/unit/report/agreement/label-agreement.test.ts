import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  addLabelAgreement,
  labelAgreementOf,
} from '../../../../src/report/agreement/label-agreement.ts';
import { emptyProportion } from '../../../../src/report/agreement/proportion.ts';
import { instanceOf, labelPair, predictionOf, scorePair } from '../../../kit/predictions.ts';

const a = { label: 'a' };
const b = { label: 'b' };

test('each instance is one of four', () => {
  const prediction = predictionOf([
    instanceOf(a, a),
    instanceOf(a, b),
    instanceOf(a, undefined),
    instanceOf(undefined, b),
    instanceOf(a, { score: 1 }),
    instanceOf({ score: 1 }, { score: 1 }),
    instanceOf({ score: 1 }, undefined),
    instanceOf(undefined, undefined),
  ]);
  assert.deepEqual(labelAgreementOf(prediction), {
    agree: 1,
    disagree: 1,
    oneSided: 4,
    unlabelled: 2,
    labelled: 5,
  });
});

test('of a large batch the unlisted instances count too', () => {
  const instances = Array.from({ length: 250 }, (_, index) => instanceOf(a, index < 200 ? a : b));
  assert.deepEqual(labelAgreementOf(predictionOf(instances)), {
    agree: 200,
    disagree: 50,
    oneSided: 0,
    unlabelled: 0,
    labelled: 250,
  });
});

test('a side that gave fewer labels of a large batch lacks them', () => {
  const instances = Array.from({ length: 250 }, (_, index) =>
    instanceOf(a, index < 240 ? a : undefined),
  );
  assert.deepEqual(labelAgreementOf(predictionOf(instances)), {
    agree: 240,
    disagree: 0,
    oneSided: 10,
    unlabelled: 0,
    labelled: 250,
  });
});

test('instances of a large batch that have no label are in no share of labels', () => {
  const instances = Array.from({ length: 300 }, (_, index) =>
    index % 3 === 0 ? instanceOf({ score: 1 }, { score: 1 }) : instanceOf(a, index < 150 ? a : b),
  );
  assert.deepEqual(labelAgreementOf(predictionOf(instances)), {
    agree: 100,
    disagree: 100,
    oneSided: 0,
    unlabelled: 100,
    labelled: 200,
  });
});

test('a large batch of scores has no labels', () => {
  const instances = Array.from({ length: 250 }, () => instanceOf({ score: 1 }, { score: 1 }));
  assert.equal(labelAgreementOf(predictionOf(instances)).unlabelled, 250);
});

test('a missing label disagrees, and a pair without any label says nothing', () => {
  const proportion = emptyProportion();
  for (const prediction of [labelPair('a', 'a'), labelPair('a', undefined), scorePair(1, 1)]) {
    addLabelAgreement(proportion, labelAgreementOf(prediction));
  }
  assert.equal(proportion.pairs, 2);
  assert.equal(proportion.total, 2);
  assert.equal(proportion.agreeing, 1);
});

test('a shadow that no longer gives a score is one-sided without labels', () => {
  assert.equal(labelAgreementOf(scorePair(1, undefined)).oneSided, 1);
});
