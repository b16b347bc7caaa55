import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AgreementRecorder } from '../../../../src/report/agreement/agreement-recorder.ts';
import type { AgreementDescription } from '../../../../src/report/agreement/agreement-description.ts';
import { describeAgreement } from '../../../../src/report/agreement/describe-agreement.ts';
import type { Comparison } from '../../../../src/comparison/comparison.ts';
import { comparisonOf, instanceOf, labelPair, predictionOf } from '../../../kit/predictions.ts';

function described(comparisons: readonly Comparison[]): AgreementDescription {
  const recorder = new AgreementRecorder({ labelsByRoute: () => new Map(), segmentValues: {} });
  for (const comparison of comparisons) recorder.record('e1', 'predict', comparison);
  return describeAgreement('e1', 'predict', recorder.routesOf('e1').get('predict')!);
}

test('labels are described by share, kappa, matrix, test and index', () => {
  const pairs = [
    ...Array.from({ length: 8 }, () => labelPair('a', 'a')),
    ...Array.from({ length: 6 }, () => labelPair('b', 'b')),
    labelPair('a', 'b'),
    labelPair('a', 'b'),
  ];
  const description = described(pairs.map((prediction) => comparisonOf({ prediction })));
  assert.equal(description.pairs, 16);
  assert.deepEqual(description.predictions, {
    total: 16,
    agree: 14,
    disagree: 2,
    oneSided: 0,
    unlabelled: 0,
  });
  assert.deepEqual(description.labels, {
    agreement: { share: 0.875, low: 0.639772, high: 0.965023 },
    kappa: 0.75,
    confusion: {
      labels: ['a', 'b'],
      counts: [
        [8, 2],
        [0, 6],
      ],
    },
    marginalHomogeneity: {
      test: 'mcnemar',
      statistic: 2,
      degreesOfFreedom: 1,
      pValue: 0.157299,
    },
    stability: { psi: 0.0638532, null95: 0.480182, excess: -0.0611468, bins: 2 },
  });
  assert.equal(description.scores, null);
});

test('scores, rankings, probabilities and texts are described where there are any', () => {
  const prediction = predictionOf(
    [instanceOf({ score: 1 }, { score: 2 }), instanceOf({ score: 3 }, { score: 3 })],
    {
      topKOverlap: 0.5,
      top1Agreement: 1,
      maxProbabilityDifference: 0.25,
      meanJsd: 1 / 3,
      textEqual: 0,
      tokenF1: 2 / 3,
      similarity: 0.75,
    },
  );
  const description = described([comparisonOf({ result: 'mismatch', prediction })]);
  assert.equal(description.labels, null);
  assert.deepEqual(description.scores, {
    count: 2,
    bias: 0.5,
    mae: 0.5,
    rmse: 0.707107,
    maxDifference: 1,
    standardDeviation: 0.707107,
    limitsOfAgreement: { low: -0.885929, high: 1.88593 },
    concordance: 0.666667,
    live: { mean: 2, standardDeviation: 1.41421 },
    shadow: { mean: 2.5, standardDeviation: 0.707107 },
    stability: { psi: 0.346574, null95: 5.99146, excess: -1.65343, bins: 3 },
  });
  assert.deepEqual(description.ranking, { pairs: 1, topKOverlap: 0.5 });
  assert.deepEqual(description.probabilities, {
    pairs: 1,
    top1Agreement: 1,
    maxDifference: 0.25,
    jsdBits: 0.333333,
  });
  assert.deepEqual(description.text, {
    pairs: 1,
    equal: 0,
    tokenF1: 0.666667,
    similarity: 0.75,
  });
});

test('what is not known is null, and every key is there', () => {
  assert.deepEqual(described([comparisonOf()]), {
    experiment: 'e1',
    route: 'predict',
    pairs: 0,
    predictions: { total: 0, agree: 0, disagree: 0, oneSided: 0, unlabelled: 0 },
    labels: null,
    scores: null,
    ranking: null,
    probabilities: null,
    text: null,
    segments: [],
    worstSegment: null,
  });
});

test('segments are listed by key and value, and the worst is named', () => {
  const description = described([
    ...Array.from({ length: 40 }, () => comparisonOf({ segments: { tenant: 'gold' } })),
    ...Array.from({ length: 40 }, (_, index) =>
      comparisonOf({ result: index < 10 ? 'match' : 'mismatch', segments: { tenant: 'silver' } }),
    ),
    comparisonOf({ result: 'incomparable', segments: { tenant: 'silver' } }),
  ]);
  assert.deepEqual(description.segments, [
    {
      key: 'tenant',
      value: 'gold',
      pairs: 40,
      incomparable: 0,
      matches: { share: 1, low: 0.912378, high: 1 },
      labels: null,
    },
    {
      key: 'tenant',
      value: 'silver',
      pairs: 41,
      incomparable: 1,
      matches: { share: 0.25, low: 0.141871, high: 0.40194 },
      labels: null,
    },
  ]);
  assert.deepEqual(description.worstSegment, {
    key: 'tenant',
    value: 'silver',
    measure: 'matches',
    pairs: 40,
    share: 0.25,
    low: 0.141871,
    high: 0.40194,
    overall: 0.625,
    standsOut: true,
  });
});

test('JSON loses nothing of a description', () => {
  const description = described([comparisonOf({ prediction: labelPair('a', undefined) })]);
  assert.deepEqual(JSON.parse(JSON.stringify(description)), description);
});
