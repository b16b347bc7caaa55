import assert from 'node:assert/strict';
import { test } from 'node:test';

import { resultOf, type FinishedPair } from '../../../src/comparison/finished-pair.ts';
import { createSampling, FairRate } from '../../../src/telemetry/sampling.ts';
import {
  answer,
  comparison,
  difference,
  exchange,
  failure,
  matching,
  mismatching,
  trace,
} from './finished-pairs.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

const unsampled = { ...trace, sampled: false };
const joined = { ...trace, parentSpanId: '00f067aa0ba902b7' };

function sampling(maxPairsPerSecond = 50) {
  const clock = createManualClock();
  const decide = createSampling({ clock, maxPairsPerSecond: () => maxPairsPerSecond });
  return { clock, decide: (finished: FinishedPair) => decide(finished, resultOf(finished)!) };
}

test('a match is kept when its draw said so, and only then', () => {
  const { decide } = sampling();
  assert.equal(decide(matching()), 'keep');
  assert.equal(decide(matching({ trace: unsampled })), 'sampled_out');
});

test('mismatches, errors and pairs that could not be compared are kept whatever the draw said', () => {
  const { decide } = sampling();
  const { shadow: _shadow, comparison: _comparison, ...unsent } = matching({ trace: unsampled });
  const incomparable = comparison({ result: 'incomparable', reason: 'truncated' });
  const always: FinishedPair[] = [
    mismatching(undefined, { trace: unsampled }),
    matching({ outcome: 'incomparable', comparison: incomparable, trace: unsampled }),
    { ...unsent, outcome: 'live_aborted' },
    { ...unsent, outcome: 'over_rate' },
    { ...unsent, outcome: 'shadow_reset', shadow: failure('shadow_reset', 'ECONNRESET') },
  ];
  assert.deepEqual(always.map(decide), ['keep', 'keep', 'keep', 'keep', 'keep']);
});

test('under a live trace the flag of that trace decides, for mismatches as well', () => {
  const { decide } = sampling();
  assert.equal(decide(mismatching(undefined, { trace: joined })), 'keep');
  const quiet = { ...joined, sampled: false };
  assert.equal(decide(mismatching(undefined, { trace: quiet })), 'sampled_out');
});

test('a flood of one kind of difference leaves room for another kind, another route and an error', () => {
  const { decide } = sampling(50);
  const flood = mismatching([difference({ kind: 'value' })]);
  const kept = Array.from({ length: 1000 }, () => decide(flood)).filter((each) => each === 'keep');
  assert.equal(kept.length, 40);
  const otherRoute = { name: 'other', template: '/other' };
  const rare: FinishedPair[] = [
    mismatching([difference({ kind: 'missing' })]),
    mismatching([difference({ kind: 'value' }), difference({ kind: 'type' })]),
    mismatching([difference()], { exchange: exchange({ route: otherRoute }) }),
    matching({ outcome: 'shadow_timeout', shadow: failure('shadow_timeout', 'timeout') }),
    matching({ shadow: answer() }),
  ];
  assert.deepEqual(rare.map(decide), ['keep', 'keep', 'keep', 'keep', 'keep']);
  assert.equal(decide(flood), 'rate_limited');
});

test('no more than the limit is admitted in any one second', () => {
  const clock = createManualClock();
  const rate = new FairRate(clock);
  const admitted: number[] = [];
  for (let step = 0; step < 2000; step += 1) {
    if (rate.admit(`kind ${step % 7}`, 10)) admitted.push(clock.now());
    clock.advance(3);
  }
  for (const from of admitted) {
    const within = admitted.filter((at) => at >= from && at < from + 1000);
    assert.ok(within.length <= 10, `${within.length} in the second from ${from}`);
  }
  assert.ok(admitted.length >= 50, `${admitted.length} of at most 60 were admitted`);
});

test('floods of several kinds get equal shares', () => {
  const clock = createManualClock();
  const rate = new FairRate(clock);
  const kept = new Map<string, number>();
  for (let step = 0; step < 10_000; step += 1) {
    for (const kind of ['a', 'b', 'c']) {
      if (rate.admit(kind, 50)) kept.set(kind, (kept.get(kind) ?? 0) + 1);
    }
    clock.advance(1);
  }
  for (const [kind, count] of kept) {
    assert.ok(count >= 120 && count <= 180, `${kind} got ${count} of about 500 / 3`);
  }
  assert.equal(kept.size, 3);
});

test('with one pair a second a flood still leaves a fifth of the time to others', () => {
  const clock = createManualClock();
  const rate = new FairRate(clock);
  let flood = 0;
  let rare = 0;
  for (let second = 0; second < 200; second += 1) {
    for (let step = 0; step < 10; step += 1) {
      if (rate.admit('flood', 1)) flood += 1;
      clock.advance(100);
      if (step === 5 && rate.admit('rare', 1)) rare += 1;
    }
  }
  assert.ok(flood >= 100 && flood <= 162, `the flood got ${flood} of 200`);
  assert.ok(rare >= 20, `the rare kind got ${rare} of 200`);
  assert.ok(flood + rare <= 200);
});

test('a limit below one is a pair every so many seconds, a fraction above it is left out', () => {
  const clock = createManualClock();
  const rate = new FairRate(clock);
  const kept = (perSecond: number): number => {
    let count = 0;
    for (let step = 0; step < 400; step += 1) {
      if (rate.admit(`kind ${step % 10}`, perSecond)) count += 1;
      clock.advance(100);
    }
    return count;
  };
  assert.equal(kept(0.1), 4);
  clock.advance(100_000);
  assert.equal(kept(2.9), 80);
});

test('a limit that is lowered or raised holds for the next decision', () => {
  const clock = createManualClock();
  const rate = new FairRate(clock);
  assert.equal(rate.admit('a', 0), false);
  for (let step = 0; step < 30; step += 1) rate.admit(`kind ${step}`, 100);
  assert.equal(rate.admit('b', 20), false);
  assert.equal(rate.admit('b', 100), true);
  clock.advance(1000);
  assert.equal(rate.admit('b', 20), true);
});
