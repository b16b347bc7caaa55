/**
 * A collector with everything it needs around it: the books, a budget, a clock that a test moves, and a receiver that
 * does what the journey does, which is to close the entry and give the bytes back.
 */
import { ByteBudget } from '../../../src/base/byte-budget.ts';
import { collect, type AnsweredExchange } from '../../../src/exchange/collector.ts';
import type { Exchange } from '../../../src/exchange/exchange.ts';
import { Ledger, type Entry } from '../../../src/exchange/ledger.ts';
import type { Outcome } from '../../../src/exchange/outcome.ts';
import type { Request } from '../../../src/exchange/request.ts';
import {
  compileSelect,
  type RouteSettings,
  type SelectionSeams,
} from '../../../src/exchange/select.ts';
import type { LiveContext, LiveEvent } from '../../../src/stream/live-event.ts';
import { createManualClock, type ManualClock } from '../../kit/manual-clock.ts';
import { routeSettings } from './live-events.ts';

export interface LiveSide {
  readonly ledger: Ledger;
  readonly budget: ByteBudget;
  readonly clock: ManualClock;
  readonly violations: string[];
  /** What was handed on, in order. */
  readonly requests: Request[];
  readonly answered: AnsweredExchange[];
  readonly dropped: { exchange: Exchange; outcome: Outcome }[];
  readonly entries: Entry[];
  attributesMissing: number;
  /** A new exchange hears `events`; returns what it said to each. */
  hear(...events: readonly LiveEvent[]): ('continue' | 'end')[];
  /** A new exchange that hears its events one by one. */
  open(context?: LiveContext): (event: LiveEvent) => 'continue' | 'end';
}

export function liveSide(
  options: {
    routes?: readonly RouteSettings[];
    maxBodyBytes?: number;
    maxBytesInFlight?: number;
    canaryClusters?: readonly string[];
    seams?: Partial<SelectionSeams>;
  } = {},
): LiveSide {
  const violations: string[] = [];
  const ledger = new Ledger((message) => violations.push(message));
  const clock = createManualClock();
  const budget = new ByteBudget(options.maxBytesInFlight ?? 1 << 20);
  const entries: Entry[] = [];
  const open = ledger.open.bind(ledger);
  ledger.open = () => {
    const entry = open();
    entries.push(entry);
    return entry;
  };
  const side: LiveSide = {
    ledger,
    budget,
    clock,
    violations,
    requests: [],
    answered: [],
    dropped: [],
    entries,
    attributesMissing: 0,
    hear: (...events) => {
      const listener = side.open();
      return events.map(listener);
    },
    open: (context = {}) =>
      collect(context, {
        clock,
        ledger,
        budget,
        maxBodyBytes: options.maxBodyBytes ?? 1 << 16,
        select: compileSelect(
          {
            routes: options.routes ?? [routeSettings()],
            canaryClusters: new Set(options.canaryClusters),
          },
          {
            paused: () => false,
            wallNow: () => clock.wallNow(),
            pressure: () => undefined,
            ...options.seams,
          },
        ),
        onRequest: (_followed, request) => side.requests.push(request),
        onAnswered: ({ entry, release }, exchange) => {
          side.answered.push(exchange);
          entry.markSent('shadow');
          entry.close('match');
          release();
        },
        onDropped: ({ entry, release }, exchange, outcome) => {
          side.dropped.push({ exchange, outcome });
          entry.close(outcome);
          release();
        },
        onAttributesMissing: () => {
          side.attributesMissing += 1;
        },
      }),
  };
  return side;
}
