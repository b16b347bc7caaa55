/**
 * What happened on the live side, in our words: the noun that the stream station hands on. One RPC of
 * Envoy's filter is one live exchange; its events come in the order in which Envoy sent them, the request
 * and the response interleaved, and the last one is always `ended`.
 */
import type { HeaderList } from '../base/header-list.ts';

/** What Envoy says about the call itself, before its first message. */
export interface LiveContext {
  /**
   * W3C `traceparent` and `tracestate` of the gRPC metadata: Envoy's own span for this exchange. The header
   * of the request carries only what the client sent (envoy-ext-proc: section 8).
   */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/**
 * CEL attributes of the ext_proc filter that twinspan asks for, by their Envoy name. Numbers arrive as
 * numbers or as text depending on Envoy's version; here they are text. Absent when not configured.
 */
export type Attributes = ReadonlyMap<string, string>;

export type LiveEvent =
  | {
      readonly kind: 'request_headers' | 'response_headers';
      readonly headers: HeaderList;
      /** True when no body and no trailers follow. */
      readonly endOfStream: boolean;
      /** Evaluated by Envoy once a direction, on its first message. */
      readonly attributes: Attributes;
    }
  | {
      readonly kind: 'request_body' | 'response_body';
      /** A view that is valid during the call only; whoever keeps it copies it. */
      readonly chunk: Uint8Array;
      readonly endOfStream: boolean;
    }
  | { readonly kind: 'request_trailers' | 'response_trailers'; readonly trailers: HeaderList }
  | { readonly kind: 'ended'; readonly how: LiveEnd };

/**
 * How an RPC ended:
 * - `complete`: every part that was to come has come.
 * - `half_close`: Envoy gave it up (its `deferred_close_timeout` after the exchange was over), parts are missing.
 * - `cancelled`: Envoy's connection or stream went away.
 * - `request_endless`: the response is complete, the request never ended (an early 413).
 * - `idle`, `max_duration`: a deadline of `capture` was reached.
 * - `undecodable`: a message that is no ProcessingRequest, or one beyond the receive limit.
 * - `bytes_exhausted`: a message that comes in pieces, and no room for it in `capture.maxBytesInFlight`.
 * - `out_of_order`: a part that cannot come at this point.
 * - `unsafe`: a synchronous filter while `envoy.requireObservability` is on.
 * - `shutdown`: twinspan is going away.
 * - `internal`: the listener threw; this is its own fault that it hears of.
 */
export type LiveEnd =
  | 'complete'
  | 'half_close'
  | 'cancelled'
  | 'request_endless'
  | 'idle'
  | 'max_duration'
  | 'undecodable'
  | 'bytes_exhausted'
  | 'out_of_order'
  | 'unsafe'
  | 'shutdown'
  | 'internal';

/** Hears the events of one exchange. `end` means that nothing more of it is wanted: the RPC ends now. */
export type LiveListener = (event: LiveEvent) => 'continue' | 'end';

/**
 * Asked once an RPC, before anything of it is read: a listener, or `shed` to end it at once (the admission
 * of `capture.maxExchanges` and `capture.maxLoopDelay`; the one who answers does the counting).
 */
export type Admit = (context: LiveContext) => LiveListener | 'shed';
