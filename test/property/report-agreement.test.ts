import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { Prediction, PredictionComparison } from '../../src/comparison/prediction.ts';
import {
  AgreementRecorder,
  type RecordedAgreement,
} from '../../src/report/agreement/agreement-recorder.ts';
import type { AgreementDescription } from '../../src/report/agreement/agreement-description.ts';
import { describeAgreement } from '../../src/report/agreement/describe-agreement.ts';
import type { Comparison } from '../../src/comparison/comparison.ts';
import { comparisonOf, instanceOf, predictionOf } from '../kit/predictions.ts';

const score = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: -1000, max: 1000, noNaN: true }),
  fc.constantFrom(0, 1, -1, 0.5),
);

function predictions(labelCount: number): fc.Arbitrary<Prediction | undefined> {
  const label = fc.nat(labelCount - 1).map((index) => `label${index}`);
  return fc.option(fc.record({ label, score }, { requiredKeys: [] }), {
    nil: undefined,
    freq: 10,
  });
}

function comparisons(labelCount: number): fc.Arbitrary<Comparison> {
  const instance = fc
    .tuple(predictions(labelCount), predictions(labelCount))
    .map(([live, shadow]) => instanceOf(live, shadow));
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const means = fc.record(
    {
      topKOverlap: share,
      top1Agreement: share,
      maxProbabilityDifference: share,
      meanJsd: share,
      textEqual: share,
      tokenF1: share,
      similarity: share,
    },
    { requiredKeys: [] },
  );
  const prediction: fc.Arbitrary<PredictionComparison> = fc
    .tuple(fc.array(instance, { minLength: 1, maxLength: 5 }), means)
    .map(([instances, more]) => predictionOf(instances, more));
  return fc
    .record(
      {
        result: fc.constantFrom('match', 'mismatch', 'incomparable'),
        prediction,
        segments: fc.record({
          tenant: fc.constantFrom('gold', 'h:1', '~none'),
          country: fc.constantFrom('de', 'fr'),
        }),
      },
      { requiredKeys: ['result'] },
    )
    .map((more) => comparisonOf(more));
}

function recorder(): AgreementRecorder {
  return new AgreementRecorder({
    labelsByRoute: () => new Map([['predict', ['label1', 'label3']]]),
    segmentValues: { tenant: ['gold'] },
  });
}

function recorded(pairs: readonly Comparison[]): AgreementRecorder {
  const all = recorder();
  for (const pair of pairs) all.record('e', 'predict', pair);
  return all;
}

function described(agreement: AgreementRecorder): AgreementDescription {
  return describeAgreement('e', 'predict', agreement.routesOf('e').get('predict')!);
}

/** The same with labels and values in order: which one was seen first is a matter of the split. */
function sorted(description: AgreementDescription): unknown {
  const { labels, segments, ...rest } = description;
  const matrix = labels?.confusion;
  return {
    ...rest,
    segments: segments.toSorted((a, b) => compare(a.key + a.value, b.key + b.value)),
    labels: labels && {
      ...labels,
      confusion: matrix?.counts
        .flatMap((row, live) =>
          row.map((count, at) => [matrix.labels[live]!, matrix.labels[at]!, count] as const),
        )
        .toSorted((a, b) => compare(`${a[0]} ${a[1]}`, `${b[0]} ${b[1]}`)),
    },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Numbers to about 5 digits: the order of additions shows in the last ones. */
function assertClose(actual: unknown, expected: unknown, path = ''): void {
  if (typeof actual === 'number' && typeof expected === 'number') {
    const size = Math.max(Math.abs(actual), Math.abs(expected));
    assert.ok(Math.abs(actual - expected) <= 2e-5 * size + 1e-9, `${path}: ${actual} ${expected}`);
  } else if (typeof actual === 'object' && actual !== null) {
    assert.equal(typeof expected, 'object', path);
    assert.notEqual(expected, null, path);
    assert.deepEqual(Object.keys(actual), Object.keys(expected as object), path);
    for (const [key, value] of Object.entries(actual)) {
      assertClose(value, (expected as Record<string, unknown>)[key], `${path}/${key}`);
    }
  } else assert.deepEqual(actual, expected, path);
}

const split = fc
  .array(fc.tuple(comparisons(12), fc.nat(3)), { minLength: 1, maxLength: 60 })
  .map((parts) => ({
    pairs: parts.map(([pair]) => pair),
    shares: [0, 1, 2, 3].map((share) =>
      parts.flatMap(([pair, at]) => (at === share ? [pair] : [])),
    ),
  }));

test('merging any split of the pairs, through JSON, is the same as recording them in one place', () => {
  fc.assert(
    fc.property(split, ({ pairs, shares }) => {
      const merged = recorder();
      for (const share of shares) {
        const json = JSON.stringify(recorded(share).snapshot());
        merged.absorb(JSON.parse(json) as RecordedAgreement[]);
      }
      assertClose(sorted(described(merged)), sorted(described(recorded(pairs))));
    }),
    { numRuns: 300 },
  );
});

test('with more labels than there are places, only which labels are named depends on the split', () => {
  const many = fc.array(fc.tuple(comparisons(200), fc.boolean()), {
    minLength: 60,
    maxLength: 120,
  });
  fc.assert(
    fc.property(many, (parts) => {
      const merged = recorder();
      for (const side of [true, false]) {
        const share = parts.flatMap(([pair, at]) => (at === side ? [pair] : []));
        merged.absorb(recorded(share).snapshot());
      }
      const whole = recorded(parts.map(([pair]) => pair));
      const [a, b] = [merged, whole].map(
        (agreement) => agreement.routesOf('e').get('predict')?.agreement,
      );
      for (const agreement of [a, b]) assert.ok((agreement?.confusion.labels.length ?? 0) <= 52);
      assert.equal(a?.confusion.total, b?.confusion.total);
      assert.equal(a?.confusion.equal, b?.confusion.equal);
      assert.deepEqual(a?.predictions, b?.predictions);
      assert.deepEqual(a?.labels, b?.labels);
      assert.deepEqual(a?.scoreHistogram, b?.scoreHistogram);
    }),
    { numRuns: 60 },
  );
});

test('swapping live and shadow transposes the matrix, turns the bias and changes nothing else', () => {
  const swap = (comparison: Comparison): Comparison => {
    const { prediction } = comparison;
    if (prediction === undefined) return comparison;
    const { instances, count: _count, labels: _labels, ...means } = prediction;
    return {
      ...comparison,
      prediction: predictionOf(
        instances.map(({ live, shadow }) => instanceOf(shadow, live)),
        means,
      ),
    };
  };
  fc.assert(
    fc.property(fc.array(comparisons(6), { minLength: 1, maxLength: 40 }), (pairs) => {
      const there = described(recorded(pairs));
      const back = described(recorded(pairs.map(swap)));
      assertClose(back.labels?.kappa, there.labels?.kappa);
      assertClose(back.labels?.stability, there.labels?.stability);
      assertClose(back.labels?.marginalHomogeneity, there.labels?.marginalHomogeneity);
      assert.deepEqual(back.labels?.agreement, there.labels?.agreement);
      assertClose(back.scores?.stability, there.scores?.stability);
      assertClose(back.scores?.concordance, there.scores?.concordance);
      assertClose(back.scores?.bias ?? 0, -(there.scores?.bias ?? 0));
      assertClose(back.scores?.live, there.scores?.shadow);
      assert.deepEqual(back.segments, there.segments);
    }),
    { numRuns: 200 },
  );
});

test('the share of one pair is the one that its comparison states', () => {
  fc.assert(
    fc.property(comparisons(3), (pair) => {
      const share = described(recorded([pair])).labels?.agreement?.share;
      assertClose(share, pair.prediction?.labelAgreement);
    }),
  );
});

test('every prediction is counted once, and the matrix agrees with the counts', () => {
  fc.assert(
    fc.property(fc.array(comparisons(12), { minLength: 1, maxLength: 40 }), (pairs) => {
      const { predictions, labels, pairs: predicted } = described(recorded(pairs));
      const { total, agree, disagree, oneSided, unlabelled } = predictions;
      const expected = pairs.reduce((sum, pair) => sum + (pair.prediction?.count ?? 0), 0);
      assert.equal(total, expected);
      assert.equal(agree + disagree + oneSided + unlabelled, total);
      assert.equal(predicted, pairs.filter(({ prediction }) => prediction !== undefined).length);
      const { labels: names = [], counts = [] } = labels?.confusion ?? {};
      const both = counts.flatMap((row, live) =>
        row.filter((_count, shadow) => names[live] !== '~none' && names[shadow] !== '~none'),
      );
      assert.equal(
        both.reduce((sum, count) => sum + count, 0),
        agree + disagree,
      );
    }),
    { numRuns: 200 },
  );
});
