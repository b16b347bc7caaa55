import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { sumTally } from '../../../src/fleet/fleet-tally.ts';
import type { TallyEntry } from '../../../src/report/tally/entry.ts';
import { gridValue, valuesOf } from '../../../src/report/tally.ts';
import { goodRow, type Row } from '../../kit/prometheus-double.ts';
import { entry, experiment, tallyOf } from '../../kit/tallies.ts';

function summed(row: Row): ReturnType<typeof sumTally> {
  return sumTally(
    experiment,
    Object.entries(row).map(([key, count]) => {
      const [route = '', gate = '', value = ''] = key.split(' ');
      return [{ experiment: experiment.id, route, gate, value }, count] as const;
    }),
  );
}

const codes = (row: Row): string[] => summed(row).doubts.map(({ code }) => code);

test('every value of every gate finds its place again', () => {
  for (let index = 0; index < 21; index += 1) {
    const value = gridValue(index);
    const { tally } = summed({ [`r quality ${value}`]: 3.5 });
    assert.deepEqual(valuesOf(tally.routes['r'], 'quality'), [[value, 3.5]]);
  }
});

test('a gate or a value that nobody counts is in doubt', () => {
  for (const key of [
    'r error 0',
    'r prediction_drift/ 0',
    'r errors 0.05',
    'r errors 2',
    'r errors -0',
    'r errors 1.0',
    'r errors x',
    'r errors 1e0',
    'r errors NaN',
  ]) {
    assert.deepEqual(codes({ [key]: 1 }), ['counts_unknown'], key);
  }
  for (const gate of [
    'prediction_drift/setosa',
    'prediction_drift~other',
    'prediction_drift~score',
  ]) {
    assert.deepEqual(codes({ 'r errors 0': 1, [`r ${gate} -0.3`]: 1 }), []);
  }
});

test('sums that cannot be true are in doubt', () => {
  const good = goodRow(1000, 10, 'r');
  assert.deepEqual(codes(good), []);
  const lies: Record<string, Row> = {
    'errors are missing': { ...good, 'r errors 0': 0, 'r errors 1': 0 },
    'a value of errors is missing': { ...good, 'r errors 0': 0 },
    'contract is missing': { ...good, 'r contract 0': 0 },
    'coverage is missing': { ...good, 'r coverage 0': 0 },
    'mismatch is too high': { ...good, 'r mismatch 0': 1001 },
    'mismatch is a little too high': { ...good, 'r mismatch 0': 991 },
    'latency is too high': { ...good, 'r latency_p95 1': 1 },
    'drift is too high': { ...good, 'r prediction_drift/a 0': 1001 },
    'more was covered than answered': { ...good, 'r coverage 0': 1001 },
  };
  for (const [what, row] of Object.entries(lies)) {
    assert.deepEqual(codes(row), ['counts_contradict'], what);
  }
});

test('what twinspan really counts is never in doubt', () => {
  const anyEntry = fc.constantFrom(
    entry(),
    entry({ class: 'value_diff', mismatch: 1 }),
    entry({ class: 'contract_diff', mismatch: 1, contract: 1 }),
    only({ class: 'dropped', coverage: 1 }),
    only({ class: 'circuit_open', errors: 1 }),
    only({ class: 'shadow_timeout', errors: 1, coverage: 0, liveMs: 5, shadowMs: Infinity }),
    only({ class: 'incomparable', errors: 0, coverage: 1, contract: 1, liveMs: 5, shadowMs: 5 }),
    only({ class: 'conditional', errors: 0, liveMs: 5, shadowMs: 5 }),
    only({ class: 'both_error_equal', errors: 0, coverage: 0, liveMs: 5, shadowMs: 5 }),
    only({ class: 'live_error_only', errors: -1, coverage: 0, liveMs: 5, shadowMs: 5 }),
  );
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 50 }), (entries) => {
      const row: Record<string, number> = {};
      const settings = { slower: 0.1, thresholdMs: { p95: 4, p99: 9 }, labels: () => [] };
      const counted = tallyOf(entries, settings);
      for (const [route, { cells }] of Object.entries(counted.routes)) {
        for (const gate of Object.keys(cells)) {
          for (const [value, count] of valuesOf(counted.routes[route], gate)) {
            row[`${route} ${gate} ${value}`] = count;
          }
        }
      }
      const { tally, doubts } = summed(row);
      assert.deepEqual(doubts, []);
      for (const [route, { cells }] of Object.entries(counted.routes)) {
        assert.deepEqual({ ...tally.routes[route]!.cells }, { ...cells });
      }
    }),
  );
});

/** An entry that has nothing but what is said. */
function only(parts: Omit<TallyEntry, 'route' | 'at'>): TallyEntry {
  return { route: 'predict', at: 0, ...parts };
}
