/**
 * Time as a seam. Durations are taken on the monotonic clock, so that a wall clock that is set back or
 * forward never makes one negative; an instant becomes a wall-clock time only where a person or a span
 * needs it. Tests put a clock of their own here.
 */
export interface Clock {
  /** Milliseconds on the monotonic clock, with fractions. */
  now(): number;
  /** Milliseconds since the Unix epoch on the wall clock. */
  wallNow(): number;
  /** Calls `fire` once after `delayMs`, or never when the handle is cleared before. Never keeps the process alive. */
  setTimer(delayMs: number, fire: () => void): Timer;
}

export interface Timer {
  clear(): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer(delayMs, fire) {
    const handle = setTimeout(fire, delayMs);
    handle.unref();
    return { clear: () => clearTimeout(handle) };
  },
};
