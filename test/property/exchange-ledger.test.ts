import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { Ledger, type Entry } from '../../src/exchange/ledger.ts';
import { classOf, outcomes, type Outcome } from '../../src/exchange/outcome.ts';

type Step =
  | { readonly kind: 'open'; readonly route: string | undefined }
  | { readonly kind: 'send'; readonly which: number }
  | { readonly kind: 'close'; readonly which: number; readonly outcome: Outcome };

const which = fc.nat(30);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('open' as const),
      route: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
    }),
    fc.record({ kind: fc.constant('send' as const), which }),
    fc.record({
      kind: fc.constant('close' as const),
      which,
      outcome: fc.constantFrom(...outcomes),
    }),
  ),
  { maxLength: 80 },
);

test('the equations hold after every step, whatever is done to the books', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      let violations = 0;
      const ledger = new Ledger(() => {
        violations += 1;
      });
      const entries: Entry[] = [];
      let faults = 0;
      for (const step of sequence) {
        if (step.kind === 'open') {
          const entry = ledger.open();
          if (step.route !== undefined) entry.route = step.route;
          entries.push(entry);
        } else {
          const entry = entries[step.which];
          if (entry === undefined) continue;
          faults += faultOf(step, entry);
          if (step.kind === 'send') entry.markSent();
          else entry.close(step.outcome);
        }
        checkBooks(ledger, entries);
        assert.equal(violations, faults);
      }
    }),
    { numRuns: 300 },
  );
});

/** How many faults of ours the step is: what the ledger must report. */
function faultOf(step: Exclude<Step, { kind: 'open' }>, entry: Entry): 0 | 1 {
  if (step.kind === 'send') return entry.outcome === undefined && entry.sentToShadow ? 1 : 0;
  if (entry.outcome !== undefined) return 1;
  const needsShadow = ['compared', 'failed'].includes(classOf(step.outcome));
  return needsShadow && !entry.sentToShadow ? 1 : 0;
}

/** Recounts everything from the entries themselves. */
function checkBooks(ledger: Ledger, entries: readonly Entry[]): void {
  assert.deepEqual(ledger.balances(), { exchanges: true, shadow: true });
  const { seen, inFlight, outcomes: counted, shadow } = ledger.totals();
  assert.equal(seen, entries.length);
  assert.equal(inFlight, entries.filter((entry) => entry.outcome === undefined).length);
  const closed = entries.filter((entry) => entry.outcome !== undefined);
  assert.deepEqual(counted, Object.fromEntries(countBy(closed.map((entry) => entry.outcome!))));
  const sent = entries.filter((entry) => entry.sentToShadow);
  assert.equal(shadow.sent, sent.length);
  assert.equal(shadow.inFlight, sent.filter((entry) => entry.outcome === undefined).length);
  const rows: string[] = [];
  ledger.forEach((route, outcome, count) => rows.push(`${route} ${outcome} ${count}`));
  const expected = countBy(closed.map((entry) => `${entry.route} ${entry.outcome}`));
  assert.deepEqual(rows.sort(), [...expected].map(([key, count]) => `${key} ${count}`).sort());
}

function countBy<Key>(keys: readonly Key[]): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
