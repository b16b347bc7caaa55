import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nodeWidth, stringOf } from '../../../../src/comparison/json/document.ts';
import {
  lookupKey,
  memberNamed,
  membersByKey,
  membersOf,
  sameKey,
} from '../../../../src/comparison/json/members.ts';
import { lexemeOf } from '../../../../src/comparison/json/text.ts';
import { documentOf } from './documents.ts';

const document = documentOf('{"a":[{"x":1}],"\\u0062":2,"a":3}');
const end = document.nodes[3]!;

test('members come in the order of the text, those of inner objects not among them', () => {
  const keys = [...membersOf(document, nodeWidth, end)].map((key) => stringOf(document, key));
  assert.deepEqual(keys, ['a', 'b', 'a']);
});

test('of one key the last member comes first, so that the first is taken first', () => {
  const byKey = membersByKey(document, nodeWidth, end);
  const members = byKey.get(lookupKey(document, nodeWidth))!;
  assert.deepEqual(members.map((key) => lexemeOf(document, key + nodeWidth)).at(0), '3');
  assert.equal(byKey.size, 2);
});

test('a key is the same in whatever escapes, and found by its text', () => {
  const other = documentOf('{"b":0}');
  const [, second] = membersOf(document, nodeWidth, end);
  assert.ok(sameKey(document, second!, other, nodeWidth));
  assert.ok(!sameKey(document, nodeWidth, other, nodeWidth));
  assert.equal(lexemeOf(document, memberNamed(document, 0, 'b')!), '2');
  assert.equal(memberNamed(document, 0, 'x'), undefined);
});
