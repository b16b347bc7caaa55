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
  entry.markSent();
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
  assert.equal(entry.markSent(), true);
  assert.equal(entry.sentToShadow, true);
  assert.equal(ledger.shadowInFlight, 1);
  entry.close('shadow_timeout');
  assert.equal(ledger.shadowInFlight, 0);
});

test('an exchange is sent at most once: a second time is refused and reported', () => {
  const { ledger, violations } = books();
  const entry = ledger.open();
  entry.markSent();
  assert.equal(entry.markSent(), false);
  assert.equal(ledger.totals().shadow.sent, 1);
  assert.deepEqual(violations, ['an exchange was sent to the shadow twice']);
});

test('an exchange that is over is not sent any more, which is no fault', () => {
  const { ledger, violations } = books();
  const entry = ledger.open();
  entry.close('live_aborted');
  assert.equal(entry.markSent(), false);
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
    entry.markSent();
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
  assert.deepEqual(ledger.balances(), { exchanges: true, shadow: true });
  assert.equal(ledger.totals().shadow.answered, 0);
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
  entry.markSent();
  assert.equal(before.seen, 0);
  assert.equal(before.shadow.sent, 0);
});
