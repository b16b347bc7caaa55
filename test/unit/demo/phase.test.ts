import assert from 'node:assert/strict';
import { test } from 'node:test';

import { outcomesSince, phaseSeconds } from '../../../demo/phase.ts';

test('the outcomes of a phase are those by which the counts grew', () => {
  const before = { match: 100, mismatch: 7, circuit_open: 3 };
  const after = { match: 150, mismatch: 7, circuit_open: 4, shadow_connect: 5 };
  assert.deepEqual(outcomesSince(before, after), { match: 50, circuit_open: 1, shadow_connect: 5 });
});

test('the counts of a new process grew from nothing', () => {
  assert.deepEqual(outcomesSince(undefined, { match: 4, mismatch: 0 }), { match: 4 });
});

const lengths: readonly { firstAct: number; phase: number }[] = [
  { firstAct: 1, phase: 2 },
  { firstAct: 8, phase: 2 },
  { firstAct: 20, phase: 4 },
  { firstAct: 45, phase: 9 },
  { firstAct: 3600, phase: 10 },
];
for (const { firstAct, phase } of lengths) {
  test(`a phase lasts ${phase} s after a first act of ${firstAct} s`, () => {
    assert.equal(phaseSeconds(firstAct), phase);
  });
}
