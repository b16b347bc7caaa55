import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { FairRate } from '../../src/telemetry/sampling.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const arrivals = fc.array(
  fc.record({ kind: fc.nat(6), afterMs: fc.oneof(fc.nat(3), fc.nat(400)) }),
  { maxLength: 300 },
);

test('in no second are more admitted than the limit, whatever comes when', () => {
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 1, max: 60 }), (all, limit) => {
      const clock = createManualClock();
      const rate = new FairRate(clock);
      const admitted: number[] = [];
      for (const { kind, afterMs } of all) {
        clock.advance(afterMs);
        if (rate.admit(String(kind), limit)) admitted.push(clock.now());
      }
      for (let first = 0; first + limit < admitted.length; first += 1) {
        assert.ok(admitted[first + limit]! - admitted[first]! >= 1000);
      }
    }),
  );
});

test('below a fifth of the limit a lone kind is admitted whole, however many others flood beside it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 20, max: 100 }),
      (floods, limit) => {
        const clock = createManualClock();
        const rate = new FairRate(clock);
        let refused = 0;
        // The share that n floods leave free is 1/(4n+1); the rare kind takes half of it.
        const everyMs = Math.ceil((1000 * 2 * (4 * floods + 1)) / limit);
        for (let ms = 0; ms < 5000; ms += 1) {
          for (let flood = 0; flood < floods; flood += 1) rate.admit(`flood ${flood}`, limit);
          if (ms % everyMs === everyMs - 1 && !rate.admit('rare', limit)) refused += 1;
          clock.advance(1);
        }
        assert.equal(refused, 0);
      },
    ),
    { numRuns: 30 },
  );
});
