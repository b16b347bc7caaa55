import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Likeness } from '../../../../src/comparison/json/likeness.ts';
import { documentOf } from './documents.ts';
import { compareJsonTexts, differencesOf, rulesOf } from '../make-pair.ts';

const unordered = ['/**'];

function differ(live: unknown, shadow: unknown, rules = {}): string[] {
  return differencesOf(
    compareJsonTexts(JSON.stringify(live), JSON.stringify(shadow), { unordered, ...rules }),
  );
}

test('an item that changed is found wherever it moved, when it is the only one', () => {
  assert.deepEqual(differ([{ a: 1 }, { a: 2 }, 'x'], ['x', { a: 3 }, { a: 1 }]), ['value /1/a']);
});

test('of several items that changed those are compared that have most in common', () => {
  const live = [
    { id: 'a', label: 'x', score: 1 },
    { id: 'b', label: 'y', score: 2 },
    { id: 'c', label: 'z', score: 3 },
  ];
  const shadow = [
    { id: 'c', label: 'z', score: 4 },
    { id: 'a', label: 'w', score: 1 },
    { id: 'b', label: 'y', score: 2 },
  ];
  assert.deepEqual(differ(live, shadow), ['value /0/label', 'value /2/score']);
});

test('what rules pass over does not keep items apart', () => {
  const live = [
    { id: 1, at: '2024-01-01T00:00:00Z', label: 'x', tags: ['a', 'b'] },
    { id: 2, at: '2024-01-02T00:00:00Z', label: 'y', tags: ['c', 'd'] },
  ];
  const shadow = [
    { id: 8, at: '2025-01-01T00:00:00Z', label: 'y', tags: ['d', 'c'], note: null },
    { id: 9, at: '2025-01-02T00:00:00Z', label: 'x', tags: ['b', 'a'] },
  ];
  const rules = {
    ignore: ['/*/id'],
    normalize: { timestamp: ['/*/at'] },
    nullEqualsMissing: true,
  };
  assert.deepEqual(differ(live, shadow, rules), []);
});

test('items whose numbers are off a little are found by their numbers', () => {
  const live = Array.from({ length: 500 }, (_, index) => ({ x: index, y: 500 - index }));
  const shadow = live.map(({ x, y }) => ({ x: x + 1e-9, y: y - 1e-9 })).reverse();
  assert.deepEqual(differ(live, shadow, { tolerance: { absolute: 1e-6 } }), []);
});

test('of more items that differ than may be tried as many are still compared', () => {
  const live = Array.from({ length: 300 }, (_, index) => ({ a: index }));
  const shadow = live.map(({ a }) => ({ a: a + 1000 }));
  const { differenceCount } = compareJsonTexts(JSON.stringify(live), JSON.stringify(shadow), {
    unordered,
  });
  assert.equal(differenceCount, 300);
});

test('an item too many is a difference of length', () => {
  assert.deepEqual(differ([1, 2], [3, 2, 1]), ['length ']);
  assert.deepEqual(differ([1, 1], [1, 2]), ['value /1']);
});

test('equality and permutation are told by what nodes say', () => {
  const live = documentOf('[{"a":1,"b":2},3]');
  const shadow = documentOf('[3.0,{"b":2,"a":1}]');
  const likeness = new Likeness(live, shadow);
  const [liveItems, shadowItems] = [
    [4, live.nodes[7]!],
    [4, shadow.nodes[7]!],
  ] as const;
  assert.ok(likeness.isEqual(liveItems[0], shadowItems[1]));
  assert.ok(!likeness.isEqual(liveItems[0], shadowItems[0]));
  assert.ok(likeness.isPermuted(liveItems, shadowItems));
  assert.ok(!likeness.isPermuted([4, 4], shadowItems));
  const { pairs, reordered } = likeness.pair(0, 0, rulesOf({ unordered: [''] }).body);
  assert.ok(reordered);
  assert.deepEqual(
    pairs.map(({ live: one, shadow: other }) => [one, other]),
    [
      [liveItems[0], shadowItems[1]],
      [liveItems[1], shadowItems[0]],
    ],
  );
});
