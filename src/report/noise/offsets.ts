/**
 * By how much one side takes longer than the other for the same request: the newest differences of a pair's service
 * times, bounded, with their median and 95th percentile.
 */

/** Enough for a 95th percentile that does not jump about. */
const capacity = 512;

export interface OffsetSummary {
  /** How many differences the quantiles are of: at most the newest 512. */
  readonly pairs: number;
  readonly medianMs: number;
  readonly p95Ms: number;
}

export class Offsets {
  /** Made with the first difference: most routes have none. */
  #ring: Float64Array | undefined;
  #added = 0;

  add(differenceMs: number): void {
    this.#ring ??= new Float64Array(capacity);
    this.#ring[this.#added % capacity] = differenceMs;
    this.#added += 1;
  }

  /** Undefined as long as there is none. */
  summary(): OffsetSummary | undefined {
    if (this.#ring === undefined) return undefined;
    const sorted = this.#ring.slice(0, this.#added).sort();
    return {
      pairs: sorted.length,
      medianMs: quantile(sorted, 0.5),
      p95Ms: quantile(sorted, 0.95),
    };
  }
}

/** The smallest of the sorted numbers that at least this share does not exceed, to the microsecond. */
function quantile(sorted: Float64Array, share: number): number {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  return Math.round(value * 1000) / 1000;
}
