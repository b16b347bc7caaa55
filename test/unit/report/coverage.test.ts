import assert from 'node:assert/strict';
import { test } from 'node:test';

import { coverageOf, filterCounter } from '../../../src/report/coverage.ts';

test('the counters of all filter instances are added', () => {
  const stats = [
    'http.ingress.ext_proc.twinspan.streams_started: 12',
    'http.other.ext_proc.streams_started: 3',
    'http.other.ext_proc.streams_failed: 1',
    '',
  ].join('\n');
  assert.equal(filterCounter(stats, 'streams_started'), 15);
  assert.equal(filterCounter(stats, 'streams_failed'), 1);
  assert.equal(filterCounter(stats, 'streams_closed'), 0);
});

test('the gap is the share of what began and was not seen', () => {
  const before = { started: 100, failed: 0, twinspan: { seen: 7, sent: 5 } };
  const after = { started: 200, failed: 10, twinspan: { seen: 97, sent: 90 } };
  assert.deepEqual(coverageOf(before, after), {
    began: 100,
    failed: 10,
    seen: 90,
    sent: 85,
    gap: 0.1,
  });
});

test("without twinspan's own numbers Envoy's failures are the gap", () => {
  const coverage = coverageOf({ started: 0, failed: 0 }, { started: 50, failed: 5 });
  assert.deepEqual(coverage, { began: 50, failed: 5, gap: 0.1 });
});

test('an exchange that is seen between the two readings makes no negative gap', () => {
  const before = { started: 0, failed: 0, twinspan: { seen: 0, sent: 0 } };
  const after = { started: 10, failed: 0, twinspan: { seen: 11, sent: 11 } };
  assert.equal(coverageOf(before, after).gap, 0);
});

test('without traffic there is no gap to speak of', () => {
  assert.equal(coverageOf({ started: 5, failed: 0 }, { started: 5, failed: 0 }).gap, undefined);
});

test('what Envoy had nowhere to send is a part of the gap, though it never started', () => {
  const before = { started: 0, failed: 0, twinspan: { seen: 0, sent: 0 } };
  const after = { started: 60, failed: 40, twinspan: { seen: 60, sent: 60 } };
  assert.equal(coverageOf(before, after).gap, 0.4);
  const mixed = { started: 80, failed: 40, twinspan: { seen: 60, sent: 60 } };
  assert.equal(coverageOf(before, mixed).gap, 0.4);
  const nothing = { started: 0, failed: 40, twinspan: { seen: 0, sent: 0 } };
  assert.equal(coverageOf(before, nothing).gap, 1);
  assert.equal(coverageOf({ started: 0, failed: 0 }, { started: 0, failed: 40 }).gap, 1);
});
