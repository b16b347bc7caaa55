/**
 * `Process` calls on grpc-js: an interceptor consumes them itself, without the stream object that a handler would
 * get, and lets no status but OK out. Everything read is handed on as bytes; nothing is ever paused.
 */
import { constants, type ServerHttp2Stream } from 'node:http2';

import {
  ServerInterceptingCall,
  status,
  type Metadata,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';

import type { Answer, Call } from './answer.ts';
import type { LiveContext } from './live-event.ts';
import { processMethod } from './reference.ts';

type Open = (context: LiveContext, call: Call) => Answer | undefined;

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];

/** What grpc-js keeps to itself about a call. */
export interface Arrival {
  readonly stream: ServerHttp2Stream;
  readonly connection: Connection;
}

export interface Connection {
  /** It has broken or was closed by the peer. */
  isGone: boolean;
}

/** `Process` as grpc-js is to serve it: messages pass as bytes in both directions. */
export const processService = {
  Process: {
    path: processMethod.path,
    requestStream: true,
    responseStream: true,
    requestDeserialize: (bytes: Buffer): Buffer => bytes,
    responseSerialize: (bytes: Buffer): Buffer => bytes,
    requestSerialize: (bytes: Buffer): Buffer => bytes,
    responseDeserialize: (bytes: Buffer): Buffer => bytes,
  },
};

/** Asks `open` once a `Process` call; other methods go to their handlers. `arriving` is what the call is made of. */
export function interceptProcess(open: Open, arriving: () => Arrival): ServerInterceptor {
  return (method, call) =>
    method.path === processMethod.path
      ? new ProcessCall(call, open, arriving())
      : new ServerInterceptingCall(call);
}

class ProcessCall extends ServerInterceptingCall implements Listener, Call {
  readonly #base: ServerInterceptingCallInterface;
  readonly #sendStatus: ServerInterceptingCallInterface['sendStatus'];
  readonly #open: Open;
  readonly #arrival: Arrival;
  #answer: Answer | undefined;
  #hasSent = false;
  #isReading = false;
  #readAgain = false;

  constructor(base: ServerInterceptingCallInterface, open: Open, arrival: Arrival) {
    super(base);
    this.#base = base;
    this.#open = open;
    this.#arrival = arrival;
    // grpc-js ends a call on its own account through this method of the call itself: a message beyond the limit,
    // one that does not decompress, a deadline. Envoy would count each as a failure of the stream.
    this.#sendStatus = base.sendStatus.bind(base);
    base.sendStatus = (failure) => this.#onFailure(failure.code);
  }

  /** Takes the call; the handler behind never hears of it. */
  override start(): void {
    this.#base.start(this);
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#answer = this.#open(contextOf(metadata), this);
    if (this.#answer !== undefined) this.#read();
  }

  onReceiveMessage(message: Buffer): void {
    this.#answer?.onMessage(message);
    this.#read();
  }

  /** Node ends a stream in the same way when its connection went away. */
  onReceiveHalfClose(): void {
    if (this.#arrival.connection.isGone) this.#answer?.onCancel();
    else this.#answer?.onHalfClose();
  }

  onCancel(): void {
    this.#answer?.onCancel();
  }

  send(message: Buffer): void {
    this.#hasSent = true;
    this.#base.sendMessage(message, () => {});
  }

  /**
   * What Envoy has not sent yet is not wanted any more: RFC 9113 section 8.1 has a reset without an error for that,
   * behind the complete answer. Envoy resets the stream at the answer anyway, so it notices nothing; Node is rid
   * of the stream at once, and makes no error object of Envoy's reset (a fifth of all its work). Behind messages
   * the status is sent later, and a reset now would overtake it.
   */
  end(): void {
    this.#sendStatus(okStatus);
    if (!this.#hasSent) this.#arrival.stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #onFailure(code: status | null | undefined): void {
    if (code === status.DEADLINE_EXCEEDED) this.#answer?.onCancel();
    else this.#answer?.onUnreadable();
    this.end();
  }

  /** A loop, because `startRead` calls back at once when a message waits, and many can wait. */
  #read(): void {
    this.#readAgain = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#readAgain) {
      this.#readAgain = false;
      this.#base.startRead();
    }
    this.#isReading = false;
  }
}

const okStatus = { code: status.OK, details: '' };

function contextOf(metadata: Metadata): LiveContext {
  const traceparent = metadata.get('traceparent')[0];
  if (typeof traceparent !== 'string') return noContext;
  const tracestate = metadata.get('tracestate')[0];
  return typeof tracestate === 'string' ? { traceparent, tracestate } : { traceparent };
}

const noContext: LiveContext = {};
