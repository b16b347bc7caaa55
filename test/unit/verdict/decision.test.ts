import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addValue, emptyTally, routeTally, type Tally } from '../../../src/report/tally.ts';
import { decide, isFloorMet, type Decision } from '../../../src/verdict/decision.ts';
import type { ConfiguredVerdict } from '../../../src/verdict/settings.ts';
import { countSettings, entry, experiment, settingsWith, tallyOf } from '../../kit/tallies.ts';

const latency = { threshold: { p95: 0.1, p99: 0.2 } };
const configured = { ...countSettings, thresholdMs: { p95: 100, p99: 200 } };

/** Equal pairs, enough of them to pass every gate. */
function ready(): Tally {
  return tallyOf(
    Array.from({ length: 6000 }, () => entry()),
    configured,
  );
}

function decided(tally: Tally, verdict: Partial<ConfiguredVerdict['verdict']> = {}, now = 1000) {
  return decide(tally, settingsWith({ latency, ...verdict }), now);
}

function stateOf(decision: Decision): string {
  return decision.state === 'hold' ? `hold ${decision.hold}` : decision.state;
}

test('promote needs every gate and every floor', () => {
  assert.equal(stateOf(decided(ready())), 'promote');
  assert.equal(stateOf(decided(ready(), { floor: { pairs: 6001, elapsed: 0 } })), 'collecting');
  const day = { floor: { pairs: 1, elapsed: 1001 } };
  assert.equal(stateOf(decided(ready(), day)), 'collecting');
  // Silence is no time over which pairs came.
  assert.equal(stateOf(decided(ready(), day, 1001)), 'collecting');
  assert.equal(stateOf(decided({ ...ready(), lastAt: 1001 }, day, 1001)), 'promote');
  assert.equal(isFloorMet(decided(ready(), day), settingsWith(day)), false);
});

test('a promotion is withdrawn when later pairs turn', () => {
  const tally = ready();
  addValue(routeTally(tally, 'predict'), 'errors', 1, 20);
  assert.equal(stateOf(decided(tally)), 'collecting');
});

test('without pairs, gates or routes nothing is ever promoted', () => {
  const floor = { pairs: 0, elapsed: 0 };
  assert.equal(stateOf(decided(emptyTally(experiment), { floor })), 'collecting');
  assert.equal(stateOf(decided(ready(), { margins: {} })), 'collecting');
  const none = decide(emptyTally(experiment), settingsWith({ floor }, []), 1000);
  assert.equal(stateOf(none), 'collecting');
});

test('one side alone is no ground for a promotion', () => {
  const tally = emptyTally(experiment);
  addValue(routeTally(tally, 'predict'), 'errors', 0, 1e6);
  addValue(routeTally(tally, 'predict'), 'coverage', 0, 1e6);
  assert.equal(stateOf(decided(tally)), 'collecting');
});

test('one failed gate rejects, and names itself', () => {
  const tally = ready();
  addValue(routeTally(tally, 'predict'), 'errors', 1, 600);
  const decision = decided(tally);
  assert.ok(decision.state === 'reject');
  assert.equal(decision.gate?.id, 'errors');
});

test('a rejection stays although every gate is passed', () => {
  const tally = ready();
  tally.rejected = { atUnixMs: 1, gate: 'errors', route: 'predict', reason: 'x' };
  assert.equal(stateOf(decided(tally)), 'reject');
});

test('too little coverage is no fault of the shadow: it holds', () => {
  const tally = ready();
  addValue(routeTally(tally, 'predict'), 'coverage', 1, 1000);
  assert.equal(stateOf(decided(tally)), 'hold coverage');
});

test('the horizon, futility, an overflow and a successor hold', () => {
  const open = tallyOf([entry()], configured);
  assert.equal(stateOf(decided(open, { horizon: 999 }, 999)), 'hold horizon');
  assert.equal(stateOf(decided(open, { horizon: 1000 }, 999)), 'collecting');
  const near = ready();
  for (const cell of ['errors', 'contract', 'coverage']) {
    addValue(routeTally(near, 'predict'), cell, 0, 994_000);
  }
  addValue(routeTally(near, 'predict'), 'mismatch', 0, 984_000);
  addValue(routeTally(near, 'predict'), 'mismatch', 1, 10_000);
  assert.equal(stateOf(decided(near)), 'hold futile');
  const overflowed = ready();
  overflowed.overflowed = true;
  assert.equal(stateOf(decided(overflowed)), 'hold evidence_overflow');
  const past = decide(ready(), settingsWith({ latency }), 1000, 'superseded');
  assert.equal(stateOf(past), 'hold superseded');
});

test('a horizon that has passed does not undo a promotion', () => {
  assert.equal(stateOf(decided(ready(), { horizon: 1 }, 1000)), 'promote');
});

test('what has too little of the traffic is not judged', () => {
  const decision = decide(ready(), settingsWith({ latency }), 1000, 'too_few');
  assert.equal(stateOf(decision), 'collecting');
});

const impossible: readonly (readonly [string, (tally: Tally) => void])[] = [
  ['more compared than answered', (t) => addValue(routeTally(t, 'predict'), 'mismatch', 0, 1e6)],
  ['more late than answered', (t) => addValue(routeTally(t, 'predict'), 'latency_p95', 1, 1e6)],
  [
    'a share below nothing, which would outweigh what differs',
    (t) => {
      const counts = routeTally(t, 'predict').cells['mismatch']!;
      [counts[0], counts[10], counts[20]] = [1000, 4500, 500];
    },
  ],
  [
    'a change of predictions in more pairs than were answered',
    (t) => addValue(routeTally(t, 'predict'), 'prediction_drift/setosa', 0, 1e6),
  ],
  ['more covered than answered', (t) => addValue(routeTally(t, 'predict'), 'coverage', 0, 1e6)],
  ['the mismatches are missing', (t) => addValue(routeTally(t, 'predict'), 'contract', 0, 50)],
  ['a negative count', (t) => addValue(routeTally(t, 'predict'), 'contract', 1, -1)],
  ['a count that is none', (t) => addValue(routeTally(t, 'predict'), 'errors', 1, Number.NaN)],
];

for (const [title, spoil] of impossible) {
  test(`${title}: counts that cannot be true hold, and neither promote nor reject`, () => {
    const tally = ready();
    spoil(tally);
    assert.equal(stateOf(decided(tally)), 'hold conflict');
  });
}

test('what was shed unread, beside all that was seen, contradicts no other count', () => {
  const tally = ready();
  addValue(routeTally(tally, '~unread'), 'coverage', 0, 7000);
  assert.equal(stateOf(decided(tally)), 'promote');
  addValue(routeTally(tally, '~unread'), 'coverage', -1);
  assert.equal(stateOf(decided(tally)), 'hold conflict');
});
