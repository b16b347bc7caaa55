import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nodeWidth, stringOf } from '../../../../src/comparison/json/document.ts';
import {
  memberNamed,
  MembersLeft,
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

test('of the members that are left, the first with a key is taken, and none twice', () => {
  for (const more of [0, 40]) {
    const filler = Array.from({ length: more }, (_, index) => `,"k${index}":0`).join('');
    const other = documentOf(`{"a":[{"x":1}],"\\u0062":2,"a":3${filler}}`);
    const left = new MembersLeft(other, nodeWidth, other.nodes[3]!);
    const [first, second] = membersOf(document, nodeWidth, end);
    const taken = [first!, second!, first!].map((key) => left.take(document, key)!);
    assert.deepEqual(
      taken.map((member) => lexemeOf(other, member + nodeWidth)),
      ['[{"x":1}]', '2', '3'],
    );
    assert.equal(left.take(document, first!), undefined);
    assert.deepEqual(
      left.rest().map((member) => stringOf(other, member)),
      Array.from({ length: more }, (_, index) => `k${index}`),
    );
  }
});

test('a key is the same in whatever escapes, and found by its text', () => {
  const other = documentOf('{"b":0}');
  const [, second] = membersOf(document, nodeWidth, end);
  assert.ok(sameKey(document, second!, other, nodeWidth));
  assert.ok(!sameKey(document, nodeWidth, other, nodeWidth));
  assert.equal(lexemeOf(document, memberNamed(document, 0, 'b')!), '2');
  assert.equal(memberNamed(document, 0, 'x'), undefined);
});
