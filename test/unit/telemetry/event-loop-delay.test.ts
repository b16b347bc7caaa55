import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as timer } from 'node:timers/promises';

import { monitorDelay } from '../../../src/telemetry/event-loop-delay.ts';

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('a blocked event loop shows in the largest delay, in seconds, and each reading starts anew', async (context) => {
  const monitor = monitorDelay();
  context.after(() => monitor.stop());
  // Node measures between two runs of a timer, so a block shows once the timer ran before and after it.
  for (let attempt = 0; attempt < 50; attempt += 1) {
    block(60);
    await timer(1);
    const delay = monitor.read();
    if (delay === undefined || delay.max < 0.04) continue;
    assert.ok(delay.max < 10, 'seconds, not milliseconds');
    assert.ok(delay.max >= delay.p99 && delay.p99 >= delay.p50 && delay.p50 >= 0);
    assert.equal(monitor.read(), undefined);
    return;
  }
  assert.fail('no reading showed the block');
});
