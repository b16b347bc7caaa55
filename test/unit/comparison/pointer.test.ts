import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  escapeSegment,
  groupOf,
  pointerOf,
  unescapeSegment,
} from '../../../src/comparison/pointer.ts';

test('segments are escaped and unescaped as RFC 6901 says', () => {
  assert.equal(escapeSegment('a/b~c~1'), 'a~1b~0c~01');
  assert.equal(unescapeSegment('a~1b~0c~01'), 'a/b~c~1');
});

test('a pointer is exact, or names only keys that are identifiers', () => {
  const path = [
    'rows',
    3,
    'a/b',
    '',
    'x-1',
    '1x',
    '_',
    'k'.repeat(64),
    'k'.repeat(65),
    'é',
    '{key}',
  ];
  const long = 'k'.repeat(64);
  assert.equal(pointerOf(path, 'exact'), `/rows/3/a~1b//x-1/1x/_/${long}/${long}k/é/{key}`);
  assert.equal(
    pointerOf(path, 'masked'),
    `/rows/3/{key}/{key}/x-1/{key}/_/${long}/{key}/{key}/{key}`,
  );
});

test('a group takes every index as * and tells an index from a key that looks like one', () => {
  assert.equal(groupOf(['rows', 0, 12, 'id']), '/rows/*/*/id');
  assert.equal(groupOf(['0', '*']), '/{key}/{key}');
  assert.equal(groupOf([]), 'body');
});

test('a pointer and a group end at the innermost container that fits', () => {
  const deep = Array.from({ length: 512 }, () => 'abcdefgh');
  assert.equal(pointerOf(deep, 'exact').length, 2043);
  assert.equal(groupOf(deep).length, 2043);
  assert.equal(pointerOf(['a', 'k'.repeat(2048)], 'exact'), '/a');
});
