/**
 * How long to leave a peer alone that fails: twice as long after each probe that failed as well, up to a
 * bound, and not at all after a success.
 *
 * - `working` => `paused` on a failure.
 * - `paused` => `probing` when the pause is over.
 * - `probing` => `working` on a success, => `paused`, for longer, on a failure.
 */
const firstPauseMs = 1000;
const longestPauseMs = 10_000;

export class Backoff {
  #pauseMs = 0;
  #pausedUntil = 0;

  state(now: number): 'working' | 'paused' | 'probing' {
    if (this.#pauseMs === 0) return 'working';
    return now < this.#pausedUntil ? 'paused' : 'probing';
  }

  /** Milliseconds until the pause is over, 0 when there is none. */
  remainingMs(now: number): number {
    return this.#pauseMs === 0 ? 0 : Math.max(0, this.#pausedUntil - now);
  }

  succeeded(): void {
    this.#pauseMs = 0;
  }

  failed(now: number): void {
    // What ran beside the failure that began the pause says nothing new.
    if (this.state(now) === 'paused') return;
    this.#pauseMs = Math.min(Math.max(firstPauseMs, this.#pauseMs * 2), longestPauseMs);
    this.#pausedUntil = now + this.#pauseMs;
  }
}
