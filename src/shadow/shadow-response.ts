/**
 * What became of a duplicate: an answer, or one of the ways in which there is none. Trouble is data here;
 * nothing is thrown past this noun. Times are monotonic milliseconds.
 */
import type { Body } from '../base/body-buffer.ts';
import type { HeaderList } from '../base/header-list.ts';
import type { Duplicate } from '../duplicate/duplicate.ts';
import type { FailedAtShadow } from '../exchange/outcome.ts';

export interface ShadowAnswer {
  readonly kind: 'answered';
  readonly duplicate: Duplicate;
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Body;
  readonly trailers: HeaderList;
  /** When the request was handed to the connection, which is the end of the request for service times. */
  readonly sentAt: number;
  readonly endedAt: number;
}

export interface ShadowFailure {
  readonly kind: FailedAtShadow;
  readonly duplicate: Duplicate;
  /** Low-cardinality `error.type` of the span: `timeout`, `ECONNREFUSED`, `UND_ERR_SOCKET`, an Envoy flag. */
  readonly errorType: string;
  readonly sentAt: number;
  readonly endedAt: number;
}

/**
 * Given up by twinspan itself: never an error. Without a reason because of a shutdown, or because the live side ended
 * without an answer; `bytes_exhausted`: there was no room for the shadow's headers; `paused`: before it was written.
 */
export interface ShadowCancelled {
  readonly kind: 'cancelled';
  readonly reason?: 'bytes_exhausted' | 'paused';
  readonly duplicate: Duplicate;
  readonly sentAt: number;
  readonly endedAt: number;
}

export type ShadowResponse = ShadowAnswer | ShadowFailure | ShadowCancelled;
