import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { TallyEntry } from '../../src/report/tally/entry.ts';
import { mergeTallies } from '../../src/report/tally/merge.ts';
import { readTally } from '../../src/report/tally/reading.ts';
import { emptyTally, exchangesOf, pairClasses, type Tally } from '../../src/report/tally.ts';
import { countSettings, experiment, tallyOf } from '../kit/tallies.ts';

const settings = {
  ...countSettings,
  thresholdMs: { p95: 40, p99: 80 },
  labels: () => ['setosa', '__proto__'],
};

const bit = fc.constantFrom<0 | 1>(0, 1);
const milliseconds = fc.oneof(
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.constantFrom(0, 40, 44, Number.POSITIVE_INFINITY),
);
const labels = fc.dictionary(
  fc.constantFrom('setosa', '__proto__', 'constructor', 'other'),
  fc.record({ live: fc.nat(5), shadow: fc.nat(5) }),
);

/** Every part may be missing; exact fractions of a batch, so that sums do not depend on their order. */
const entries: fc.Arbitrary<TallyEntry[]> = fc.array(
  fc.record(
    {
      route: fc.constantFrom('a', 'b', '__proto__'),
      at: fc.nat(1000),
      class: fc.constantFrom(...pairClasses),
      errors: fc.constantFrom<-1 | 0 | 1>(-1, 0, 1),
      contract: bit,
      mismatch: bit,
      coverage: bit,
      liveMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
      shadowMs: milliseconds,
      prediction: fc.record({ count: fc.integer({ min: 5, max: 8 }), labels }),
    },
    { requiredKeys: ['route', 'at', 'class'] },
  ),
  { maxLength: 60 },
);

test('the tallies of any parts add to the tally of the whole, in any order and grouping', () => {
  fc.assert(
    fc.property(entries, fc.array(fc.nat(3), { minLength: 60, maxLength: 60 }), (all, parts) => {
      const [a, b, c, d] = [0, 1, 2, 3].map((part) =>
        tallyOf(
          all.filter((_, index) => parts[index] === part),
          settings,
        ),
      ) as [Tally, Tally, Tally, Tally];
      const whole = tallyOf(all, settings);
      const left = mergeTallies(mergeTallies(mergeTallies(a, b), c), d);
      const right = mergeTallies(d, mergeTallies(c, mergeTallies(b, a)));
      for (const sum of [left, right]) assert.deepEqual(sum, whole);
    }),
    { numRuns: 60 },
  );
});

test('adding changes neither tally, and nothing added is nothing changed', () => {
  fc.assert(
    fc.property(entries, (all) => {
      const tally = tallyOf(all, settings);
      const before = structuredClone(JSON.parse(JSON.stringify(tally)));
      assert.deepEqual(mergeTallies(tally, emptyTally(experiment)), tally);
      mergeTallies(tally, tally);
      assert.deepEqual(JSON.parse(JSON.stringify(tally)), before);
    }),
    { numRuns: 40 },
  );
});

test('a tally that is written and read is the same, and its classes are all exchanges', () => {
  fc.assert(
    fc.property(entries, (all) => {
      const tally = tallyOf(all, settings);
      assert.deepEqual(readTally(JSON.stringify(tally)), tally);
      const counted = Object.values(tally.routes).map(exchangesOf);
      assert.equal(
        counted.reduce((sum, count) => sum + count, 0),
        all.length,
      );
    }),
    { numRuns: 40 },
  );
});

test('whatever a file holds, reading it throws nothing', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.equal(readTally(text), undefined);
    }),
  );
});
