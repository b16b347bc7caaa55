/**
 * The live side, complete: turns the events of one RPC into a `Request`, then into an `Exchange`, or into the
 * reason why there is none. Bodies are copied once, here, into bounded buffers; they and large headers take their
 * room from the byte budget, and an exchange for which there is none ends. What is not to be followed ends its RPC
 * at once, before any body of it is kept.
 */
import type { ByteBudget } from '../base/byte-budget.ts';
import type { Clock } from '../base/clock.ts';
import { HeaderList } from '../base/header-list.ts';
import { headerBytes, keptHeaders, ownText } from '../base/kept-headers.ts';
import { randomId } from '../base/random-id.ts';
import type {
  Attributes,
  LiveContext,
  LiveEnd,
  LiveEvent,
  LiveListener,
} from '../stream/live-event.ts';
import type { Exchange, ExchangeHead, LiveResponse } from './exchange.ts';
import { contextBytes, keptHead } from './kept-head.ts';
import type { Entry, Ledger } from './ledger.ts';
import { LiveMessage } from './live-message.ts';
import {
  readRequestHead,
  readResponseHead,
  requestOf,
  responseOf,
  type RequestHead,
} from './message-head.ts';
import { unmatchedRoute, unreadRoute, type Dropped, type NotFollowed } from './outcome.ts';
import type { Request } from './request.ts';
import { isEventStream, isGrpc, type RouteSettings, type Select } from './select.ts';

/** A followed exchange, from its selection until its entry is closed by whoever it was handed to. */
export interface Followed {
  readonly head: ExchangeHead;
  readonly entry: Entry;
  /** Gives what was captured back to the budget, bodies and headers; called once nothing reads them any more. */
  readonly release: () => void;
}

export type AnsweredExchange = Exchange & {
  readonly request: Request;
  readonly response: LiveResponse;
};

export interface CollectorSeams {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly budget: ByteBudget;
  readonly maxBodyBytes: number;
  readonly select: Select;
  /** The request is complete while live still works on its answer. */
  readonly onRequest: (followed: Followed, request: Request) => void;
  /** Live answered, and both sides are complete. */
  readonly onAnswered: (followed: Followed, exchange: AnsweredExchange) => void;
  /** Followed, but it came to nothing. */
  readonly onDropped: (
    followed: Followed,
    exchange: Exchange,
    outcome: Dropped | NotFollowed,
  ) => void;
  /** Envoy does not send `response.code_details`: its own answers cannot be told from live's. */
  readonly onAttributesMissing: () => void;
}

/** One listener an RPC. Its exchange counts as seen from its first event that is not `ended`. */
export function collect(context: LiveContext, seams: CollectorSeams): LiveListener {
  const collector = new Collector(context, seams);
  return (event) => collector.hear(event);
}

/** What is there from the request headers of a followed exchange on. */
interface Following {
  readonly followed: Followed;
  readonly route: RouteSettings;
  readonly line: RequestHead;
  readonly request: LiveMessage;
}

class Collector {
  readonly #context: LiveContext;
  readonly #seams: CollectorSeams;
  #entry: Entry | undefined;
  #following: Following | undefined;
  #request: Request | undefined;
  #response: LiveMessage | undefined;
  #status = 0;
  /** Envoy answered in live's place. */
  #upstreamFailed = false;

  constructor(context: LiveContext, seams: CollectorSeams) {
    this.#context = context;
    this.#seams = seams;
  }

  hear(event: LiveEvent): 'continue' | 'end' {
    // It has its outcome: what still comes of the RPC is nobody's, its end included.
    if (this.#entry?.outcome !== undefined) return 'end';
    if (event.kind === 'ended') {
      this.#end(event.how);
      return 'end';
    }
    this.#entry ??= this.#seams.ledger.open();
    switch (event.kind) {
      case 'request_headers':
        return this.#onRequestHeaders(event);
      case 'request_body':
        return this.#onRequestBody(event.chunk, event.endOfStream);
      case 'request_trailers':
        return this.#onRequestTrailers(event.trailers);
      case 'response_headers':
        return this.#onResponseHeaders(event);
      case 'response_body':
        this.#response?.append(event.chunk, this.#seams.clock.now());
        if (event.endOfStream) this.#response?.end(HeaderList.empty, this.#seams.clock.now());
        return 'continue';
      case 'response_trailers':
        return this.#onResponseTrailers(event.trailers);
    }
  }

  #onRequestHeaders(event: {
    headers: HeaderList;
    endOfStream: boolean;
    attributes: Attributes;
  }): 'continue' | 'end' {
    const { clock, select } = this.#seams;
    const startedAt = clock.now();
    const read = readRequestHead(event.headers, event.attributes);
    const selection = select(read);
    const entry = this.#entry!;
    if (selection.kind === 'skip') {
      entry.route = selection.route?.name ?? unmatchedRoute;
      return this.#skip(selection.outcome);
    }
    const { route, mode } = selection;
    entry.route = route.name;
    const bytes = headerBytes(event.headers) + contextBytes(this.#context);
    const line = keptHead(read, bytes);
    const request = this.#message(line.headers, startedAt, 'discard');
    const head: ExchangeHead = Object.freeze({
      pairId: randomId(16),
      route,
      context: this.#context,
      mode,
      epochOffsetMs: clock.wallNow() - startedAt,
      // Spans and recent pairs keep it long after the rest.
      requestId: ownText(read.requestId),
      method: line.method,
      startedAt,
    });
    const release = (): void => {
      request.release();
      this.#response?.release();
    };
    this.#following = { followed: { head, entry, release }, route, line, request };
    if (selection.pressure !== undefined) return this.#drop(selection.pressure);
    if ((request.announcedLength ?? 0) > this.#seams.maxBodyBytes) {
      return this.#drop('body_too_large');
    }
    if (!request.reserve(bytes)) return this.#drop('bytes_exhausted');
    return event.endOfStream ? this.#completeRequest(HeaderList.empty) : 'continue';
  }

  #onRequestBody(chunk: Uint8Array, endOfStream: boolean): 'continue' | 'end' {
    const request = this.#following?.request;
    if (request === undefined) return 'continue';
    request.append(chunk, this.#seams.clock.now());
    // A cut request is another request: nothing of it is ever sent.
    if (request.body.overflow !== undefined) return this.#drop(request.body.overflow);
    return endOfStream ? this.#completeRequest(HeaderList.empty) : 'continue';
  }

  #onRequestTrailers(trailers: HeaderList): 'continue' | 'end' {
    const request = this.#following?.request;
    if (request === undefined) return 'continue';
    if (!request.reserve(headerBytes(trailers))) return this.#drop('bytes_exhausted');
    return this.#completeRequest(keptHeaders(trailers));
  }

  #onResponseTrailers(trailers: HeaderList): 'continue' | 'end' {
    const response = this.#response;
    if (response === undefined) return 'continue';
    if (!response.reserve(headerBytes(trailers))) return this.#drop('bytes_exhausted');
    response.end(keptHeaders(trailers), this.#seams.clock.now());
    return 'continue';
  }

  #completeRequest(trailers: HeaderList, at = this.#seams.clock.now()): 'continue' {
    const following = this.#following;
    if (following === undefined || following.request.whole !== undefined) return 'continue';
    following.request.end(trailers, at);
    this.#request = requestOf(following.line, following.request);
    if (this.#request !== undefined) this.#seams.onRequest(following.followed, this.#request);
    return 'continue';
  }

  #onResponseHeaders(event: {
    headers: HeaderList;
    endOfStream: boolean;
    attributes: Attributes;
  }): 'continue' | 'end' {
    // Only an answer of Envoy's own comes without a request (a refused upgrade, HTTP/1.0, an earlier filter).
    if (this.#following === undefined) return this.#skip('local_reply');
    const { status, headers } = readResponseHead(event.headers);
    const details = event.attributes.get('response.code_details');
    if (details === undefined) {
      this.#seams.onAttributesMissing();
    } else {
      const attempts = Number(event.attributes.get('upstream.request_attempt_count') ?? 0);
      if (details !== 'via_upstream') {
        if (attempts === 0) return this.#drop('local_reply');
        this.#upstreamFailed = true;
      }
    }
    this.#status = status;
    if (status === 101) return this.#drop('upgrade');
    if (isGrpc(headers) || (isEventStream(headers) && !this.#following.route.stream)) {
      return this.#drop('protocol_unsupported');
    }
    const now = this.#seams.clock.now();
    const bytes = headerBytes(event.headers);
    this.#response = this.#message(keptHeaders(headers, bytes), now, 'digest');
    if (!this.#response.reserve(bytes)) return this.#drop('bytes_exhausted');
    if (event.endOfStream) this.#response.end(HeaderList.empty, now);
    return 'continue';
  }

  #message(headers: HeaderList, startedAt: number, overflow: 'discard' | 'digest'): LiveMessage {
    const { maxBodyBytes, budget } = this.#seams;
    return new LiveMessage({ headers, startedAt, maxBodyBytes, budget, overflow });
  }

  #end(how: LiveEnd): void {
    // What threw may have closed the exchange before it did.
    if (how === 'internal' && this.#entry?.outcome !== undefined) return;
    if (this.#following === undefined) {
      // A synchronous filter is told by its first message, which is not handed on: it was seen all the same.
      if (how === 'unsafe') this.#entry ??= this.#seams.ledger.open();
      // Turned away before anything of it was read.
      if (how === 'bytes_exhausted' && this.#entry === undefined) {
        this.#entry = this.#seams.ledger.open();
        this.#entry.route = unreadRoute;
      }
      // Without an entry nothing decodable came, and there was no exchange.
      this.#entry?.close(outcomeOf(how) ?? 'live_incomplete');
      return;
    }
    const { followed } = this.#following;
    const failure = outcomeOf(how) ?? (this.#upstreamFailed ? 'live_upstream_failed' : undefined);
    const outcome = failure ?? this.#judge(how);
    const exchange = this.#exchange(this.#following);
    if (outcome !== 'answered') this.#seams.onDropped(followed, exchange, outcome);
    else if (isAnswered(exchange)) this.#seams.onAnswered(followed, exchange);
    else this.#seams.onDropped(followed, exchange, 'live_incomplete');
  }

  /** How a followed exchange ended, from what came of it and what did not. */
  #judge(how: LiveEnd): 'answered' | 'live_aborted' | 'live_incomplete' {
    if (how === 'complete') return 'answered';
    if (how !== 'half_close') return 'live_incomplete';
    const { request } = this.#following!;
    const response = this.#response;
    const requestEnd = request.missingEnd();
    const responseEnd = response?.missingEnd() ?? 'aborted';
    if (requestEnd === 'aborted' || responseEnd === 'aborted') return 'live_aborted';
    if (requestEnd === 'unknown' || responseEnd === 'unknown') return 'live_incomplete';
    // Envoy's delay before it gave the exchange up is no part of anybody's service time.
    this.#completeRequest(HeaderList.empty, request.lastPartAt);
    response?.end(HeaderList.empty, response.lastPartAt);
    return 'answered';
  }

  #exchange(following: Following): Exchange {
    const response = responseOf(this.#status, this.#response);
    return Object.freeze({
      ...following.followed.head,
      ...(this.#request && { request: this.#request }),
      ...(response && { response }),
      endedAt: this.#seams.clock.now(),
    });
  }

  #skip(outcome: NotFollowed): 'end' {
    this.#entry!.close(outcome);
    return 'end';
  }

  /** Ends the RPC of a followed exchange before its last part. */
  #drop(outcome: NotFollowed | Dropped): 'end' {
    const following = this.#following!;
    this.#seams.onDropped(following.followed, this.#exchange(following), outcome);
    return 'end';
  }
}

function outcomeOf(
  how: LiveEnd,
): 'unsafe_envoy_mode' | 'bytes_exhausted' | 'shutdown' | 'internal' | undefined {
  if (how === 'unsafe') return 'unsafe_envoy_mode';
  return how === 'bytes_exhausted' || how === 'shutdown' || how === 'internal' ? how : undefined;
}

function isAnswered(exchange: Exchange): exchange is AnsweredExchange {
  return exchange.request !== undefined && exchange.response !== undefined;
}
