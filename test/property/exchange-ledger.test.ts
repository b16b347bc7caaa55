import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { Ledger, type Entry } from '../../src/exchange/ledger.ts';
import { classOf, outcomes, type Outcome } from '../../src/exchange/outcome.ts';

type Step =
  | { readonly kind: 'open'; readonly route: string | undefined }
  | { readonly kind: 'send'; readonly which: number; readonly target: 'shadow' | 'control' }
  | {
      readonly kind: 'close';
      readonly which: number;
      readonly outcome: Outcome;
      readonly answered: boolean;
    };

const which = fc.nat(30);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('open' as const),
      route: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
    }),
    fc.record({
      kind: fc.constant('send' as const),
      which,
      target: fc.constantFrom('shadow', 'control'),
    }),
    fc.record({
      kind: fc.constant('close' as const),
      which,
      outcome: fc.constantFrom(...outcomes),
      answered: fc.boolean(),
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
      /** Exchanges that ended as `control`, properly, with an answer. */
      let controlAnswered = 0;
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
          if (step.kind === 'send') entry.markSent(step.target);
          else {
            const ends = entry.outcome === undefined && entry.target === 'control';
            if (ends && step.outcome === 'control' && step.answered) controlAnswered += 1;
            entry.close(step.outcome, step.answered);
          }
        }
        checkBooks(ledger, entries);
        assert.equal(ledger.totals().control.answered, controlAnswered);
        assert.equal(violations, faults);
      }
    }),
    { numRuns: 300 },
  );
});

/** How many faults of ours the step is: what the ledger must report. */
function faultOf(step: Exclude<Step, { kind: 'open' }>, entry: Entry): 0 | 1 {
  if (step.kind === 'send') {
    return entry.outcome === undefined && entry.target !== undefined ? 1 : 0;
  }
  if (entry.outcome !== undefined) return 1;
  const needed = targetOf(step.outcome);
  return needed !== undefined && needed !== entry.target ? 1 : 0;
}

/** Where an exchange was sent that ended like this, as far as that tells. */
function targetOf(outcome: Outcome): 'shadow' | 'control' | undefined {
  if (outcome === 'control') return 'control';
  return ['compared', 'failed'].includes(classOf(outcome)) ? 'shadow' : undefined;
}

/** Recounts everything from the entries themselves. */
function checkBooks(ledger: Ledger, entries: readonly Entry[]): void {
  assert.deepEqual(ledger.balances(), { exchanges: true, shadow: true, control: true });
  const { seen, inFlight, outcomes: counted, ...sides } = ledger.totals();
  assert.equal(seen, entries.length);
  assert.equal(inFlight, entries.filter((entry) => entry.outcome === undefined).length);
  const closed = entries.filter((entry) => entry.outcome !== undefined);
  assert.deepEqual(counted, Object.fromEntries(countBy(closed.map((entry) => entry.outcome!))));
  for (const target of ['shadow', 'control'] as const) {
    const sent = entries.filter((entry) => entry.target === target);
    const over = sent.filter(({ outcome }) => outcome !== undefined);
    const paired = over.filter(({ outcome }) => targetOf(outcome!) === target);
    const side = sides[target];
    assert.equal(side.sent, sent.length);
    assert.equal(side.inFlight, sent.length - over.length);
    assert.equal(side.answered + side.failed, paired.length);
    assert.equal(side.sentUnpaired, over.length - paired.length);
  }
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
