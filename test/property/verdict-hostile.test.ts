/**
 * Whoever wants a promotion that is not due cannot get it by counts: by any that could be in a tally, by leaving out
 * some of true ones, or by an order in which they come.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { TallyEntry } from '../../src/report/tally/entry.ts';
import { addValue, emptyTally, routeTally, type Tally } from '../../src/report/tally.ts';
import { decide } from '../../src/verdict/decision.ts';
import { judgedRoutes } from '../../src/verdict/judged-routes.ts';
import { gateNames } from '../../src/verdict/settings.ts';
import {
  countSettings,
  defaultMargins,
  experiment,
  settingsWith,
  tallyOf,
} from '../kit/tallies.ts';

const latency = { threshold: { p95: 0.1, p99: 0.2 } };
const cells = ['errors', 'contract', 'mismatch', 'latency_p95', 'latency_p99', 'coverage'] as const;
const shares = new Set(['contract', 'mismatch', 'coverage']);
const settings = settingsWith({ latency });
const predicting = settingsWith({ mode: 'noninferior', latency }, [
  {
    name: 'predict',
    prediction: { labels: ['a', 'b'] },
    verdict: { margins: { mismatch: null } },
  },
]);

const anyCount = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.nat(20_000) },
  fc.constantFrom(-1, -1e9, 0.5, 1e15, 1e308, Number.NaN, Number.POSITIVE_INFINITY),
);
const likelyCounts = fc
  .tuple(fc.nat(3), fc.constantFrom(0, 900, 6000, 20_000), fc.nat(300))
  .map(([less, same, more]) => {
    const counts = Array.from({ length: 21 }, () => 0);
    [counts[0], counts[10], counts[20]] = [less, same, more];
    return counts;
  });
const anyCounts = fc.oneof(
  { weight: 3, arbitrary: likelyCounts },
  fc.array(anyCount, { minLength: 21, maxLength: 21 }),
  fc.constant<number[]>([]),
);
const cellNames = [
  ...cells,
  'quality',
  'prediction_drift/a',
  'prediction_drift/b',
  'prediction_drift~other',
  'prediction_drift~score',
];
/** Of so many pairs, as all cells could have them; each a little bad, and one of them perhaps as it likes. */
const plausible = fc
  .tuple(
    fc.constantFrom(900, 6000, 20_000),
    fc.dictionary(fc.constantFrom(...cellNames), fc.nat(40)),
    fc.option(fc.tuple(fc.constantFrom(...cellNames), anyCounts), { nil: undefined }),
  )
  .map(([pairs, bad, other]) => {
    const entries = cellNames.map((name): [string, number[]] => {
      const counts = Array.from({ length: 21 }, () => 0);
      // What is not covered was not answered, so it is beside the pairs.
      counts[10] = name === 'coverage' ? pairs : pairs - (bad[name] ?? 0);
      counts[20] = bad[name] ?? 0;
      return [name, counts];
    });
    return { ...Object.fromEntries(entries), ...(other && { [other[0]]: other[1] }) };
  });
const anyCells = fc.dictionary(fc.constantFrom(...cellNames), anyCounts, { maxKeys: 11 });

function tallyWith(routes: Readonly<Record<string, Record<string, number[]>>>): Tally {
  const tally = emptyTally(experiment);
  for (const [name, own] of Object.entries(routes)) {
    Object.assign(routeTally(tally, name).cells, own);
  }
  return tally;
}

test('whatever is counted, a promotion means that every gate has counts that can be true and a mean within', () => {
  let promotions = 0;
  fc.assert(
    fc.property(
      fc.oneof(anyCells, plausible, plausible),
      fc.option(anyCells, { nil: undefined }),
      fc.constantFrom(settings, predicting),
      fc.constantFrom(0, 1, 2, Number.NaN),
      (own, unknown, held, attempt) => {
        const tally = tallyWith({
          predict: own,
          ...(unknown && { unknown }),
        });
        tally.attempt = attempt;
        const decision = decide(tally, held, 1000);
        if (decision.state !== 'promote') return;
        promotions += 1;
        for (const route of judgedRoutes(tally, held)) {
          assert.ok(route.comparable >= 1000);
          for (const gate of gateNames) {
            const margin = route.margins[gate];
            const gates = decision.gates.filter(
              (each) => each.id === gate && each.route === route.name,
            );
            if (margin === undefined || gate === 'quality') continue;
            assert.ok(gates.length > 0, gate);
            for (const { counts } of gates) {
              const total = counts.reduce((sum, [, count]) => sum + count, 0);
              const mean = counts.reduce((sum, [value, count]) => sum + value * count, 0) / total;
              assert.ok(total > 100 && mean < margin, `${gate}: ${mean} of ${total}`);
              for (const [value, count] of counts) {
                assert.ok(count > 0 && Number.isFinite(count));
                assert.ok(value >= (shares.has(gate) ? 0 : -1));
              }
            }
          }
        }
      },
    ),
    { numRuns: 1500, seed: 6 },
  );
  assert.ok(promotions > 0, 'none was promoted, so nothing was tried');
});

/** Counts as they are of 20,000 exchanges, of which so many each are bad in one way. */
function truth(bad: Readonly<Record<'errors' | 'contract' | 'mismatch', number>>): Tally {
  const tally = emptyTally(experiment);
  const route = routeTally(tally, 'predict');
  const compared = 20_000 - bad.errors;
  addValue(route, 'errors', 1, bad.errors);
  addValue(route, 'errors', 0, compared);
  addValue(route, 'coverage', 0, 20_000);
  addValue(route, 'contract', 1, bad.contract);
  addValue(route, 'contract', 0, compared - bad.contract);
  addValue(route, 'mismatch', 1, bad.contract + bad.mismatch);
  addValue(route, 'mismatch', 0, compared - bad.contract - bad.mismatch);
  addValue(route, 'latency_p95', 0, 20_000);
  addValue(route, 'latency_p99', 0, 20_000);
  return tally;
}

test('a shadow that is beyond a margin is not promoted by leaving out counts of errors, contracts or differences', () => {
  assert.equal(
    decide(truth({ errors: 10, contract: 2, mismatch: 20 }), settings, 1000).state,
    'promote',
  );
  const bad = fc.constantFrom(
    { errors: 400, contract: 0, mismatch: 0 },
    { errors: 0, contract: 60, mismatch: 0 },
    { errors: 0, contract: 0, mismatch: 600 },
    { errors: 100, contract: 20, mismatch: 200 },
  );
  const left = fc.record({
    cell: fc.constantFrom('errors', 'contract', 'mismatch'),
    index: fc.constantFrom(10, 20),
    share: fc.constantFrom(0, 0.5),
  });
  fc.assert(
    fc.property(bad, fc.array(left, { minLength: 1, maxLength: 2 }), (how, all) => {
      const tally = truth(how);
      for (const { cell, index, share } of all) {
        const counts = tally.routes['predict']!.cells[cell]!;
        counts[index] = Math.floor(counts[index]! * share);
      }
      // What is left out twice in the same way cannot be told from what never was.
      const isTold = all.length === 1 || new Set(all.map(({ cell }) => cell)).size === 1;
      if (isTold) assert.notEqual(decide(tally, settings, 1000).state, 'promote');
    }),
    { numRuns: 300, seed: 6 },
  );
});

test('no gate is passed by a single route without counts for it', () => {
  for (const missing of cells) {
    const tally = truth({ errors: 0, contract: 0, mismatch: 0 });
    delete tally.routes['predict']!.cells[missing];
    assert.notEqual(decide(tally, settings, 1000).state, 'promote', missing);
    assert.ok(defaultMargins[missing] > 0);
  }
});

test('what is counted of true exchanges, in any mixture, never contradicts itself', () => {
  const good = { route: 'predict', at: 0, class: 'equal', liveMs: 10, shadowMs: 10 } as const;
  const never = { liveMs: 10, shadowMs: Number.POSITIVE_INFINITY };
  const { liveMs: _live, shadowMs: _shadow, ...unsent } = good;
  // As `tallyEntryOf` makes them.
  const ends: readonly TallyEntry[] = [
    { ...good, errors: 0, contract: 0, mismatch: 0, coverage: 0 },
    { ...good, errors: 0, contract: 0, mismatch: 1, coverage: 0 },
    { ...good, errors: 0, contract: 1, mismatch: 1, coverage: 0 },
    { ...good, errors: 1, coverage: 0 },
    { ...good, errors: -1, coverage: 0 },
    { ...good, errors: 0, coverage: 1 },
    { ...good, errors: 0, contract: 1, coverage: 1 },
    { ...good, errors: 0 },
    { ...good, errors: 0, contract: 1 },
    { ...good, ...never, errors: 1, coverage: 0 },
    { ...unsent, errors: 1 },
    { ...unsent, coverage: 1 },
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...ends), { maxLength: 60 }), (all) => {
      const tally = tallyOf(all, { ...countSettings, thresholdMs: { p95: 100, p99: 200 } });
      const decision = decide(tally, settings, 1000);
      assert.ok(!(decision.state === 'hold' && decision.hold === 'conflict'));
    }),
    { numRuns: 300, seed: 6 },
  );
});
