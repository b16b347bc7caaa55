/**
 * The books: every exchange that is seen ends in exactly one outcome, and the sums agree at every instant.
 *
 *     seen = sum(outcomes) + in flight
 *     sent to the shadow = compared + failed at the shadow + sent_unpaired + in flight at the shadow
 *
 * An exchange is an `Entry` from the moment it is seen; closing it twice is a fault of ours that is counted
 * and reported, and changes no sum.
 */
import { classOf, unmatchedRoute, type Outcome } from './outcome.ts';

export interface LedgerTotals {
  readonly seen: number;
  readonly inFlight: number;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  readonly shadow: {
    readonly sent: number;
    readonly inFlight: number;
    /** Ended with an answer that was compared. */
    readonly answered: number;
    readonly failed: number;
    /** Sent, then the exchange ended for another reason: live_*, local_reply, shutdown, internal. */
    readonly sentUnpaired: number;
  };
}

export class Ledger {
  #seen = 0;
  #inFlight = 0;
  readonly #byOutcome = new Map<Outcome, number>();
  readonly #byRoute = new Map<string, Map<Outcome, number>>();
  readonly #shadow = { sent: 0, inFlight: 0, answered: 0, failed: 0, sentUnpaired: 0 };
  readonly #onViolation: (message: string) => void;

  /** `onViolation` hears of faults in the books themselves; it must not throw. */
  constructor(onViolation: (message: string) => void) {
    this.#onViolation = onViolation;
  }

  open(): Entry {
    this.#seen += 1;
    this.#inFlight += 1;
    return new Entry({
      closed: (entry, outcome) => this.#close(entry, outcome),
      sent: () => {
        this.#shadow.sent += 1;
        this.#shadow.inFlight += 1;
      },
      violated: this.#onViolation,
    });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get shadowInFlight(): number {
    return this.#shadow.inFlight;
  }

  totals(): LedgerTotals {
    return {
      seen: this.#seen,
      inFlight: this.#inFlight,
      outcomes: Object.fromEntries(this.#byOutcome),
      shadow: { ...this.#shadow },
    };
  }

  /** Calls `visit` for each route and outcome that occurred. */
  forEach(visit: (route: string, outcome: Outcome, count: number) => void): void {
    for (const [route, byOutcome] of this.#byRoute) {
      for (const [outcome, count] of byOutcome) visit(route, outcome, count);
    }
  }

  /** The equations at this instant, computed from the counters themselves. */
  balances(): { exchanges: boolean; shadow: boolean } {
    let closed = 0;
    for (const count of this.#byOutcome.values()) closed += count;
    const { sent, inFlight, answered, failed, sentUnpaired } = this.#shadow;
    return {
      exchanges: this.#seen === closed + this.#inFlight && this.#inFlight >= 0,
      shadow: sent === answered + failed + sentUnpaired + inFlight && inFlight >= 0,
    };
  }

  #close(entry: Entry, outcome: Outcome): void {
    this.#inFlight -= 1;
    this.#byOutcome.set(outcome, (this.#byOutcome.get(outcome) ?? 0) + 1);
    let byOutcome = this.#byRoute.get(entry.route);
    if (byOutcome === undefined) {
      byOutcome = new Map();
      this.#byRoute.set(entry.route, byOutcome);
    }
    byOutcome.set(outcome, (byOutcome.get(outcome) ?? 0) + 1);
    const outcomeClass = classOf(outcome);
    if (!entry.sentToShadow) {
      if (outcomeClass === 'compared' || outcomeClass === 'failed') {
        this.#onViolation(
          `an exchange ended as ${outcome} although nothing was sent to the shadow`,
        );
      }
      return;
    }
    this.#shadow.inFlight -= 1;
    if (outcomeClass === 'compared') this.#shadow.answered += 1;
    else if (outcomeClass === 'failed') this.#shadow.failed += 1;
    else this.#shadow.sentUnpaired += 1;
  }
}

interface Bookkeeping {
  closed: (entry: Entry, outcome: Outcome) => void;
  sent: () => void;
  violated: (message: string) => void;
}

/** One exchange in the books. */
export class Entry {
  readonly #books: Bookkeeping;
  #outcome: Outcome | undefined;
  #sentToShadow = false;
  /** The `route` label under which the outcome is counted. */
  route: string = unmatchedRoute;

  constructor(books: Bookkeeping) {
    this.#books = books;
  }

  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  get sentToShadow(): boolean {
    return this.#sentToShadow;
  }

  /** The one request to the shadow leaves now. Returns false, and counts nothing, when the exchange is over. */
  markSent(): boolean {
    if (this.#outcome !== undefined) return false;
    if (this.#sentToShadow) {
      this.#books.violated('an exchange was sent to the shadow twice');
      return false;
    }
    this.#sentToShadow = true;
    this.#books.sent();
    return true;
  }

  close(outcome: Outcome): void {
    if (this.#outcome !== undefined) {
      this.#books.violated(`an exchange that ended as ${this.#outcome} ended again as ${outcome}`);
      return;
    }
    this.#outcome = outcome;
    this.#books.closed(this, outcome);
  }
}
