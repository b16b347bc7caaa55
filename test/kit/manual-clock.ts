/** A clock that moves only when a test says so; timers fire in the order of their instants. */
import type { Clock } from '../../src/base/clock.ts';

export interface ManualClock extends Clock {
  advance(byMs: number): void;
  /** The process stands still: time goes on, and what was due fires at the end, late. */
  stall(byMs: number): void;
  /** How many timers wait. */
  readonly timers: number;
}

export function createManualClock(startMs = 1000): ManualClock {
  let now = startMs;
  let timers: { at: number; fire: () => void }[] = [];
  return {
    now: () => now,
    wallNow: () => 1_700_000_000_000 + now,
    setTimer(delayMs, fire) {
      const timer = { at: now + delayMs, fire };
      timers.push(timer);
      return { clear: () => void (timers = timers.filter((other) => other !== timer)) };
    },
    advance(byMs) {
      const until = now + byMs;
      for (;;) {
        const next = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((other) => other !== next);
        now = next.at;
        next.fire();
      }
      now = until;
    },
    stall(byMs) {
      now += byMs;
      const due = timers.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
      timers = timers.filter((timer) => !due.includes(timer));
      for (const timer of due) timer.fire();
    },
    get timers() {
      return timers.length;
    },
  };
}
