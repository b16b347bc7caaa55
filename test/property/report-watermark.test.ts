import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { Watermark, type Place } from '../../src/report/tally/watermark.ts';
import { createManualClock } from '../kit/manual-clock.ts';

type Step =
  | { readonly kind: 'open' }
  | { readonly kind: 'settle'; readonly which: number; readonly counts: boolean }
  | { readonly kind: 'wait'; readonly ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.constant<Step>({ kind: 'open' }),
    fc.record({ kind: fc.constant('settle' as const), which: fc.nat(50), counts: fc.boolean() }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(300) }),
  ),
  { maxLength: 200 },
);

test('every exchange is told at most once, in the order of dispatch, and what waits is bounded', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 12 }), (all, maxWaiting) => {
      const clock = createManualClock();
      const told: number[] = [];
      const watermark = new Watermark<number, string>({
        clock,
        maxAgeMs: 1000,
        maxWaiting,
        release: (key) => told.push(key),
        lose: (key) => told.push(key),
      });
      const places: Place<string>[] = [];
      const uncounted = new Set<number>();
      for (const step of all) {
        if (step.kind === 'open') places.push(watermark.open(places.length));
        else if (step.kind === 'wait') clock.advance(step.ms);
        else {
          places[step.which]?.settle(step.counts ? 'x' : undefined);
          if (!step.counts) uncounted.add(step.which);
        }
        assert.ok(watermark.waiting <= maxWaiting);
      }
      clock.advance(1001);
      watermark.advance();
      assert.equal(watermark.waiting, 0);
      assert.deepEqual(
        told,
        told.toSorted((one, other) => one - other),
      );
      assert.equal(new Set(told).size, told.length);
      const missing = places.map((_, key) => key).filter((key) => !told.includes(key));
      assert.ok(missing.every((key) => uncounted.has(key)));
    }),
  );
});
