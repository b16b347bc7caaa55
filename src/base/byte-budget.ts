/**
 * One number of bytes that everything captured shares (`capture.maxBytesInFlight`): messages that are not whole, live
 * requests, live responses, queued bodies, shadow responses and large headers, each counted once. Whoever keeps a byte takes it
 * here first and gives it back exactly once.
 */
export class ByteBudget {
  #max: number;
  #used = 0;

  constructor(maxBytes: number) {
    this.#max = maxBytes;
  }

  /** Reserves `bytes`, or reserves nothing and returns false when that would pass the bound. */
  take(bytes: number): boolean {
    // Nothing always fits, also above a bound that was lowered.
    if (bytes > 0 && this.#used + bytes > this.#max) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }

  get used(): number {
    return this.#used;
  }

  get max(): number {
    return this.#max;
  }

  /** A new bound holds for what is taken from now on; what is already kept stays. */
  set max(maxBytes: number) {
    this.#max = maxBytes;
  }
}
