import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isRecord, jsonOf } from '../../../src/base/untrusted-json.ts';

test('a text that is no JSON is undefined, every other one its value', () => {
  for (const text of ['', '{', 'undefined', "{'a':1}"]) assert.equal(jsonOf(text), undefined, text);
  assert.equal(jsonOf('null'), null);
  assert.deepEqual(jsonOf('{"a":[1]}'), { a: [1] });
});

test('an object is a record, null and an array are none', () => {
  assert.ok(isRecord({}));
  for (const value of [null, [], 'a', 1, undefined]) assert.ok(!isRecord(value));
});
