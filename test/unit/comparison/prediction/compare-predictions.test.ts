import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createKeyedHash } from '../../../../src/comparison/keyed-hash.ts';
import { comparePredictions } from '../../../../src/comparison/prediction/compare-predictions.ts';
import type { Extracted } from '../../../../src/comparison/prediction/extracted.ts';

const naming = { listed: new Set(['a', 'b']), showsAll: false, hash: createKeyedHash('key') };

type Side = readonly (Extracted | undefined)[];
const compared = (live: Side, shadow: Side) => comparePredictions(live, shadow, naming);

test('labels agree instance by instance', () => {
  const found = compared([{ label: 'a' }, { label: 'b' }], [{ label: 'a' }, { label: 'a' }]);
  assert.deepEqual(found, {
    count: 2,
    instances: [
      { live: { label: 'a' }, shadow: { label: 'a' }, labelsAgree: true },
      { live: { label: 'b' }, shadow: { label: 'a' }, labelsAgree: false },
    ],
    labelAgreement: 0.5,
    labels: { a: { live: 1, shadow: 2 }, b: { live: 1, shadow: 0 } },
  });
});

test('labels agree only when the functions to be called do too', () => {
  const found = compared(
    [
      { label: 'a', calls: 'f(1)' },
      { label: 'a', calls: 'f(1)' },
    ],
    [{ label: 'a', calls: 'f(2)' }, { label: 'a' }],
  );
  assert.equal(found?.labelAgreement, 0);
});

test('scores have a bias, a mean distance and a largest one', () => {
  const live = [10.2, 11.5, 9.8, 12.1, 10.9, 11.2, 10.4, 9.9].map((score) => ({ score }));
  const shadow = [10.5, 11.4, 10.1, 12.6, 11.0, 11.1, 10.9, 10.2].map((score) => ({ score }));
  const found = compared(live, shadow)!;
  assert.ok(Math.abs(found.meanScoreDifference! - 0.225) < 1e-9);
  assert.ok(Math.abs(found.meanAbsoluteScoreDifference! - 0.275) < 1e-9);
  assert.ok(Math.abs(found.maxScoreDifference! - 0.5) < 1e-9);
  assert.equal(found.labelAgreement, undefined);
});

test('scores at the end of the range leave numbers', () => {
  const score = Number.MAX_VALUE;
  const found = compared([{ score: -score }, { score: -score }], [{ score }, { score }])!;
  assert.ok(Number.isFinite(found.meanScoreDifference));
  assert.ok(Number.isFinite(found.maxScoreDifference));
});

test('what one side does not predict counts as the opposite of agreement', () => {
  const whole: Extracted = {
    label: 'a',
    score: 1,
    ranking: ['x'],
    probabilities: { values: [0.5, 0.5] },
    text: 'yes',
  };
  for (const [live, shadow] of [
    [[whole], []],
    [[whole], [undefined]],
    [[whole], [{}]],
    [[], [whole]],
  ] satisfies [Side, Side][]) {
    const found = compared(live, shadow)!;
    const { labelAgreement, topKOverlap, top1Agreement, meanJsd, textEqual } = found;
    assert.deepEqual(
      { labelAgreement, topKOverlap, top1Agreement, meanJsd, textEqual },
      { labelAgreement: 0, topKOverlap: 0, top1Agreement: 0, meanJsd: 1, textEqual: 0 },
    );
    assert.equal(found.tokenF1, 0);
    assert.equal(found.similarity, 0);
    assert.equal(found.meanScoreDifference, undefined);
    assert.equal(found.maxProbabilityDifference, undefined);
  }
});

test('everything that both predict is compared', () => {
  const probabilities = { values: [0.25, 0.75] };
  const one: Extracted = { label: 'a', score: 1, ranking: ['x', 'y'], probabilities, text: 'yes' };
  const found = compared([one], [{ ...one, score: 3, ranking: ['x', 'z'], text: 'yes ' }])!;
  assert.deepEqual(found.instances, [
    {
      live: { label: 'a', score: 1 },
      shadow: { label: 'a', score: 3 },
      labelsAgree: true,
      scoreDifference: 2,
      topKOverlap: 0.5,
      probabilities: { top1Agree: true, maxDifference: 0, jsd: 0 },
      text: { equal: true, tokenF1: 1, similarity: 1 },
    },
  ]);
  assert.equal(found.top1Agreement, 1);
  assert.equal(found.meanJsd, 0);
  assert.equal(found.maxProbabilityDifference, 0);
  assert.equal(found.textEqual, 1);
});

test('a hundred instances are kept and all are counted', () => {
  const live = Array.from({ length: 250 }, () => ({ label: 'a' }));
  const found = compared(live, live.slice(0, 200))!;
  assert.equal(found.count, 250);
  assert.equal(found.instances.length, 100);
  assert.equal(found.labelAgreement, 0.8);
  assert.deepEqual(found.labels, { a: { live: 250, shadow: 200 } });
});

test('where nothing is predicted there is nothing to compare', () => {
  assert.equal(compared([], []), undefined);
  assert.equal(compared([undefined], [undefined, undefined]), undefined);
});
