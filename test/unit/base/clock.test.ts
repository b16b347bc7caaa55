import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

import { systemClock } from '../../../src/base/clock.ts';

test('the monotonic clock never goes back and the wall clock is that of the system', () => {
  let before = systemClock.now();
  for (let count = 0; count < 1000; count += 1) {
    const now = systemClock.now();
    assert.ok(now >= before);
    before = now;
  }
  const earliest = Date.now();
  const wall = systemClock.wallNow();
  assert.ok(wall >= earliest && wall <= Date.now());
});

test('a timer fires once, and not before its time', async () => {
  const startedAt = performance.now();
  let fired = 0;
  await new Promise<void>((resolve) => {
    systemClock.setTimer(5, () => {
      fired += 1;
      resolve();
    });
    // Timers of the clock keep no process alive, this one does.
    const alive = setInterval(() => fired > 0 && clearInterval(alive), 1);
  });
  assert.equal(fired, 1);
  // Node rounds to whole milliseconds of its own loop time.
  assert.ok(performance.now() - startedAt >= 4);
});

test('a timer that is cleared never fires', async () => {
  let fired = false;
  const timer = systemClock.setTimer(1, () => {
    fired = true;
  });
  timer.clear();
  await new Promise((resolve) => setTimeout(resolve, 2));
  assert.equal(fired, false);
});

test('a waiting timer does not keep the process alive', async () => {
  const clock = new URL('../../../src/base/clock.ts', import.meta.url).href;
  const program = `import { systemClock } from '${clock}'; systemClock.setTimer(3_600_000, () => {});`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0);
});
