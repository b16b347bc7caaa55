import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { watchLoopDelay, type LoopDelay } from '../../../src/base/loop-delay.ts';
import { createManualClock, type ManualClock } from '../../kit/manual-clock.ts';

/** The watch on a clock of the test; the interval behind it turns only when the test says so. */
function watch(t: TestContext): { clock: ManualClock; loopDelay: LoopDelay; turn(): void } {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const clock = createManualClock();
  const loopDelay = watchLoopDelay(clock);
  t.after(() => loopDelay.stop());
  return { clock, loopDelay, turn: () => t.mock.timers.tick(20) };
}

test('a loop that turns in time is not late', (t) => {
  const { clock, loopDelay, turn } = watch(t);
  for (let count = 0; count < 5; count += 1) {
    clock.advance(20);
    turn();
    assert.equal(loopDelay.current(), 0);
  }
});

test('a loop that is blocked is late from its due turn on, before it turns again', (t) => {
  const { clock, loopDelay } = watch(t);
  clock.advance(20);
  assert.equal(loopDelay.current(), 0);
  clock.advance(300);
  assert.equal(loopDelay.current(), 300);
});

test('what was blocked is told until the next turn in time', (t) => {
  const { clock, loopDelay, turn } = watch(t);
  clock.advance(320);
  turn();
  assert.equal(loopDelay.current(), 300);
  clock.advance(19);
  assert.equal(loopDelay.current(), 300);
  clock.advance(1);
  turn();
  assert.equal(loopDelay.current(), 0);
});

test('the delay is never negative', (t) => {
  const { clock, loopDelay, turn } = watch(t);
  clock.advance(5);
  assert.equal(loopDelay.current(), 0);
  turn();
  assert.equal(loopDelay.current(), 0);
});
