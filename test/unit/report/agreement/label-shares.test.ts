import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  addLabelCounts,
  emptyLabelShares,
  mergeLabelShares,
} from '../../../../src/report/agreement/label-shares.ts';

test('counts of both sides are added by label, what the comparison pooled stays pooled', () => {
  const shares = emptyLabelShares(['a']);
  addLabelCounts(shares, { b: { live: 2, shadow: 1 }, '~other': { live: 5, shadow: 6 } });
  addLabelCounts(shares, { a: { live: 1, shadow: 0 }, b: { live: 0, shadow: 3 } });
  assert.deepEqual(shares, {
    labels: ['~other', 'a', 'b'],
    live: [5, 1, 2],
    shadow: [6, 0, 4],
  });
});

test('beyond 50 labels the rest is one', () => {
  const shares = emptyLabelShares([]);
  for (let index = 0; index < 70; index += 1) {
    addLabelCounts(shares, { [`label${index}`]: { live: 1, shadow: 2 } });
  }
  assert.equal(shares.labels.length, 51);
  assert.equal(shares.live[0], 20);
  assert.equal(shares.shadow[0], 40);
});

test('merging adds by label, not by place', () => {
  const into = emptyLabelShares([]);
  addLabelCounts(into, { a: { live: 1, shadow: 1 }, b: { live: 1, shadow: 1 } });
  const other = emptyLabelShares([]);
  addLabelCounts(other, { b: { live: 5, shadow: 6 }, c: { live: 7, shadow: 8 } });
  mergeLabelShares(into, other);
  assert.deepEqual(into, {
    labels: ['~other', 'a', 'b', 'c'],
    live: [0, 1, 6, 7],
    shadow: [0, 1, 7, 8],
  });
});
