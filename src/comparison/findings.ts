/**
 * What one comparison finds, while it goes on: the first differences and ignored ones in full, all of them as
 * counts, and the reason why the bodies could not be compared. What is beyond the kept ones is never built.
 */
import type { Comparison, Difference, Ignored, IncomparableReason } from './comparison.ts';
import type { ComparisonNote } from './text-notes.ts';

/** Differences, and ignored differences, that are kept in full. */
const maxKept = 100;

const matched: Comparison = Object.freeze({
  result: 'match',
  contract: false,
  differs: Object.freeze({ status: false, headers: false, body: false }),
  differences: Object.freeze([]),
  differenceCount: 0,
  ignored: Object.freeze([]),
  ignoredCount: 0,
});

/** The comparison of two answers of which nothing is said but why they cannot be compared. */
export function incomparable(reason: IncomparableReason): Comparison {
  return Object.freeze({ ...matched, result: 'incomparable', reason });
}

export class Findings {
  /** When live was asked, for what is compared with the time. */
  readonly requestedAtUnixMs: number;
  readonly #differences: Difference[] = [];
  readonly #ignored: Ignored[] = [];
  readonly #differs = { status: false, headers: false, body: false };
  #differenceCount = 0;
  #ignoredCount = 0;
  readonly #notes: ComparisonNote[] = [];
  #contract = false;
  #reason: IncomparableReason | undefined;

  constructor(requestedAtUnixMs = 0) {
    this.requestedAtUnixMs = requestedAtUnixMs;
  }

  /** `describe` is called only for a difference that is kept, with how many were kept before it. */
  differs(
    part: 'status' | 'headers' | 'body',
    contract: boolean,
    describe: (position: number) => Omit<Difference, 'contract'>,
  ): void {
    this.#differs[part] = true;
    if (contract) this.#contract = true;
    const position = this.#differenceCount++;
    if (position < maxKept) {
      this.#differences.push(Object.freeze({ ...describe(position), contract }));
    }
  }

  /** A difference that `rule` takes out. */
  ignores(rule: string, pointer: () => string): void {
    if (this.#ignoredCount++ < maxKept) {
      this.#ignored.push(Object.freeze({ pointer: pointer(), rule }));
    }
  }

  /** Something odd about a text, which is neither a difference nor a reason. */
  notes(note: ComparisonNote): void {
    this.#notes.push(note);
  }

  /** The bodies cannot be compared; status and headers always can. */
  cannotCompare(reason: IncomparableReason): void {
    this.#reason = reason;
  }

  /**
   * One difference is enough to know that the answers differ, even beside bodies that could not be compared; without
   * one, such bodies leave it open.
   */
  conclude(): Comparison {
    const reason = this.#differenceCount === 0 ? this.#reason : undefined;
    const isEmpty = this.#notes.length === 0 && this.#ignoredCount === 0;
    if (this.#differenceCount === 0 && isEmpty) {
      return reason === undefined ? matched : incomparable(reason);
    }
    return Object.freeze({
      result:
        this.#differenceCount > 0 ? 'mismatch' : reason === undefined ? 'match' : 'incomparable',
      ...(reason !== undefined && { reason }),
      contract: this.#contract,
      differs: Object.freeze(this.#differs),
      differences: Object.freeze(this.#differences),
      differenceCount: this.#differenceCount,
      ignored: Object.freeze(this.#ignored),
      ignoredCount: this.#ignoredCount,
      ...(this.#notes.length > 0 && { notes: Object.freeze(this.#notes) }),
    });
  }
}
