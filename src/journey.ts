/**
 * The hand-overs of one exchange from station to station, in the order in which they happen. The stations know
 * nothing of each other; this file is where the live side's end meets the shadow's, in either order, and where
 * every exchange that was followed gets its one outcome.
 *
 *     followed ─ request complete ─┬─ with-request: dispatched ─┐
 *                                  │                            ├─ both ended: compared, recorded, closed
 *                 live answered ───┴─ after-live: dispatched ───┘
 */
import type { ByteBudget } from './base/byte-budget.ts';
import type { Clock } from './base/clock.ts';
import { HeaderList } from './base/header-list.ts';
import { headerRoom } from './base/kept-headers.ts';
import type { Comparison } from './comparison/comparison.ts';
import type { Pair } from './comparison/pair.ts';
import type { Duplicate, PairTrace } from './duplicate/duplicate.ts';
import type { DuplicateResult } from './duplicate/make-duplicate.ts';
import {
  collect,
  type AnsweredExchange,
  type CollectorSeams,
  type Followed,
} from './exchange/collector.ts';
import type { Exchange, ExchangeHead } from './exchange/exchange.ts';
import type { Ledger } from './exchange/ledger.ts';
import { unreadRoute, type Outcome } from './exchange/outcome.ts';
import type { Request } from './exchange/request.ts';
import type { Generation } from './generation.ts';
import type { ShadowAnswer, ShadowResponse } from './shadow/shadow-response.ts';
import type { Targets } from './targets.ts';
import type { FinishedPair } from './comparison/finished-pair.ts';
import type { Admit, LiveContext } from './stream/live-event.ts';

export interface JourneySeams {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly budget: ByteBudget;
  /** The configuration that holds for exchanges that begin now. */
  readonly generation: () => Generation;
  readonly loopDelayMs: () => number;
  readonly paused: () => boolean;
  readonly drawTrace: (context: LiveContext, requestHeaders: HeaderList) => PairTrace;
  readonly queue: {
    offer(duplicate: Duplicate): 'accepted' | 'queue_full';
    withdraw(duplicate: Duplicate): 'withdrawn' | 'cancelled' | 'absent';
  };
  readonly targets: Targets;
  /** Takes a place in the order of dispatch; the returned function is told once what the exchange came to. */
  readonly enroll: (head: ExchangeHead, generation: Generation) => (finished: FinishedPair) => void;
  readonly onAttributesMissing: () => void;
  /** A comparison that rejected, or a listener that threw after one: faults of ours. */
  readonly onTrouble: (error: unknown) => void;
}

/** One exchange between its dispatch and its outcome. */
interface Trip {
  readonly followed: Followed;
  readonly generation: Generation;
  readonly trace: PairTrace;
  /** As `JourneySeams.enroll` gave it. */
  readonly tell: (finished: FinishedPair) => void;
  duplicate?: Duplicate;
  /** Why nothing was sent although live may answer. */
  refused?: Outcome;
  exchange?: AnsweredExchange;
  shadow?: ShadowResponse;
  /** The exchange is closed, and is told of once the cancelled delivery has ended. */
  dropped?: { readonly exchange: Exchange; readonly outcome: Outcome };
}

/** What the end of an exchange needs. */
type Leaving = Pick<Trip, 'followed' | 'tell'>;

export class Journey {
  readonly #seams: JourneySeams;
  /** RPCs that were admitted and of which nothing was heard, so that they are in no book yet. */
  #silent = 0;
  /** By the head, which the live side and the duplicate share. */
  readonly #trips = new Map<Followed['head'], Trip>();
  readonly #collectorSeams = new WeakMap<Generation, CollectorSeams>();
  /** Both sides have ended and the comparison has not: still open, and its bytes are still read. */
  readonly #comparing = new Map<Trip, Pair>();
  #givenUp = false;

  constructor(seams: JourneySeams) {
    this.#seams = seams;
  }

  /** The first of two admissions: before anything of the exchange is read. */
  readonly admit: Admit = (context) => {
    const { ledger, generation, loopDelayMs } = this.#seams;
    const current = generation();
    const { maxExchanges, maxLoopDelayMs } = current.admission;
    if (ledger.inFlight + this.#silent >= maxExchanges) return this.#shed('over_capacity');
    if (loopDelayMs() > maxLoopDelayMs) return this.#shed('loop_lag');
    const listener = collect(context, this.#seamsOf(current));
    this.#silent += 1;
    let silent = true;
    return (event) => {
      if (silent) {
        silent = false;
        this.#silent -= 1;
      }
      return listener(event);
    };
  };

  /** Hands a duplicate to the shadow or the control, from the queue. Never rejects. */
  async deliver(duplicate: Duplicate, signal: AbortSignal): Promise<void> {
    const trip = this.#trips.get(duplicate.head);
    if (trip === undefined) return;
    // What waited when the switch was thrown is not sent either.
    if (this.#seams.paused()) {
      this.#refuse(trip, 'paused');
      return;
    }
    const admitted = this.#seams.targets.admit(duplicate.target);
    if (admitted === undefined) {
      this.#refuse(trip, 'circuit_open');
      return;
    }
    const { target, breaker, permit, send } = admitted;
    const addressed = readdress(trip, duplicate, target);
    if (addressed.kind === 'refused' || !trip.followed.entry.markSent(target)) {
      breaker.onCancelled(permit);
      if (addressed.kind === 'refused') this.#refuse(trip, addressed.outcome);
      return;
    }
    const shadow = await send(addressed.duplicate, signal);
    if (shadow.kind === 'answered') breaker.onSuccess(permit);
    else if (shadow.kind === 'cancelled') breaker.onCancelled(permit);
    else breaker.onFailure(permit);
    trip.shadow = shadow;
    if (trip.dropped === undefined) this.#settle(trip);
    else this.#tell(trip, { ...trip.dropped, trace: trip.trace, shadow });
  }

  /** Closes what still waits in the queue when twinspan goes away. */
  abandon(duplicate: Duplicate, outcome: 'shutdown' | 'internal'): void {
    const trip = this.#trips.get(duplicate.head);
    if (trip === undefined) return;
    if (trip.dropped === undefined) this.#refuse(trip, outcome);
    else this.#tell(trip, { ...trip.dropped, trace: trip.trace });
  }

  /** What is being compared ends as `shutdown`, and so does what would take longer from now on. */
  giveUpComparisons(): void {
    this.#givenUp = true;
    for (const trip of this.#comparing.keys()) this.#endComparison(trip, 'shutdown');
  }

  #shed(outcome: 'over_capacity' | 'loop_lag'): 'shed' {
    const entry = this.#seams.ledger.open();
    entry.route = unreadRoute;
    entry.close(outcome);
    return 'shed';
  }

  #seamsOf(generation: Generation): CollectorSeams {
    const known = this.#collectorSeams.get(generation);
    if (known !== undefined) return known;
    const { clock, ledger, budget, onAttributesMissing } = this.#seams;
    const seams: CollectorSeams = {
      clock,
      ledger,
      budget,
      maxBodyBytes: generation.admission.maxBodyBytes,
      select: generation.select,
      onRequest: (followed, request) => {
        if (generation.dispatch === 'with-request') this.#dispatch(followed, request, generation);
      },
      onAnswered: (followed, exchange) => {
        const trip =
          this.#trips.get(followed.head) ?? this.#dispatch(followed, exchange.request, generation);
        trip.exchange = exchange;
        this.#settle(trip);
      },
      onDropped: (followed, exchange, outcome) =>
        this.#onDropped(followed, generation, exchange, outcome),
      onAttributesMissing,
    };
    this.#collectorSeams.set(generation, seams);
    return seams;
  }

  #dispatch(followed: Followed, request: Request, generation: Generation): Trip {
    const { drawTrace, enroll, queue, paused } = this.#seams;
    const trip: Trip = {
      followed,
      generation,
      trace: drawTrace(followed.head.context, request.headers),
      tell: enroll(followed.head, generation),
    };
    this.#trips.set(followed.head, trip);
    if (paused()) {
      trip.refused = 'paused';
      return trip;
    }
    const { head } = followed;
    const made = generation.duplicate(head, request, trip.trace, generation.targetOf(head));
    if (made.kind === 'refused') {
      trip.refused = made.outcome;
      return trip;
    }
    trip.duplicate = made.duplicate;
    if (queue.offer(made.duplicate) === 'queue_full') trip.refused = 'queue_full';
    return trip;
  }

  #onDropped(
    followed: Followed,
    generation: Generation,
    exchange: Exchange,
    outcome: Outcome,
  ): void {
    const trip = this.#trips.get(followed.head);
    if (trip === undefined) {
      const headers = exchange.request?.headers ?? HeaderList.empty;
      const trace = this.#seams.drawTrace(followed.head.context, headers);
      const tell = this.#seams.enroll(followed.head, generation);
      this.#finish({ followed, tell }, { exchange, outcome, trace });
      return;
    }
    const { trace, duplicate, shadow } = trip;
    if (duplicate !== undefined && this.#seams.queue.withdraw(duplicate) === 'cancelled') {
      trip.dropped = { exchange, outcome };
      followed.entry.close(outcome);
      return;
    }
    this.#finish(trip, { exchange, outcome, trace, ...(shadow && { shadow }) });
  }

  #refuse(trip: Trip, outcome: Outcome): void {
    if (trip.followed.entry.outcome !== undefined) return;
    trip.refused = outcome;
    this.#settle(trip);
  }

  /** Ends the exchange once the live side has ended and the shadow has too, or was never asked. */
  #settle(trip: Trip): void {
    const { exchange, shadow, refused, trace } = trip;
    if (exchange === undefined || this.#comparing.has(trip)) return;
    if (refused !== undefined) {
      this.#finish(trip, { exchange, outcome: refused, trace });
      return;
    }
    if (shadow === undefined) return;
    if (shadow.kind === 'answered') {
      this.#compare(trip, { exchange, shadow });
    } else {
      this.#finish(trip, { exchange, outcome: outcomeWithoutAnswer(shadow), trace, shadow });
    }
  }

  #compare(trip: Trip, pair: Pair): void {
    const comparison = trip.generation.compare(pair);
    if (!(comparison instanceof Promise)) {
      this.#conclude(trip, pair, comparison);
      return;
    }
    this.#comparing.set(trip, pair);
    comparison
      .then((found) => this.#endComparison(trip, found))
      .catch((error: unknown) => {
        this.#seams.onTrouble(error);
        this.#endComparison(trip, 'internal');
      });
    if (this.#givenUp) this.#endComparison(trip, 'shutdown');
  }

  /** The first end counts: what was found after twinspan gave up is nobody's. */
  #endComparison(trip: Trip, end: Comparison | 'shutdown' | 'internal'): void {
    const pair = this.#comparing.get(trip);
    if (pair === undefined) return;
    this.#comparing.delete(trip);
    this.#conclude(trip, pair, end);
  }

  #conclude(
    trip: Trip,
    { exchange, shadow }: Pair,
    end: Comparison | 'shutdown' | 'internal',
  ): void {
    const known = { exchange, trace: trip.trace, shadow };
    if (typeof end === 'string') {
      this.#finish(trip, { ...known, outcome: end });
      return;
    }
    // Live against live: whatever was found, it is not about the shadow.
    const outcome = shadow.duplicate.target === 'control' ? 'control' : end.result;
    this.#finish(trip, { ...known, outcome, comparison: end });
  }

  #finish(leaving: Leaving, finished: FinishedPair): void {
    leaving.followed.entry.close(finished.outcome, finished.shadow?.kind === 'answered');
    this.#tell(leaving, finished);
  }

  /** Hands on what is over, and gives back what it held. */
  #tell({ followed, tell }: Leaving, finished: FinishedPair): void {
    this.#trips.delete(followed.head);
    try {
      tell(finished);
    } finally {
      followed.release();
      if (finished.shadow !== undefined) this.#giveBack(finished.shadow);
    }
  }

  #giveBack(shadow: ShadowResponse): void {
    if (shadow.kind === 'answered') this.#seams.budget.give(keptBytes(shadow));
  }
}

/** The same request to `target`: another one may be told other headers. */
function readdress(
  { generation }: Trip,
  duplicate: Duplicate,
  target: Duplicate['target'],
): DuplicateResult {
  if (target === duplicate.target) return { kind: 'made', duplicate };
  const { head, request, trace } = duplicate;
  return generation.duplicate(head, request, trace, target);
}

function outcomeWithoutAnswer(shadow: Exclude<ShadowResponse, { kind: 'answered' }>): Outcome {
  if (shadow.kind === 'cancelled') return shadow.reason ?? 'shutdown';
  return shadow.duplicate.target === 'control' ? 'control' : shadow.kind;
}

/** Bytes that an answer still holds in the budget. */
function keptBytes({ body, headers, trailers }: ShadowAnswer): number {
  return (body.bytes?.length ?? 0) + headerRoom(headers, trailers);
}
