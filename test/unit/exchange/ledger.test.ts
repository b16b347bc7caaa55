import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Ledger } from '../../../src/exchange/ledger.ts';
import { unmatchedRoute } from '../../../src/exchange/outcome.ts';

function books(): { ledger: Ledger; violations: string[] } {
  const violations: string[] = [];
  return { ledger: new Ledger((message) => violations.push(message)), violations };
}

test('an exchange is in flight from its opening to its close, and then in its outcome', () => {
  const { ledger, violations } = books();
  const entry = ledger.open();
  assert.equal(ledger.inFlight, 1);
  assert.equal(ledger.totals().seen, 1);
  assert.deepEqual(ledger.totals().outcomes, {});
  entry.close('sampled_out');
  assert.equal(entry.outcome, 'sampled_out');
  assert.equal(ledger.inFlight, 0);
  assert.deepEqual(ledger.totals().outcomes, { sampled_out: 1 });
  assert.deepEqual(violations, []);
});

test('a second close is reported and changes no sum', () => {
  const { ledger, violations } = books();
  const entry = ledger.open();
  entry.markSent('shadow');
  entry.close('match');
  const before = ledger.totals();
  entry.close('mismatch');
  assert.deepEqual(ledger.totals(), before);
  assert.equal(entry.outcome, 'match');
  assert.deepEqual(violations, ['an exchange that ended as match ended again as mismatch']);
});

test('one request to the shadow is in flight until its exchange is closed', () => {
  const { ledger } = books();
  const entry = ledger.open();
  assert.equal(entry.markSent('shadow'), true);
  assert.equal(entry.target, 'shadow');
  assert.equal(ledger.shadowInFlight, 1);
  entry.close('shadow_timeout');
  assert.equal(ledger.shadowInFlight, 0);
});

test('an exchange is sent at most once: a second time is refused and reported', () => {
  const { ledger, violations } = books();
  const entry = ledger.open();
  entry.markSent('shadow');
  assert.equal(entry.markSent('shadow'), false);
  assert.equal(entry.markSent('control'), false);
  assert.equal(ledger.totals().shadow.sent, 1);
  assert.equal(ledger.totals().control.sent, 0);
  assert.deepEqual(violations, [
    'an exchange that was sent to the shadow was sent again to the shadow',
    'an exchange that was sent to the shadow was sent again to the control',
  ]);
});

test('an exchange that is over is not sent any more, which is no fault', () => {
  const { ledger, violations } = books();
  const entry = ledger.open();
  entry.close('live_aborted');
  assert.equal(entry.markSent('shadow'), false);
  assert.equal(ledger.totals().shadow.sent, 0);
  assert.deepEqual(violations, []);
});

test('what was sent is answered, failed or unpaired by its outcome', () => {
  const { ledger } = books();
  const outcomes = ['match', 'mismatch', 'incomparable', 'shadow_connect', 'shadow_reset'] as const;
  const unpaired = [
    'live_aborted',
    'live_incomplete',
    'local_reply',
    'shutdown',
    'internal',
  ] as const;
  for (const outcome of [...outcomes, ...unpaired]) {
    const entry = ledger.open();
    entry.markSent('shadow');
    entry.close(outcome);
  }
  assert.deepEqual(ledger.totals().shadow, {
    sent: 10,
    inFlight: 0,
    answered: 3,
    failed: 2,
    sentUnpaired: 5,
  });
});

test('an outcome of the shadow without a request to it is reported and breaks no equation', () => {
  const { ledger, violations } = books();
  ledger.open().close('match');
  ledger.open().close('shadow_reset');
  assert.equal(violations.length, 2);
  assert.deepEqual(ledger.balances(), { exchanges: true, shadow: true, control: true });
  assert.equal(ledger.totals().shadow.answered, 0);
});

test('what was sent to the control is in no number of the shadow, however it ends', () => {
  const { ledger, violations } = books();
  for (const [outcome, answered] of [
    ['control', true],
    ['control', true],
    ['control', false],
    ['live_aborted', false],
    ['shutdown', true],
  ] as const) {
    const entry = ledger.open();
    entry.markSent('control');
    assert.equal(ledger.shadowInFlight, 0);
    entry.close(outcome, answered);
  }
  const { shadow, control } = ledger.totals();
  assert.deepEqual(control, { sent: 5, inFlight: 0, answered: 2, failed: 1, sentUnpaired: 2 });
  assert.deepEqual(shadow, { sent: 0, inFlight: 0, answered: 0, failed: 0, sentUnpaired: 0 });
  assert.deepEqual(violations, []);
});

test('an outcome of the other target is reported and breaks no equation', () => {
  const { ledger, violations } = books();
  const toControl = ledger.open();
  toControl.markSent('control');
  toControl.close('match');
  const toShadow = ledger.open();
  toShadow.markSent('shadow');
  toShadow.close('control', true);
  assert.deepEqual(violations, [
    'an exchange ended as match although nothing was sent to the shadow',
    'an exchange ended as control although nothing was sent to the control',
  ]);
  assert.deepEqual(ledger.balances(), { exchanges: true, shadow: true, control: true });
  assert.equal(ledger.totals().shadow.answered + ledger.totals().control.answered, 0);
});

test('outcomes are counted by the route that the exchange has when it is closed', () => {
  const { ledger } = books();
  const first = ledger.open();
  assert.equal(first.route, unmatchedRoute);
  first.route = 'predict';
  first.close('sampled_out');
  ledger.open().close('route_unmatched');
  const second = ledger.open();
  second.route = 'predict';
  second.close('sampled_out');
  const rows: [string, string, number][] = [];
  ledger.forEach((...row) => rows.push(row));
  assert.deepEqual(rows, [
    ['predict', 'sampled_out', 2],
    ['~unmatched', 'route_unmatched', 1],
  ]);
});

test('totals are of their instant', () => {
  const { ledger } = books();
  const before = ledger.totals();
  const entry = ledger.open();
  entry.markSent('shadow');
  assert.equal(before.seen, 0);
  assert.equal(before.shadow.sent, 0);
});
