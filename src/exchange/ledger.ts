/**
 * The books: every exchange that is seen ends in exactly one outcome, and the sums agree at every instant.
 *
 *     seen = sum(outcomes) + in flight
 *     sent to the shadow = compared + failed at the shadow + sent_unpaired + in flight at the shadow
 *     sent to the control = answered + failed + sent_unpaired + in flight at the control
 *
 * An exchange is an `Entry` from the moment it is seen; closing it twice is a fault of ours that is counted
 * and reported, and changes no sum.
 */
import { classOf, unmatchedRoute, type Outcome } from './outcome.ts';

export interface LedgerTotals {
  readonly seen: number;
  readonly inFlight: number;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  readonly shadow: TargetTotals;
  /** Of the second live instance, where there is one: nothing of it is in the numbers of the shadow. */
  readonly control: TargetTotals;
}

/** What was sent to one of the two places that a duplicate can go to. */
export interface TargetTotals {
  readonly sent: number;
  readonly inFlight: number;
  /** Ended with an answer that was compared. */
  readonly answered: number;
  readonly failed: number;
  /** Sent, then the exchange ended for another reason: live_*, local_reply, shutdown, internal. */
  readonly sentUnpaired: number;
}

/** Where the one request of an exchange goes. */
type Target = 'shadow' | 'control';

export class Ledger {
  #seen = 0;
  #inFlight = 0;
  readonly #byOutcome = new Map<Outcome, number>();
  readonly #byRoute = new Map<string, Map<Outcome, number>>();
  readonly #sent = { shadow: nothingSent(), control: nothingSent() };
  readonly #onViolation: (message: string) => void;

  /** `onViolation` hears of faults in the books themselves; it must not throw. */
  constructor(onViolation: (message: string) => void) {
    this.#onViolation = onViolation;
  }

  open(): Entry {
    this.#seen += 1;
    this.#inFlight += 1;
    return new Entry({
      closed: (entry, outcome, answered) => this.#close(entry, outcome, answered),
      sent: (target) => {
        this.#sent[target].sent += 1;
        this.#sent[target].inFlight += 1;
      },
      violated: this.#onViolation,
    });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get shadowInFlight(): number {
    return this.#sent.shadow.inFlight;
  }

  totals(): LedgerTotals {
    return {
      seen: this.#seen,
      inFlight: this.#inFlight,
      outcomes: Object.fromEntries(this.#byOutcome),
      shadow: { ...this.#sent.shadow },
      control: { ...this.#sent.control },
    };
  }

  /** Calls `visit` for each route and outcome that occurred. */
  forEach(visit: (route: string, outcome: Outcome, count: number) => void): void {
    for (const [route, byOutcome] of this.#byRoute) {
      for (const [outcome, count] of byOutcome) visit(route, outcome, count);
    }
  }

  /** The equations at this instant, computed from the counters themselves. */
  balances(): { exchanges: boolean; shadow: boolean; control: boolean } {
    let closed = 0;
    for (const count of this.#byOutcome.values()) closed += count;
    return {
      exchanges: this.#seen === closed + this.#inFlight && this.#inFlight >= 0,
      shadow: addsUp(this.#sent.shadow),
      control: addsUp(this.#sent.control),
    };
  }

  #close(entry: Entry, outcome: Outcome, controlAnswered: boolean): void {
    this.#inFlight -= 1;
    this.#byOutcome.set(outcome, (this.#byOutcome.get(outcome) ?? 0) + 1);
    let byOutcome = this.#byRoute.get(entry.route);
    if (byOutcome === undefined) {
      byOutcome = new Map();
      this.#byRoute.set(entry.route, byOutcome);
    }
    byOutcome.set(outcome, (byOutcome.get(outcome) ?? 0) + 1);
    const needed = targetOf(outcome);
    const { target } = entry;
    if (needed !== undefined && needed !== target) {
      this.#onViolation(
        `an exchange ended as ${outcome} although nothing was sent to the ${needed}`,
      );
    }
    if (target === undefined) return;
    const counts = this.#sent[target];
    counts.inFlight -= 1;
    if (needed !== target) counts.sentUnpaired += 1;
    else if (target === 'control' ? controlAnswered : classOf(outcome) === 'compared') {
      counts.answered += 1;
    } else counts.failed += 1;
  }
}

function nothingSent(): { -readonly [Key in keyof TargetTotals]: number } {
  return { sent: 0, inFlight: 0, answered: 0, failed: 0, sentUnpaired: 0 };
}

function addsUp({ sent, inFlight, answered, failed, sentUnpaired }: TargetTotals): boolean {
  return sent === answered + failed + sentUnpaired + inFlight && inFlight >= 0;
}

/** Where an exchange must have been sent to end like this; undefined when it need not have been sent. */
function targetOf(outcome: Outcome): Target | undefined {
  switch (classOf(outcome)) {
    case 'compared':
    case 'failed':
      return 'shadow';
    case 'control':
      return 'control';
    case 'not_followed':
    case 'dropped':
      return undefined;
  }
}

interface Bookkeeping {
  closed: (entry: Entry, outcome: Outcome, controlAnswered: boolean) => void;
  sent: (target: Target) => void;
  violated: (message: string) => void;
}

/** One exchange in the books. */
export class Entry {
  readonly #books: Bookkeeping;
  #outcome: Outcome | undefined;
  #target: Target | undefined;
  /** The `route` label under which the outcome is counted. */
  route: string = unmatchedRoute;

  constructor(books: Bookkeeping) {
    this.#books = books;
  }

  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** Where its request was sent; undefined before, and when it never was. */
  get target(): Target | undefined {
    return this.#target;
  }

  /** The one request leaves now. Returns false, and counts nothing, when the exchange is over. */
  markSent(target: Target): boolean {
    if (this.#outcome !== undefined) return false;
    if (this.#target !== undefined) {
      this.#books.violated(
        `an exchange that was sent to the ${this.#target} was sent again to the ${target}`,
      );
      return false;
    }
    this.#target = target;
    this.#books.sent(target);
    return true;
  }

  /** @param controlAnswered of `control`, which does not say it: whether the control answered */
  close(outcome: Outcome, controlAnswered = false): void {
    if (this.#outcome !== undefined) {
      this.#books.violated(`an exchange that ended as ${this.#outcome} ended again as ${outcome}`);
      return;
    }
    this.#outcome = outcome;
    this.#books.closed(this, outcome, controlAnswered);
  }
}
