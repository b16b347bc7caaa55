import assert from 'node:assert/strict';
import { test } from 'node:test';

import { notFollowed, outcomes, type Outcome } from '../../../src/exchange/outcome.ts';
import { isLiveError, resultOf } from '../../../src/comparison/finished-pair.ts';
import {
  answer,
  comparison,
  difference,
  duplicate,
  exchange,
  failure,
  matching,
  mismatching,
  times,
  trace,
} from '../telemetry/finished-pairs.ts';

const unsent = (outcome: Outcome) => resultOf({ exchange: exchange(), outcome, trace });

test('an exchange that was not followed gives no span, whenever that was decided', () => {
  for (const outcome of notFollowed) assert.equal(unsent(outcome), undefined, outcome);
});

test('an exchange that was shed before anything of it was read gives no span', () => {
  assert.equal(unsent('over_capacity'), undefined);
  assert.equal(unsent('loop_lag'), undefined);
});

test('what live did not answer is a live_error, everything else that was dropped is not_compared, with the outcome as reason', () => {
  const dropped = outcomes.filter((outcome) => unsent(outcome) !== undefined);
  const names = Object.fromEntries(
    dropped.map((outcome) => [outcome, unsent(outcome)?.name] as const),
  );
  assert.deepEqual(names, {
    bytes_exhausted: 'not_compared',
    queue_full: 'not_compared',
    over_rate: 'not_compared',
    circuit_open: 'not_compared',
    body_too_large: 'not_compared',
    live_upstream_failed: 'live_error',
    live_aborted: 'live_error',
    live_incomplete: 'live_error',
    shutdown: 'not_compared',
    internal: 'not_compared',
    shadow_connect: 'shadow_error',
    shadow_timeout: 'shadow_error',
    shadow_reset: 'shadow_error',
    shadow_malformed: 'shadow_error',
    shadow_too_large: 'shadow_error',
    match: 'not_compared',
    mismatch: 'not_compared',
    incomparable: 'not_compared',
    control: 'not_compared',
  });
  for (const outcome of dropped) assert.equal(unsent(outcome)?.reason, outcome);
});

test('live that failed after the duplicate was sent is a live_error, whatever the shadow said', () => {
  const finished = matching({ outcome: 'live_aborted', shadow: answer() });
  assert.deepEqual(resultOf(finished), { name: 'live_error', reason: 'live_aborted' });
});

test('compared answers give the result of the comparison, and its reason when there is one', () => {
  assert.deepEqual(resultOf(matching()), { name: 'match' });
  assert.deepEqual(resultOf(mismatching()), { name: 'mismatch' });
  const truncated = comparison({ result: 'incomparable', reason: 'truncated' });
  assert.deepEqual(resultOf(matching({ outcome: 'incomparable', comparison: truncated })), {
    name: 'incomparable',
    reason: 'truncated',
  });
});

test('a control pair has the result of its own comparison, or the failure of the control', () => {
  const compared = comparison({ differences: [difference()] });
  assert.deepEqual(resultOf(matching({ outcome: 'control', comparison: compared })), {
    name: 'mismatch',
  });
  const failed = { exchange: exchange(), outcome: 'control', trace } as const;
  assert.deepEqual(resultOf({ ...failed, shadow: failure('shadow_timeout', 'timeout') }), {
    name: 'shadow_error',
    reason: 'shadow_timeout',
  });
  const { sentAt, shadowEndedAt: endedAt } = times;
  const cancelled = {
    kind: 'cancelled',
    duplicate: duplicate('control'),
    sentAt,
    endedAt,
  } as const;
  assert.deepEqual(resultOf({ ...failed, shadow: cancelled }), {
    name: 'not_compared',
    reason: 'control',
  });
});

test('exactly three outcomes say that live did not answer', () => {
  assert.deepEqual(outcomes.filter(isLiveError), [
    'live_upstream_failed',
    'live_aborted',
    'live_incomplete',
  ]);
});
