import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readMlflow } from '../../../../src/comparison/prediction/mlflow.ts';
import { sourceOf } from './source.ts';

const read = (answer: unknown) => [...readMlflow(sourceOf(answer))];

test('predictions are values or records, wrapped or bare', () => {
  const expected = [{ score: 1.5 }, { score: 2.5 }];
  assert.deepEqual(read({ predictions: [1.5, 2.5] }), expected);
  assert.deepEqual(read({ predictions: [{ price: 1.5 }, { price: 2.5 }] }), expected);
  assert.deepEqual(read([1.5, 2.5]), expected);
  assert.deepEqual(read([{ 0: 1.5 }, { 0: 2.5 }]), expected);
  assert.deepEqual(read({ predictions: { price: [1.5, 2.5] } }), expected);
});

test('a chat is read as one', () => {
  const choices = [{ index: 0, message: { content: 'yes' }, finish_reason: 'stop' }];
  assert.deepEqual(read({ choices }), [{ label: 'stop', text: 'yes' }]);
});
