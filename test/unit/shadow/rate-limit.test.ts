import assert from 'node:assert/strict';
import { it } from 'node:test';

import { RateLimit } from '../../../src/shadow/rate-limit.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

/** How many of `attempts` get through at this instant. */
function taken(limit: RateLimit, attempts: number): number {
  let count = 0;
  for (let attempt = 0; attempt < attempts; attempt += 1) if (limit.take()) count += 1;
  return count;
}

it('lets a burst of one second through, then the rate', () => {
  const clock = createManualClock();
  const limit = new RateLimit({ ratePerSecond: 10, clock });
  assert.equal(taken(limit, 100), 10);
  clock.advance(100);
  assert.equal(taken(limit, 100), 1);
  clock.advance(60_000);
  assert.equal(taken(limit, 100), 10);
});

it('lets everything through at rate 0', () => {
  const limit = new RateLimit({ ratePerSecond: 0, clock: createManualClock() });
  assert.equal(taken(limit, 1000), 1000);
  assert.ok(limit.permits());
});

it('lets single requests through at a rate below one a second', () => {
  const clock = createManualClock();
  const limit = new RateLimit({ ratePerSecond: 0.5, clock });
  assert.equal(taken(limit, 10), 1);
  clock.advance(1999);
  assert.equal(taken(limit, 10), 0);
  clock.advance(1);
  assert.equal(taken(limit, 10), 1);
});

it('takes nothing when it is only asked', () => {
  const limit = new RateLimit({ ratePerSecond: 1, clock: createManualClock() });
  for (const _ of [1, 2, 3]) assert.ok(limit.permits());
  assert.ok(limit.take());
  assert.ok(!limit.permits());
});

it('takes a new rate: what is left stays, up to the new burst', () => {
  const clock = createManualClock();
  const limit = new RateLimit({ ratePerSecond: 10, clock });
  limit.ratePerSecond = 4;
  assert.equal(taken(limit, 100), 4);
  limit.ratePerSecond = 10;
  assert.equal(taken(limit, 100), 0);
  clock.advance(1000);
  assert.equal(taken(limit, 100), 10);
});

it('starts a limit that was off with a full burst', () => {
  const limit = new RateLimit({ ratePerSecond: 0, clock: createManualClock() });
  assert.equal(taken(limit, 50), 50);
  limit.ratePerSecond = 5;
  assert.equal(limit.ratePerSecond, 5);
  assert.equal(taken(limit, 50), 5);
});
