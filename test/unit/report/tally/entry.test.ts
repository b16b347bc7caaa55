import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Comparison } from '../../../../src/comparison/comparison.ts';
import {
  dropped,
  failedAtShadow,
  notFollowed,
  type Outcome,
} from '../../../../src/exchange/outcome.ts';
import { lostEntry, tallyEntryOf, type TallyEntry } from '../../../../src/report/tally/entry.ts';
import {
  answer,
  comparison,
  difference,
  duplicate,
  exchange,
  failure,
  matching,
  mismatching,
  response,
  without,
} from '../../telemetry/finished-pairs.ts';

function counted(entry: TallyEntry | undefined) {
  const { class: name, errors, contract, mismatch, coverage } = entry ?? {};
  return { name, errors, contract, mismatch, coverage };
}

function answered(live: number, shadow: number, found: Partial<Comparison> = {}) {
  return tallyEntryOf(
    matching({
      exchange: exchange({ response: response({ status: live }) }),
      shadow: answer({ status: shadow }),
      comparison: comparison(found),
    }),
  );
}

const whole = { errors: 0, contract: 0, mismatch: 0, coverage: 0 };
const nothing = { contract: undefined, mismatch: undefined };

test('equal answers speak for the shadow in every gate', () => {
  assert.deepEqual(counted(tallyEntryOf(matching())), { name: 'equal', ...whole });
  const byRules = answered(200, 200, { ignoredCount: 2 });
  assert.deepEqual(counted(byRules), { name: 'equal_by_rules', ...whole });
});

test('a value that differs is a mismatch, and a broken contract is one as well', () => {
  assert.deepEqual(counted(tallyEntryOf(mismatching())), {
    name: 'value_diff',
    ...whole,
    mismatch: 1,
  });
  const broken = tallyEntryOf(mismatching([difference({ kind: 'type', contract: true })]));
  assert.deepEqual(counted(broken), { name: 'contract_diff', ...whole, contract: 1, mismatch: 1 });
});

test('a 5xx of one side counts in errors alone, so that equal rates of errors break no contract', () => {
  const differing = { result: 'mismatch', contract: true } as const;
  assert.deepEqual(counted(answered(200, 503, differing)), {
    name: 'shadow_error_only',
    ...nothing,
    errors: 1,
    coverage: 0,
  });
  assert.deepEqual(counted(answered(500, 200, differing)), {
    name: 'live_error_only',
    ...nothing,
    errors: -1,
    coverage: 0,
  });
  assert.equal(counted(answered(500, 500)).name, 'both_error_equal');
  assert.deepEqual(counted(answered(500, 502, { result: 'mismatch' })), {
    name: 'both_error_diff',
    ...nothing,
    errors: 0,
    coverage: 0,
  });
});

test('a 4xx is no error: where live has none it is a broken contract', () => {
  const broken = answered(200, 404, { result: 'mismatch', contract: true });
  assert.deepEqual(counted(broken), { name: 'contract_diff', ...whole, contract: 1, mismatch: 1 });
});

test('incomparable answers lack in coverage, unless live’s own answer made them so', () => {
  const cut = answered(200, 200, { result: 'incomparable', reason: 'truncated' });
  assert.deepEqual(counted(cut), { name: 'incomparable', ...nothing, errors: 0, coverage: 1 });
  const conditional = answered(304, 304, { result: 'incomparable', reason: 'conditional' });
  assert.deepEqual(counted(conditional), {
    name: 'conditional',
    ...nothing,
    errors: 0,
    coverage: undefined,
  });
});

test('a contract that is seen to be broken counts although the rest cannot be compared', () => {
  const entry = answered(200, 200, {
    result: 'incomparable',
    reason: 'decode_limit',
    contract: true,
  });
  assert.equal(entry?.contract, 1);
});

for (const kind of failedAtShadow) {
  test(`${kind} is an error of the shadow and later than any threshold`, () => {
    const entry = tallyEntryOf({
      exchange: exchange(),
      outcome: kind,
      shadow: failure(kind, 'timeout'),
    });
    assert.equal(entry?.class, kind === 'shadow_timeout' ? 'shadow_timeout' : 'shadow_failed');
    assert.equal(entry.errors, 1);
    assert.equal(entry.coverage, 0);
    assert.equal(entry.liveMs, 30);
    assert.equal(entry.shadowMs, Number.POSITIVE_INFINITY);
  });
}

test('a failure of the shadow where live answered 5xx is no more than live’s', () => {
  const failing = exchange({ response: response({ status: 502 }) });
  const entry = tallyEntryOf({
    exchange: failing,
    outcome: 'shadow_reset',
    shadow: failure('shadow_reset', 'ECONNRESET'),
  });
  assert.equal(entry?.errors, 0);
});

test('an open circuit counts against the shadow, and not in coverage', () => {
  const early = without(exchange(), 'request', 'response');
  for (const each of [early, exchange()]) {
    const entry = tallyEntryOf({ exchange: each, outcome: 'circuit_open' });
    assert.deepEqual(counted(entry), {
      name: 'circuit_open',
      ...nothing,
      errors: 1,
      coverage: undefined,
    });
  }
});

test('what twinspan itself drops lacks in coverage, and speaks neither for nor against the shadow', () => {
  const ofLive = ['live_upstream_failed', 'live_aborted', 'live_incomplete'];
  for (const outcome of dropped) {
    if (outcome === 'circuit_open') continue;
    const entry = tallyEntryOf({ exchange: exchange(), outcome });
    const expected = ofLive.includes(outcome)
      ? counted(undefined)
      : { name: 'dropped', ...nothing, errors: undefined, coverage: 1 };
    assert.deepEqual(counted(entry), expected, outcome);
  }
});

test('exchanges that were not followed, of a canary, or sent to the control count nowhere', () => {
  const outcomes: readonly Outcome[] = [...notFollowed, 'control'];
  for (const outcome of outcomes) {
    assert.equal(tallyEntryOf({ exchange: exchange(), outcome }), undefined, outcome);
  }
  assert.equal(tallyEntryOf(matching({ exchange: exchange({ mode: 'canary' }) })), undefined);
  const control = answer({ duplicate: duplicate('control') });
  assert.equal(tallyEntryOf(matching({ shadow: control })), undefined);
  assert.equal(tallyEntryOf(matching({ outcome: 'internal', shadow: control })), undefined);
});

test('latencies are service times, from the end of the request to the end of the answer', () => {
  const entry = tallyEntryOf(matching());
  assert.equal(entry?.liveMs, 30);
  assert.equal(entry.shadowMs, 50);
});

test('of a prediction labels, their number and the scores of live are kept', () => {
  const prediction = {
    count: 2,
    instances: [{ live: { score: 1 }, shadow: { score: 2 } }, { live: { score: 3 } }],
    meanScoreDifference: 1,
    labels: { setosa: { live: 2, shadow: 1 } },
  };
  const entry = tallyEntryOf(matching({ comparison: comparison({ prediction }) }));
  assert.deepEqual(entry?.prediction, {
    count: 2,
    labels: { setosa: { live: 2, shadow: 1 } },
    scores: { meanDifference: 1, live: { count: 2, mean: 2, squares: 2 } },
  });
});

test('what was lost lacks in coverage', () => {
  assert.deepEqual(lostEntry('predict', 5), {
    route: 'predict',
    at: 5,
    class: 'dropped',
    coverage: 1,
  });
});

test('a score that the shadow does not give breaks the contract, since no gate of values would see it', () => {
  const prediction = {
    count: 2,
    instances: [
      { live: { score: 1 }, shadow: { score: 1 } },
      { live: { score: 2 }, shadow: {} },
    ],
    labels: {},
  };
  const found = (over: object) =>
    tallyEntryOf(
      matching({ outcome: 'mismatch', comparison: comparison({ result: 'mismatch', ...over }) }),
    );
  assert.deepEqual(
    [found({ prediction })?.class, found({ prediction })?.contract],
    ['contract_diff', 1],
  );
  const whole = { ...prediction, instances: prediction.instances.slice(0, 1) };
  assert.equal(found({ prediction: whole })?.contract, 0);
});
