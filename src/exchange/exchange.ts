/**
 * One live exchange as Envoy saw it: the request and, when live answered, the response. The noun that ends
 * the live side. Frozen where made.
 */
import type { Body } from '../base/body-buffer.ts';
import type { HeaderList } from '../base/header-list.ts';
import type { LiveContext } from '../stream/live-event.ts';
import type { Request, Route } from './request.ts';

export interface LiveResponse {
  readonly status: number;
  /** Without `:status`. */
  readonly headers: HeaderList;
  readonly body: Body;
  readonly trailers: HeaderList;
  /** Monotonic milliseconds: headers seen, end seen. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What is known of an exchange as soon as it is followed, before any part of it is complete. */
export interface ExchangeHead {
  /** `twinspan.pair.id`: 32 hexadecimal digits, drawn here, so that no client can choose it. */
  readonly pairId: string;
  readonly route: Route;
  readonly context: LiveContext;
  /** `canary` when Envoy routed it to a cluster of `live.canary.clusters`; it still answers the customer. */
  readonly mode: 'live' | 'canary';
  /** Add to a monotonic instant of this exchange to get Unix milliseconds: one base for all its times. */
  readonly epochOffsetMs: number;
  readonly requestId: string;
  readonly method: string;
  readonly startedAt: number;
}

export interface Exchange extends ExchangeHead {
  /** Absent when the exchange ended before its request was complete. */
  readonly request?: Request;
  /** Absent when live did not answer, or its answer was cut. */
  readonly response?: LiveResponse;
  /** Monotonic milliseconds of the last event. */
  readonly endedAt: number;
}
