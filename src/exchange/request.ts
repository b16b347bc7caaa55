/**
 * The live request, complete: the noun from which a duplicate is made. Frozen where made; its body's bytes
 * are read-only for everyone.
 */
import type { Body } from '../base/body-buffer.ts';
import type { HeaderList } from '../base/header-list.ts';

/** The route that an exchange was matched to; everything else a route configures is looked up by it. */
export interface Route {
  /** The configured name: metrics, status, `twinspan.route`. */
  readonly name: string;
  /** The path template, `http.route` on spans. */
  readonly template: string;
}

export interface Request {
  /** `x-request-id` as Envoy made or kept it; empty when there is none. */
  readonly id: string;
  readonly method: string;
  /** `:path` byte for byte (latin1), query included. */
  readonly path: string;
  /** `:authority`, empty when absent. */
  readonly authority: string;
  /** Without the pseudo headers. */
  readonly headers: HeaderList;
  readonly body: Body;
  readonly trailers: HeaderList;
  /** Monotonic milliseconds of `Clock.now()`: headers seen, end seen. */
  readonly startedAt: number;
  readonly endedAt: number;
}
