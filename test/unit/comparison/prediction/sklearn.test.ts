import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readSklearn } from '../../../../src/comparison/prediction/sklearn.ts';
import { sourceOf } from './source.ts';

const read = (answer: unknown, labels?: readonly string[]) => [
  ...readSklearn(sourceOf(answer, labels)),
];

test('what predict says stands alone or under one of its names', () => {
  for (const answer of [
    ['a', 'b'],
    { predictions: ['a', 'b'] },
    { predict: ['a', 'b'] },
    { labels: ['a', 'b'], took: 3 },
  ]) {
    assert.deepEqual(read(answer), [{ label: 'a' }, { label: 'b' }]);
  }
  assert.deepEqual(read({ prediction: 12.5 }), [{ score: 12.5 }]);
  assert.deepEqual(read({ took: 3 }), []);
});

test('beside probabilities, what predict says is a class', () => {
  const values = [0.2, 0.8];
  const classified = { label: '1', score: 0.8, probabilities: { values } };
  assert.deepEqual(read({ predict: [1], predict_proba: [values] }), [classified]);
  assert.deepEqual(read({ prediction: 1, probability: values }), [classified]);
  assert.deepEqual(read({ prediction: 1, probability: values }, ['no', 'yes']), [
    { ...classified, label: 'yes' },
  ]);
});

test('probabilities alone have the names that the answer gives them', () => {
  const classes = ['x', 'y'];
  assert.deepEqual(
    read({
      probabilities: [
        [0.2, 0.8],
        [0.6, 0.4],
      ],
      classes,
    }),
    [
      { label: 'y', score: 0.8, probabilities: { values: [0.2, 0.8], classes } },
      { label: 'x', score: 0.6, probabilities: { values: [0.6, 0.4], classes } },
    ],
  );
});

test('a probability that is one number is the score', () => {
  assert.deepEqual(read({ label: 'spam', probability: 0.93 }), [{ label: 'spam', score: 0.93 }]);
  assert.deepEqual(read({ labels: ['spam', 'ham'], proba: [[0.93], null] }), [
    { label: 'spam', score: 0.93 },
    { label: 'ham' },
  ]);
});
