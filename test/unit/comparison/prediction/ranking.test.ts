import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readRanking, topKOverlap } from '../../../../src/comparison/prediction/ranking.ts';
import { sourceOf } from './source.ts';

const rankingOf = (list: unknown) => readRanking(sourceOf(list), 0);

test('an item is its text, its id, or the first of a list', () => {
  assert.deepEqual(rankingOf(['a', 7, true]), ['"a', '"7', '"true']);
  assert.deepEqual(rankingOf([{ id: 7, score: 0.9 }, { item_id: 'a' }, ['b', 0.5]]), [
    '"7',
    '"a',
    '"b',
  ]);
});

test('any other item is its content, whatever the order of its keys', () => {
  const [one, other, third] = rankingOf([{ x: 1, y: 2 }, { y: 2, x: 1 }, { x: 2 }])!;
  assert.equal(one, other);
  assert.notEqual(one, third);
});

test('ten items are read, and no list is no ranking', () => {
  assert.equal(rankingOf(Array.from({ length: 50 }, (_, index) => index))?.length, 10);
  assert.equal(rankingOf([]), undefined);
  assert.equal(rankingOf({ a: 1 }), undefined);
});

test('the overlap is a share of the longer list, and order does not count', () => {
  assert.equal(topKOverlap(['a', 'b', 'c', 'd', 'e'], ['b', 'a', 'c', 'd', 'f']), 0.8);
  assert.equal(topKOverlap(['a', 'b'], ['b', 'a']), 1);
  assert.equal(topKOverlap(['a', 'b', 'c', 'd'], ['a']), 0.25);
  assert.equal(topKOverlap(['a', 'a'], ['a', 'b']), 0.5);
});
