import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { Breaker, type Permit } from '../../src/shadow/breaker.ts';
import { createManualClock } from '../kit/manual-clock.ts';

/** A request on its way: what it was let through by, and after how many changes of state. */
interface Sent {
  readonly permit: Permit;
  readonly era: number;
}

const results = ['onSuccess', 'onFailure', 'onCancelled'] as const;
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('send' as const) }),
    fc.record({
      kind: fc.constant('end' as const),
      which: fc.nat(),
      how: fc.constantFrom(...results),
    }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 100, max: 400 }) }),
  ),
  { minLength: 40, maxLength: 80 },
);

test('a result changes no state but the one that let its request through, and one probe is out at a time', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const clock = createManualClock();
      let era = 0;
      const start = () =>
        new Breaker({
          failures: 2,
          windowMs: 1000,
          openMs: 300,
          clock,
          onChange: () => (era += 1),
        });
      const breaker = start();
      const onItsWay: Sent[] = [];
      for (const step of taken) {
        if (step.kind === 'wait') {
          clock.advance(step.ms);
        } else if (step.kind === 'send') {
          const permit = breaker.acquire();
          if (permit === undefined) continue;
          if (breaker.state === 'half_open') {
            assert.ok(
              onItsWay.every((other) => other.era !== era),
              'a second probe',
            );
          }
          onItsWay.push({ permit, era });
        } else if (onItsWay.length > 0) {
          const [sent] = onItsWay.splice(step.which % onItsWay.length, 1);
          const before = { state: breaker.state, permits: breaker.permits(), era };
          breaker[step.how](sent!.permit);
          const after = { state: breaker.state, permits: breaker.permits(), era };
          if (sent!.era !== before.era) assert.deepEqual(after, before);
        }
      }
    }),
    { numRuns: 500 },
  );
});
