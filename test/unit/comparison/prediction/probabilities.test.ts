import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  compareProbabilities,
  isDistribution,
  jensenShannon,
  readVector,
} from '../../../../src/comparison/prediction/probabilities.ts';

const unnamed = { ordered: [], known: new Set<string>() };
const named = { ordered: ['a', 'b', 'c'], known: new Set(['a', 'b', 'c']) };
const p = [0.1, 0.2, 0.3, 0.25, 0.15];
const q = [0.12, 0.18, 0.25, 0.27, 0.18];

function assertNear(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-9, `${actual}`);
}

test('numbers of [0, 1] with the sum 1, but for rounding, are a distribution', () => {
  assert.ok(isDistribution(p));
  assert.ok(isDistribution([0.3333, 0.3333, 0.3333]));
  for (const values of [[1], [0.5, 0.49], [1.1, -0.1], [2, 3], [0.5, NaN], []]) {
    assert.equal(isDistribution(values), false, values.join());
  }
});

test('the divergence is in bits', () => {
  assertNear(jensenShannon(p, q), 0.0039407255);
  assert.equal(jensenShannon(p, q), jensenShannon(q, p));
  assert.equal(jensenShannon(p, p), 0);
  assert.equal(jensenShannon([1, 0], [0, 1]), 1);
});

test('distributions are compared by their largest class, the largest distance and the divergence', () => {
  const found = compareProbabilities({ values: p }, { values: q });
  assertNear(found?.maxDifference, 0.05);
  assertNear(found?.jsd, 0.0039407255);
  assert.equal(found?.top1Agree, false);
  assert.equal(compareProbabilities({ values: p }, { values: p })?.top1Agree, true);
});

test('classes that are named are compared by their names', () => {
  const live = { values: [0.7, 0.2, 0.1], classes: ['x', 'y', 'z'] };
  const shadow = { values: [0.1, 0.7, 0.2], classes: ['z', 'x', 'y'] };
  assert.deepEqual(compareProbabilities(live, shadow), {
    top1Agree: true,
    maxDifference: 0,
    jsd: 0,
  });
  assert.equal(compareProbabilities(live, { ...shadow, classes: ['z', 'x', 'w'] }), undefined);
  assert.equal(compareProbabilities(live, { ...shadow, classes: ['x', 'x', 'y'] }), undefined);
  assert.equal(compareProbabilities(live, { values: [0.5, 0.5] }), undefined);
});

test('a distribution has a label by its name or index, and its probability as score', () => {
  const values = [0.1, 0.7, 0.2];
  const probabilities = { values };
  assert.deepEqual(readVector(values, unnamed), { label: '1', score: 0.7, probabilities });
  assert.deepEqual(readVector(values, named), { label: 'b', score: 0.7, probabilities });
  const classes = ['x', 'y', 'z'];
  assert.deepEqual(readVector(values, named, classes), {
    label: 'y',
    score: 0.7,
    probabilities: { values, classes },
  });
  // As many names as numbers, or they are names of something else.
  assert.equal(readVector(values, unnamed, ['x', 'y'])?.label, '1');
});

test('other numbers have a label only when the names fit', () => {
  assert.deepEqual(readVector([-3, 2, 5], named), { label: 'c', score: 5 });
  assert.equal(readVector([-3, 2, 5], unnamed), undefined);
  assert.equal(readVector([-3, 2], named), undefined);
  assert.equal(readVector([1], unnamed), undefined);
});
