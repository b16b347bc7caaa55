import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Breaker, type BreakerState, type Permit } from '../../../src/shadow/breaker.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

function startBreaker() {
  const clock = createManualClock();
  const changes: BreakerState[] = [];
  const breaker = new Breaker({
    failures: 3,
    windowMs: 1000,
    openMs: 500,
    clock,
    onChange: (state) => changes.push(state),
  });
  return { breaker, clock, changes };
}

/** Lets a request through that must be. */
function acquired(breaker: Breaker): Permit {
  const permit = breaker.acquire();
  assert.notEqual(permit, undefined);
  return permit!;
}

function fail(breaker: Breaker, times: number): void {
  for (let count = 0; count < times; count += 1) breaker.onFailure(acquired(breaker));
}

describe('a closed circuit', () => {
  it('lets everything through', () => {
    const { breaker } = startBreaker();
    assert.equal(breaker.state, 'closed');
    assert.ok(breaker.permits());
    for (const _ of [1, 2, 3, 4]) acquired(breaker);
  });

  it('opens at so many failures within the window, whatever succeeds between them', () => {
    const { breaker, changes } = startBreaker();
    fail(breaker, 2);
    breaker.onSuccess(acquired(breaker));
    assert.equal(breaker.state, 'closed');
    fail(breaker, 1);
    assert.equal(breaker.state, 'open');
    assert.deepEqual(changes, ['open']);
  });

  it('forgets failures that are older than the window', () => {
    const { breaker, clock } = startBreaker();
    fail(breaker, 2);
    clock.advance(1000);
    fail(breaker, 2);
    assert.equal(breaker.state, 'closed');
    clock.advance(999);
    fail(breaker, 1);
    assert.equal(breaker.state, 'open');
  });

  it('does not mind what was cancelled', () => {
    const { breaker } = startBreaker();
    fail(breaker, 2);
    for (const _ of [1, 2, 3]) breaker.onCancelled(acquired(breaker));
    assert.equal(breaker.state, 'closed');
  });
});

describe('an open circuit', () => {
  it('lets nothing through until its time is over', () => {
    const { breaker, clock } = startBreaker();
    fail(breaker, 3);
    clock.advance(499);
    assert.ok(!breaker.permits());
    assert.equal(breaker.acquire(), undefined);
    clock.advance(1);
    assert.ok(breaker.permits());
  });

  it('is not changed by asking', () => {
    const { breaker, clock, changes } = startBreaker();
    fail(breaker, 3);
    clock.advance(500);
    for (const _ of [1, 2, 3]) assert.ok(breaker.permits());
    assert.equal(breaker.state, 'open');
    assert.deepEqual(changes, ['open']);
  });

  it('ignores what was sent before it opened', () => {
    const { breaker, clock } = startBreaker();
    const earlier = [acquired(breaker), acquired(breaker), acquired(breaker)] as const;
    fail(breaker, 3);
    clock.advance(499);
    breaker.onSuccess(earlier[0]);
    breaker.onFailure(earlier[1]);
    breaker.onCancelled(earlier[2]);
    assert.equal(breaker.state, 'open');
    clock.advance(1);
    assert.ok(breaker.permits());
  });
});

describe('a half-open circuit', () => {
  function halfOpen() {
    const started = startBreaker();
    const { breaker, clock } = started;
    const earlier = [acquired(breaker), acquired(breaker), acquired(breaker)] as const;
    fail(breaker, 3);
    clock.advance(500);
    const probe = acquired(breaker);
    assert.equal(breaker.state, 'half_open');
    return { ...started, earlier, probe };
  }

  it('lets one probe through', () => {
    const { breaker } = halfOpen();
    assert.ok(!breaker.permits());
    assert.equal(breaker.acquire(), undefined);
  });

  it('closes when the probe is answered, with no failure remembered', () => {
    const { breaker, probe, changes } = halfOpen();
    breaker.onSuccess(probe);
    assert.equal(breaker.state, 'closed');
    fail(breaker, 2);
    assert.equal(breaker.state, 'closed');
    assert.deepEqual(changes, ['open', 'half_open', 'closed']);
  });

  it('opens for the whole time again when the probe fails', () => {
    const { breaker, clock, probe } = halfOpen();
    breaker.onFailure(probe);
    assert.equal(breaker.state, 'open');
    clock.advance(499);
    assert.ok(!breaker.permits());
    clock.advance(1);
    acquired(breaker);
  });

  it('takes a probe back that was cancelled, and lets the next request be it', () => {
    const { breaker, probe, changes } = halfOpen();
    breaker.onCancelled(probe);
    assert.equal(breaker.state, 'half_open');
    assert.ok(breaker.permits());
    acquired(breaker);
    assert.equal(breaker.acquire(), undefined);
    assert.deepEqual(changes, ['open', 'half_open']);
  });

  it('waits for its probe, whatever comes of requests from before it opened', () => {
    const { breaker, earlier, probe, changes } = halfOpen();
    breaker.onSuccess(earlier[0]);
    breaker.onFailure(earlier[1]);
    breaker.onCancelled(earlier[2]);
    assert.equal(breaker.state, 'half_open');
    assert.equal(breaker.acquire(), undefined);
    breaker.onSuccess(probe);
    assert.deepEqual(changes, ['open', 'half_open', 'closed']);
  });

  it('has closed without the failures of requests from before it opened', () => {
    const { breaker, earlier, probe } = halfOpen();
    breaker.onSuccess(probe);
    for (const permit of earlier) breaker.onFailure(permit);
    assert.equal(breaker.state, 'closed');
  });
});
