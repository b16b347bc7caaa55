/**
 * The newest pairs, redacted, for `/v1/pairs`: a ring bounded by count, each pair with at most a handful of
 * its differences. It holds no body; what is in it has already left the comparison.
 */
import type { Comparison, ComparisonNote, Difference, Ignored } from '../comparison/comparison.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { ShadowResponse } from '../shadow/shadow-response.ts';

/** One row of `/v1/pairs`; names are those of the JSON, where every key is there and null is what is not known. */
export interface RecentPair {
  readonly id: string;
  /** ISO 8601, when the live request began. */
  readonly at: string;
  readonly requestId: string;
  readonly route: string;
  readonly method: string;
  readonly result: 'match' | 'mismatch' | 'incomparable' | 'shadow_error';
  readonly reason: string | null;
  readonly contract: boolean;
  readonly live: Execution;
  readonly shadow: Execution;
  readonly differences: readonly ShownDifference[];
  /** All that were found; `differences` holds the first ones. */
  readonly differenceCount: number;
  readonly ignored: readonly Ignored[];
  /** Oddities of the bodies, as `live_not_json`. */
  readonly notes: readonly ComparisonNote[];
  readonly traceId: string;
  readonly liveTraceId: string | null;
}

/** Without the class, which the pair has, and without the hints, which are for those who count them. */
type ShownDifference = Omit<Difference, 'contract' | 'volatility' | 'relativeDistance'>;

export interface Execution {
  readonly status: number | null;
  /** Service time, from the end of the request to the end of the answer. */
  readonly durationMs: number | null;
  readonly bytes: number | null;
}

/** A pair as the last station hands it over. */
export interface FinishedExample {
  readonly exchange: Exchange;
  readonly shadow: ShadowResponse;
  /** Absent when the shadow failed. */
  readonly comparison?: Comparison;
  readonly traceId: string;
  readonly liveTraceId?: string;
}

export interface PairFilter {
  readonly route?: string;
  readonly result?: string;
  readonly requestId?: string;
  readonly limit: number;
}

/** A row as it is kept: the time is formatted only when somebody asks. */
type Kept = Omit<RecentPair, 'at'> & { readonly startedAtUnixMs: number };

const maxListed = 20;
/** Of the differences of a row as JSON, and of what was ignored: a service chooses how long its keys and values are. */
const maxListedCharacters = 4096;
/** A client may choose its request id, up to the size of all its headers. */
const maxRequestIdLength = 256;

export class RecentPairs {
  readonly #capacity: number;
  readonly #ring: Kept[] = [];
  #next = 0;

  constructor(capacity = 1000) {
    this.#capacity = capacity;
  }

  add(example: FinishedExample): void {
    this.#ring[this.#next] = keep(example);
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** Newest first. */
  list(filter: PairFilter): RecentPair[] {
    const found: RecentPair[] = [];
    for (let step = 1; step <= this.#ring.length && found.length < filter.limit; step += 1) {
      const kept = this.#ring[(this.#next - step + this.#ring.length) % this.#ring.length];
      if (kept === undefined || !passes(kept, filter)) continue;
      const { startedAtUnixMs, ...row } = kept;
      found.push({ ...row, at: new Date(startedAtUnixMs).toISOString() });
    }
    return found;
  }
}

function passes(kept: Kept, filter: PairFilter): boolean {
  return (
    (filter.route === undefined || filter.route === kept.route) &&
    (filter.requestId === undefined || shortened(filter.requestId) === kept.requestId) &&
    (filter.result === undefined || filter.result === kept.result)
  );
}

/** Copies what is shown, so that no body and no header list stays alive in the ring. */
function keep({ exchange, shadow, comparison, traceId, liveTraceId }: FinishedExample): Kept {
  const { request, response } = exchange;
  const answer = shadow.kind === 'answered' ? shadow : undefined;
  return {
    id: exchange.pairId,
    startedAtUnixMs: exchange.startedAt + exchange.epochOffsetMs,
    requestId: shortened(exchange.requestId),
    route: exchange.route.name,
    method: exchange.method,
    result: comparison?.result ?? 'shadow_error',
    reason: (comparison === undefined ? shadow.kind : comparison.reason) ?? null,
    contract: comparison?.contract ?? false,
    live: {
      status: response?.status ?? null,
      durationMs: response && request ? duration(request.endedAt, response.endedAt) : null,
      bytes: response?.body.length ?? null,
    },
    shadow: {
      status: answer?.status ?? null,
      durationMs: duration(shadow.sentAt, shadow.endedAt),
      bytes: answer?.body.length ?? null,
    },
    differences: listed(comparison?.differences ?? []).map(
      ({ contract: _contract, volatility: _volatility, relativeDistance: _distance, ...shown }) =>
        shown,
    ),
    differenceCount: comparison?.differenceCount ?? 0,
    ignored: listed(comparison?.ignored ?? []),
    notes: comparison?.notes ?? [],
    traceId,
    liveTraceId: liveTraceId ?? null,
  };
}

/** The first ones, at least one; as text and back, because parts of a document would keep all of it alive. */
function listed<Item>(items: readonly Item[]): Item[] {
  const texts: string[] = [];
  let room = maxListedCharacters;
  for (const item of items.slice(0, maxListed)) {
    const text = JSON.stringify(item);
    room -= text.length;
    if (room < 0 && texts.length > 0) break;
    texts.push(text);
  }
  return texts.map((text) => JSON.parse(text) as Item);
}

/** Milliseconds to the microsecond; what is finer is noise of the clock. */
function duration(from: number, until: number): number {
  return Math.max(0, Math.round((until - from) * 1000) / 1000);
}

function shortened(requestId: string): string {
  if (requestId.length <= maxRequestIdLength) return requestId;
  // Through a buffer: a slice would keep the whole text alive.
  return Buffer.from(requestId.slice(0, maxRequestIdLength), 'latin1').toString('latin1');
}
