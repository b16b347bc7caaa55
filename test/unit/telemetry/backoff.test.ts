import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Backoff } from '../../../src/telemetry/backoff.ts';

test('pauses double with each failed probe up to ten seconds, and a success ends them', () => {
  const backoff = new Backoff();
  let now = 0;
  const pauses: number[] = [];
  for (let probe = 0; probe < 6; probe += 1) {
    backoff.failed(now);
    assert.equal(backoff.state(now), 'paused');
    pauses.push(backoff.remainingMs(now));
    now += backoff.remainingMs(now);
    assert.equal(backoff.state(now), 'probing');
  }
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 10_000, 10_000]);
  backoff.succeeded();
  assert.equal(backoff.state(now), 'working');
  assert.equal(backoff.remainingMs(now), 0);
  backoff.failed(now);
  assert.equal(backoff.remainingMs(now), 1000);
});

test('failures during a pause do not lengthen it', () => {
  const backoff = new Backoff();
  backoff.failed(0);
  backoff.failed(1);
  backoff.failed(999);
  assert.equal(backoff.remainingMs(999), 1);
});
