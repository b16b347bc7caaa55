import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { CountSettings } from '../../../src/report/tally/count.ts';
import { addValue, emptyTally, routeTally, type Tally } from '../../../src/report/tally.ts';
import { decide, type Standing } from '../../../src/verdict/decision.ts';
import type { VerdictSettings } from '../../../src/verdict/settings.ts';
import { wordsOf } from '../../../src/verdict/sentences.ts';
import { outlookOf } from '../../../src/verdict/summary.ts';
import { countSettings, entry, experiment, settingsWith, tallyOf } from '../../kit/tallies.ts';

const latency = { threshold: { p95: 0.1, p99: 0.2 } };
const configured = { ...countSettings, thresholdMs: { p95: 100, p99: 200 } };

function counted(count: number, settings: CountSettings = configured): Tally {
  return tallyOf(
    Array.from({ length: count }, () => entry()),
    settings,
  );
}

function words(
  tally: Tally,
  {
    settings = settingsWith({ latency }),
    now = 1000,
    standing = 'judged',
  }: { settings?: VerdictSettings; now?: number; standing?: Standing } = {},
) {
  const decision = decide(tally, settings, now, standing);
  return wordsOf(decision, settings, outlookOf(decision, settings), tally.rejected);
}

test('who collects is told what is missing and how long that takes', () => {
  assert.deepEqual(words(counted(2000), { now: 60_000 }), {
    reason:
      'The share of broken contracts (status class, types, keys) on predict is not shown to be below its margin of 0.1 % yet: needs about 3,710 more pairs.',
    next: 'Wait for about 3,710 more pairs, 2 min at the rate so far.',
  });
  assert.match(words(emptyTally(experiment)).next, /^Send traffic/);
  assert.match(
    words(counted(100, countSettings), { settings: settingsWith() }).reason,
    /first requests/,
  );
  assert.match(words(counted(10), { standing: 'too_few' }).reason, /Less than 1 %/);
});

test('who waits for a floor alone is told so', () => {
  const pairs = words(counted(6000), {
    settings: settingsWith({ latency, floor: { pairs: 7000, elapsed: 0 } }),
  });
  assert.match(pairs.reason, /Every gate is passed, and predict has 6,000 of at least 7,000/);
  const day = { settings: settingsWith({ latency, floor: { pairs: 1, elapsed: 86_400_000 } }) };
  assert.match(
    words({ ...counted(6000), lastAt: 3_600_000 }, { ...day, now: 3_600_000 }).next,
    /^Wait another 23 h/,
  );
});

test('where every gate is off nothing is promised', () => {
  const settings = settingsWith({ margins: {} });
  assert.match(words(counted(6000), { settings }).reason, /^Every gate is off/);
});

test('what can never be judged names the key that would help', () => {
  const settings = settingsWith({}, undefined, 'fleet');
  assert.match(words(counted(6000), { settings }).next, /verdict\.latency\.threshold/);
  const unlisted = settingsWith(
    { latency, mode: 'noninferior' },
    [{ name: 'predict', prediction: { labels: [] }, verdict: { margins: {} } }],
    'fleet',
  );
  assert.match(words(counted(6000), { settings: unlisted }).next, /prediction\.labels/);
});

test('a gate that will not pass as things stand is told first', () => {
  const tally = counted(300);
  for (const cell of ['contract', 'errors', 'coverage']) {
    addValue(routeTally(tally, 'predict'), cell, 0, 4);
  }
  addValue(routeTally(tally, 'predict'), 'mismatch', 1, 4);
  const { reason, next } = words(tally);
  assert.match(reason, /answers that differ on predict .* not within it so far/);
  assert.match(next, /will not pass/);
});

test('a rejection gives the number that it is for', () => {
  const tally = counted(900);
  addValue(routeTally(tally, 'predict'), 'errors', 1, 100);
  const { reason, next } = words(tally);
  assert.equal(
    reason,
    'The share of errors that the shadow has and live has not, on predict, is above its margin of 0.5 %: 10 % in 1,000 pairs.',
  );
  assert.match(next, /^Do not promote\./);
});

test('each reason for a hold has its own words and its own remedy', () => {
  const uncovered = counted(100);
  addValue(routeTally(uncovered, 'predict'), 'coverage', 1, 100);
  const contradictory = counted(10);
  addValue(routeTally(contradictory, 'predict'), 'mismatch', 0, 100);
  const overflowed = { ...counted(10), overflowed: true };
  const near = counted(0);
  addValue(routeTally(near, 'predict'), 'errors', 0, 1e6);
  addValue(routeTally(near, 'predict'), 'mismatch', 0, 990_000);
  addValue(routeTally(near, 'predict'), 'mismatch', 1, 10_000);
  const holds = [
    words(uncovered),
    words(contradictory),
    words(overflowed),
    words(near),
    words(counted(10), { standing: 'superseded' }),
    words(counted(10), { settings: settingsWith({ latency, horizon: 1000 }) }),
  ];
  const expected = [
    /without a usable pair on predict is above/,
    /counts of predict contradict/,
    /open at once to count them in order/,
    /so near its margin/,
    /taken its place/,
    /^Undecided after 1 s: 6 of 6 gates/,
  ];
  holds.forEach(({ reason }, index) => assert.match(reason, expected[index]!));
  assert.equal(new Set(holds.map(({ next }) => next)).size, holds.length);
});

test('a change of predictions says which and whither', () => {
  const settings = settingsWith({ mode: 'noninferior', latency }, [
    { name: 'predict', prediction: { labels: ['spam'] }, verdict: { margins: { mismatch: null } } },
  ]);
  for (const [cell, value, expected] of [
    ['prediction_drift/spam', 1, /predictions to more "spam" on predict/],
    ['prediction_drift~other', -1, /to fewer other labels/],
    ['prediction_drift~score', 1, /to higher scores/],
  ] as const) {
    const tally = counted(100);
    const route = routeTally(tally, 'predict');
    addValue(route, 'errors', 0, 900);
    addValue(route, cell, value, 500);
    addValue(route, 'prediction_drift~other', 0, 500);
    assert.match(words(tally, { settings }).reason, expected);
  }
});
