/**
 * Where an exchange is, as a pure state machine: which part may come now, and when the RPC is to end. The
 * request and the response advance independently, because Envoy interleaves them freely; a direction may begin
 * with any of its parts (a filter can skip headers) and may never end. A direction ends with its trailers or
 * with the end mark on its headers or a body part.
 */

/** The six parts of an exchange, named as Envoy names them. */
export type PartKind =
  | 'request_headers'
  | 'request_body'
  | 'request_trailers'
  | 'response_headers'
  | 'response_body'
  | 'response_trailers';

/**
 * - `opening`: nothing has come.
 * - `requesting`: the request has begun, the response has not.
 * - `requested`: the request has ended, the response has not begun.
 * - `overlapping`: both have begun, neither has ended.
 * - `responding`: the request has ended, the response has begun.
 * - `responding_alone`: the response has begun, and there was no request (a reply of an earlier filter).
 * - `awaiting_request`: the response has ended before the request (an early 413, a late upload).
 * - `complete`: no further part is due; the RPC ends.
 * - `out_of_order`: a part came that could not come; the RPC ends.
 */
export type Phase =
  | 'opening'
  | 'requesting'
  | 'requested'
  | 'overlapping'
  | 'responding'
  | 'responding_alone'
  | 'awaiting_request'
  | 'complete'
  | 'out_of_order';

/** The phase after `part` came in `phase`. `endOfStream` is true for trailers whatever is passed. */
export function advance(phase: Phase, part: PartKind, endOfStream: boolean): Phase {
  const ends = endOfStream || part === 'request_trailers' || part === 'response_trailers';
  const isRequest =
    part === 'request_headers' || part === 'request_body' || part === 'request_trailers';
  switch (phase) {
    // ## opening => requesting | requested | responding_alone | complete
    case 'opening':
      if (isRequest) return ends ? 'requested' : 'requesting';
      return ends ? 'complete' : 'responding_alone';

    // ## requesting => requesting | requested | overlapping | awaiting_request | out_of_order
    case 'requesting':
      if (!isRequest) return ends ? 'awaiting_request' : 'overlapping';
      if (part === 'request_headers') return 'out_of_order';
      return ends ? 'requested' : 'requesting';

    // ## requested => responding | complete | out_of_order
    case 'requested':
      if (isRequest) return 'out_of_order';
      return ends ? 'complete' : 'responding';

    // ## overlapping => overlapping | responding | awaiting_request | out_of_order
    case 'overlapping':
      if (part === 'request_headers' || part === 'response_headers') return 'out_of_order';
      if (!ends) return 'overlapping';
      return isRequest ? 'responding' : 'awaiting_request';

    // ## responding => responding | complete | out_of_order
    case 'responding':
      if (isRequest || part === 'response_headers') return 'out_of_order';
      return ends ? 'complete' : 'responding';

    // ## responding_alone => responding_alone | overlapping | responding | complete | out_of_order
    case 'responding_alone':
      if (isRequest) return ends ? 'responding' : 'overlapping';
      if (part === 'response_headers') return 'out_of_order';
      return ends ? 'complete' : 'responding_alone';

    // ## awaiting_request => awaiting_request | complete | out_of_order
    case 'awaiting_request':
      if (!isRequest || part === 'request_headers') return 'out_of_order';
      return ends ? 'complete' : 'awaiting_request';

    // ## complete => out_of_order
    case 'complete':
      return 'out_of_order';

    // ## out_of_order => out_of_order
    case 'out_of_order':
      return 'out_of_order';
  }
}
