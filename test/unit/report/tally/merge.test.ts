import assert from 'node:assert/strict';
import { test } from 'node:test';

import { mergeTallies } from '../../../../src/report/tally/merge.ts';
import { emptyTally, valuesOf } from '../../../../src/report/tally.ts';
import { countSettings, entry, experiment, tallyOf } from '../../../kit/tallies.ts';

test('counts, classes and instants of two replicas add', () => {
  const one = tallyOf([entry({ at: 5 }), entry({ at: 9, route: 'a' })]);
  const other = tallyOf([entry({ at: 3, class: 'shadow_error_only', errors: 1 })]);
  const sum = mergeTallies(one, other);
  assert.deepEqual(sum.routes['predict']?.classes, { equal: 1, shadow_error_only: 1 });
  assert.deepEqual(valuesOf(sum.routes['predict'], 'errors'), [
    [0, 1],
    [1, 1],
  ]);
  assert.deepEqual([sum.firstAt, sum.lastAt], [3, 9]);
  assert.equal(sum.routes['a']?.classes.equal, 1);
});

test('the sum with an empty tally is the tally', () => {
  const tally = tallyOf([entry()]);
  assert.deepEqual(mergeTallies(tally, emptyTally(experiment)), tally);
  assert.deepEqual(mergeTallies(emptyTally(experiment), tally), tally);
});

test('what both have fixed differently is fixed no more, whatever is added later', () => {
  const at = (p95: number) => tallyOf([entry()], { ...countSettings, thresholdMs: { p95 } });
  const agreed = mergeTallies(at(100), at(100));
  assert.deepEqual(agreed.routes['predict']?.threshold.p95, { kind: 'fixed', value: 100 });
  const differing = mergeTallies(mergeTallies(at(100), at(120)), at(100));
  assert.deepEqual(differing.routes['predict']?.threshold.p95, { kind: 'differing' });
});

test('a rejection, the earlier of two, and an overflow of either stay', () => {
  const rejected = (atUnixMs: number) => ({
    ...emptyTally(experiment),
    rejected: { atUnixMs, gate: 'errors', route: 'predict', reason: 'x' },
  });
  const sum = mergeTallies(rejected(5), { ...rejected(3), overflowed: true, attempt: 2 });
  assert.equal(sum.rejected?.atUnixMs, 3);
  assert.equal(sum.overflowed, true);
  assert.equal(sum.attempt, 2);
});
