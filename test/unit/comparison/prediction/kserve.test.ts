import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readKserve } from '../../../../src/comparison/prediction/kserve.ts';
import { sourceOf } from './source.ts';

const read = (answer: unknown, labels?: readonly string[]) => [
  ...readKserve(sourceOf(answer, labels)),
];

test('predictions are the instances', () => {
  assert.deepEqual(read({ model_name: 'iris', predictions: ['setosa', 'virginica'] }), [
    { label: 'setosa' },
    { label: 'virginica' },
  ]);
  assert.deepEqual(read({ predictions: [1, 0] }, ['no', 'yes']), [
    { label: 'yes' },
    { label: 'no' },
  ]);
});

test('outputs are one list, or one for each output', () => {
  assert.deepEqual(read({ outputs: [[0.5], [1.5]] }), [{ score: 0.5 }, { score: 1.5 }]);
  assert.deepEqual(read({ outputs: { classes: [['a', 'b']], scores: [[0.9, 0.1]] } }), [
    { label: 'a', score: 0.9, probabilities: { values: [0.9, 0.1], classes: ['a', 'b'] } },
  ]);
});

test('classes with scores and regressions are the results, under either name', () => {
  const classified = [
    [
      ['cat', 0.9],
      ['dog', 0.1],
    ],
    [['dog', 0.8]],
  ];
  const expected = [
    { label: 'cat', score: 0.9 },
    { label: 'dog', score: 0.8 },
  ];
  assert.deepEqual(read({ result: classified }), expected);
  assert.deepEqual(read({ results: classified }), expected);
  assert.deepEqual(read({ result: [0.1, 0.2] }), [{ score: 0.1 }, { score: 0.2 }]);
});

test('an error has no prediction', () => {
  assert.deepEqual(read({ error: 'no such model' }), []);
  assert.deepEqual(read([1, 2]), []);
});
