import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readRows } from '../../../../src/comparison/prediction/rows.ts';
import { sourceOf } from './source.ts';

const rowsOf = (value: unknown, labels?: readonly string[]) => [
  ...readRows(sourceOf(value, labels), 0),
];

test('each item of a list is an instance, also one that is not understood', () => {
  assert.deepEqual(rowsOf(['a', null, 0.5]), [{ label: 'a' }, undefined, { score: 0.5 }]);
  assert.deepEqual(rowsOf([]), []);
});

test('a list for each output is read row by row, and a short one ends', () => {
  assert.deepEqual(rowsOf({ label: ['a', 'b'], score: [0.5] }), [
    { label: 'a', score: 0.5 },
    { label: 'b' },
  ]);
});

test('outputs under the name of a secret are left out', () => {
  assert.deepEqual(rowsOf({ diagnosis: ['flu'] }), []);
  assert.deepEqual(rowsOf({ diagnosis: ['flu'], score: [0.5] }), [{ score: 0.5 }]);
});

test('anything else is one instance', () => {
  assert.deepEqual(rowsOf('"a"'), [{ label: 'a' }]);
  assert.deepEqual(rowsOf({ label: 'a', score: 0.5 }), [{ label: 'a', score: 0.5 }]);
  assert.deepEqual(rowsOf({}), [undefined]);
});
