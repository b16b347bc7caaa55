/**
 * The request that goes to the shadow: the live request with its headers put through the policy. Frozen
 * where made, before it waits in the queue.
 */
import type { HeaderList } from '../base/header-list.ts';
import type { ExchangeHead } from '../exchange/exchange.ts';
import type { Request } from '../exchange/request.ts';

/** Trace and span ids drawn at dispatch, because the shadow's `traceparent` names a span that ends later. */
export interface PairTrace {
  readonly traceId: string;
  readonly pairSpanId: string;
  readonly shadowSpanId: string;
  /** The draw of `telemetry.keepMatches`: kept if it matches, and the flag of the shadow's `traceparent`. */
  readonly sampled: boolean;
  /** The parent of the pair span in `join` mode. */
  readonly parentSpanId?: string;
  readonly tracestate?: string;
}

export interface Duplicate {
  readonly head: ExchangeHead;
  readonly request: Request;
  readonly trace: PairTrace;
  /** `shadow`, or `control` for the sampled share that goes to a second live version instead. */
  readonly target: 'shadow' | 'control';
  /** Headers as they go out, without `host` and `content-length`, which the client adds. */
  readonly headers: HeaderList;
  /** True when a header could not be sent as it was: the pair is `incomparable` (`degraded`). */
  readonly degraded: boolean;
}
