/** A clock that stands still until a test moves it. Timers fire in the order of their time. */
import type { Clock } from '../../../src/base/clock.ts';

export interface ManualClock extends Clock {
  /** Moves the time on and fires what is due. */
  advance(byMs: number): void;
  /** How many timers wait. */
  readonly timers: number;
}

export function createManualClock(): ManualClock {
  const waiting = new Set<{ at: number; fire: () => void }>();
  let now = 1000;
  return {
    now: () => now,
    wallNow: () => 1_700_000_000_000 + now,
    setTimer(delayMs, fire) {
      const timer = { at: now + delayMs, fire };
      waiting.add(timer);
      return { clear: () => waiting.delete(timer) };
    },
    advance(byMs) {
      now += byMs;
      const due = [...waiting].filter((timer) => timer.at <= now).sort((a, b) => a.at - b.at);
      for (const timer of due) {
        if (waiting.delete(timer)) timer.fire();
      }
    },
    get timers() {
      return waiting.size;
    },
  };
}
