import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compareJsonTexts, differencesOf } from '../make-pair.ts';

const byId = { keyed: { '/rows': 'id' } };

function differ(live: string, shadow: string): string[] {
  return differencesOf(compareJsonTexts(`{"rows":${live}}`, `{"rows":${shadow}}`, byId));
}

test('items with the same value of the field are compared, wherever they stand', () => {
  assert.deepEqual(
    differ('[{"id":1,"v":"a"},{"id":2,"v":"b"}]', '[{"id":2,"v":"x"},{"id":1.0,"v":"a"}]'),
    ['value /rows/1/v'],
  );
});

test('an item without counterpart is missing or extra, as a key of an object would be', () => {
  const comparison = compareJsonTexts(
    '{"rows":[{"id":1},{"id":2}]}',
    '{"rows":[{"id":3},{"id":2}]}',
    byId,
  );
  assert.deepEqual(differencesOf(comparison), ['missing /rows/0', 'extra /rows/0']);
  assert.ok(comparison.contract);
});

test('values of another type, and what is inside arrays and objects, are no counterparts', () => {
  assert.deepEqual(differ('[{"id":"1"}]', '[{"id":1}]'), ['missing /rows/0', 'extra /rows/0']);
  assert.deepEqual(differ('[{"id":true}]', '[{"id":"true"}]'), [
    'missing /rows/0',
    'extra /rows/0',
  ]);
});

test('of several items with one value the first goes with the first', () => {
  assert.deepEqual(
    differ('[{"id":1,"v":1},{"id":1,"v":2}]', '[{"id":1,"v":1},{"id":1,"v":3},{"id":1,"v":4}]'),
    ['value /rows/1/v', 'extra /rows/2'],
  );
});

test('items without the field go with each other, in order', () => {
  assert.deepEqual(differ('[{"v":1},5,{"id":1}]', '[{"id":1},{"v":2},5]'), ['value /rows/0/v']);
  assert.deepEqual(differ('[{"v":1}]', '[{"id":1,"v":1}]'), ['missing /rows/0', 'extra /rows/0']);
});

test('that the order was passed over is told, with the rule', () => {
  const { ignored } = compareJsonTexts(
    '{"rows":[{"id":1},{"id":2}]}',
    '{"rows":[{"id":2},{"id":1}]}',
    byId,
  );
  assert.deepEqual(ignored, [{ pointer: '/rows', rule: 'keyed /rows' }]);
});

test('of several patterns for one array the most precise one names the field', () => {
  const keyed = { '/*': 'other', '/rows': 'id' };
  const texts = ['{"rows":[{"id":1},{"id":2}]}', '{"rows":[{"id":2},{"id":1}]}'] as const;
  assert.equal(compareJsonTexts(...texts, { keyed }).ignored[0]?.rule, 'keyed /rows');
});
