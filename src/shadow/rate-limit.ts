/**
 * At most so many requests a second, as a token bucket that holds one second's worth (at least one
 * request), so that a burst after a pause passes and a steady excess does not.
 */
import type { Clock } from '../base/clock.ts';

export class RateLimit {
  readonly #clock: Clock;
  #ratePerSecond: number;
  #tokens: number;
  #refilledAt: number;

  /** `ratePerSecond` 0 means no limit. Starts full. */
  constructor(options: { ratePerSecond: number; clock: Clock }) {
    this.#clock = options.clock;
    this.#ratePerSecond = options.ratePerSecond;
    this.#tokens = this.#capacity;
    this.#refilledAt = options.clock.now();
  }

  get ratePerSecond(): number {
    return this.#ratePerSecond;
  }

  /** A new rate holds from now on; what is left in the bucket stays, up to the new burst. */
  set ratePerSecond(ratePerSecond: number) {
    this.#refill();
    // Without a limit nothing was taken out, so the bucket is full when one begins.
    const wasUnlimited = this.#ratePerSecond === 0;
    this.#ratePerSecond = ratePerSecond;
    this.#tokens = wasUnlimited ? this.#capacity : Math.min(this.#tokens, this.#capacity);
  }

  /** Whether `take` would succeed now. Takes nothing. */
  permits(): boolean {
    if (this.#ratePerSecond === 0) return true;
    this.#refill();
    return this.#tokens >= 1;
  }

  /** Takes one request's token, or returns false. */
  take(): boolean {
    if (!this.permits()) return false;
    if (this.#ratePerSecond !== 0) this.#tokens -= 1;
    return true;
  }

  get #capacity(): number {
    return Math.max(1, this.#ratePerSecond);
  }

  #refill(): void {
    const now = this.#clock.now();
    const earned = ((now - this.#refilledAt) / 1000) * this.#ratePerSecond;
    this.#tokens = Math.min(this.#capacity, this.#tokens + earned);
    this.#refilledAt = now;
  }
}
