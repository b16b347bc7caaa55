import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AgreementRecorder } from '../../../../src/report/agreement/agreement-recorder.ts';
import { agreementLines, confusionLines } from '../../../../src/report/agreement/agreement-text.ts';
import { describeAgreement } from '../../../../src/report/agreement/describe-agreement.ts';
import type { Comparison } from '../../../../src/comparison/comparison.ts';
import { comparisonOf, instanceOf, labelPair, predictionOf } from '../../../kit/predictions.ts';

function linesOf(comparisons: readonly Comparison[]): string[] {
  const recorder = new AgreementRecorder({
    labelsByRoute: () => new Map([['predict', ['setosa', 'virginica']]]),
    segmentValues: {},
  });
  for (const comparison of comparisons) recorder.record('e', 'predict', comparison);
  return agreementLines(describeAgreement('e', 'predict', recorder.routesOf('e').get('predict')!));
}

function repeated(count: number, comparison: Comparison): Comparison[] {
  return Array.from({ length: count }, () => comparison);
}

test('the matrix and the numbers of labels stand in aligned lines', () => {
  const lines = linesOf([
    ...repeated(700, comparisonOf({ prediction: labelPair('setosa', 'setosa') })),
    ...repeated(40, comparisonOf({ prediction: labelPair('setosa', 'virginica') })),
    ...repeated(60, comparisonOf({ prediction: labelPair('virginica', 'setosa') })),
    ...repeated(400, comparisonOf({ prediction: labelPair('virginica', 'virginica') })),
  ]);
  assert.deepEqual(lines, [
    '  1,200 predictions in 1,200 pairs',
    '',
    '  live \\ shadow     setosa  virginica',
    '  setosa               700         40',
    '  virginica             60        400',
    '',
    '  labels agree          91.7 %   (95 % interval 90.0 % to 93.1 %)',
    "  Cohen's kappa         0.8223",
    '  McNemar               4   df 1   p 0.0455',
    '  PSI of labels         0.001185   within chance: 0.006402 at 95 % with 2 bins',
    '',
  ]);
});

test('scores, rankings, probabilities, texts and the worst segment have a line each', () => {
  const prediction = predictionOf(
    [instanceOf({ score: 1 }, { score: 1.5 }), instanceOf({ score: 2 }, { score: 2 })],
    {
      topKOverlap: 0.75,
      top1Agreement: 1,
      maxProbabilityDifference: 0.25,
      meanJsd: 0.125,
      textEqual: 0.5,
      tokenF1: 0.875,
      similarity: 0.9,
    },
  );
  const lines = linesOf([
    comparisonOf({ prediction }),
    ...repeated(50, comparisonOf({ segments: { tenant: 'gold' } })),
    ...repeated(50, comparisonOf({ result: 'mismatch', segments: { tenant: 'silver' } })),
  ]);
  assert.deepEqual(lines, [
    '  scores                2 on both sides',
    '  shadow less live      bias 0.25   MAE 0.25   RMSE 0.3536',
    '  limits of agreement   -0.443 to 0.943   (s_d 0.3536)',
    '  concordance           0.6667',
    '  PSI of scores         0.3466   within chance: 5.991 at 95 % with 3 bins',
    '  top-k overlap         75.0 %',
    '  probabilities         top-1 100.0 %   largest |Δp| 0.25   JSD 0.125 bits',
    '  texts                 equal 50.0 %   token F1 0.875   similarity 0.9',
    '  worst segment         tenant = silver   50 pairs   below the 50.0 % of all',
    '                        0.0 %   (95 % interval 0.0 % to 7.1 %)',
  ]);
});

test('nothing is said where nothing is known', () => {
  assert.deepEqual(linesOf([comparisonOf()]), []);
});

test('labels for which there is no room are one, no line is wider than 100 columns, sums stay', () => {
  const labels = Array.from({ length: 40 }, (_, index) => `label number ${index} of forty`);
  const counts = labels.map((_row, live) => labels.map((_cell, shadow) => live * 100 + shadow));
  const lines = confusionLines({ labels, counts });
  assert.ok(lines.every((line) => line.length <= 100));
  assert.match(lines[0]!, /label number 39….+~other$/);
  assert.ok(lines.at(-1)!.startsWith('  ~other'));
  const cells = lines
    .slice(1)
    .flatMap((line) => line.match(/(?<= )[\d,]+(?= |$)/g)?.slice(-4) ?? []);
  const sum = cells.reduce((total, cell) => total + Number(cell.replaceAll(',', '')), 0);
  assert.equal(
    sum,
    counts.flat().reduce((total, count) => total + count, 0),
  );
});

test('a pool that is there already takes the others in', () => {
  const labels = [...Array.from({ length: 30 }, (_, index) => `l${index}`), '~other'];
  const counts = labels.map((label) => labels.map(() => (label === '~other' ? 9 : 1)));
  const lines = confusionLines({ labels, counts });
  assert.equal(lines[0]?.match(/~other/g)?.length, 1);
});
