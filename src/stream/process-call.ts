/**
 * The calls on grpc-js. An interceptor consumes those of `Process` itself, without the stream object that a handler
 * would get, and lets no status but OK out. Everything read is handed on as bytes; nothing is ever paused. What has
 * come of an unfinished message is in the byte budget, for `Process`, or in a small one of its own.
 */
import { constants, type ServerHttp2Stream } from 'node:http2';

import {
  ServerInterceptingCall,
  status,
  type Metadata,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';

import { ByteBudget } from '../base/byte-budget.ts';
import type { Answer, Call } from './answer.ts';
import type { LiveContext } from './live-event.ts';
import { MessageReader, type Refusal } from './message-reader.ts';
import { processMethod } from './reference.ts';

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];

/** What grpc-js keeps to itself about a call. */
export interface Arrival {
  readonly stream: ServerHttp2Stream;
  readonly connection: Connection;
  /** `grpc-encoding`. */
  readonly encoding: string | undefined;
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

export interface CallSeams {
  /** Asked once a `Process` call. */
  readonly open: (context: LiveContext, call: Call) => Answer | undefined;
  /** What the call is made of that grpc-js makes right now. */
  readonly arriving: () => Arrival;
  readonly maxMessageBytes: number;
  /** Of the unfinished messages of `Process`. */
  readonly budget: ByteBudget;
}

/** Of the unfinished messages of all other calls together: a health check has some twenty bytes. */
const otherCallsBytes = 64 * 1024;

/** Takes the `Process` calls; those of other methods go to their handlers. */
export function interceptCalls(seams: CallSeams): ServerInterceptor {
  const otherCalls = new ByteBudget(otherCallsBytes);
  return (method, call) => {
    const arrival = seams.arriving();
    if (method.path === processMethod.path) return new ProcessCall(call, seams, arrival);
    const reader = readMessages(call, {
      maxBytes: seams.maxMessageBytes,
      budget: otherCalls,
      encoding: arrival.encoding,
      onRefused: () =>
        call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details: 'the message is too large' }),
    });
    arrival.stream.once('close', () => reader.close());
    return new ServerInterceptingCall(call);
  };
}

/**
 * Puts a reader of ours in the place of grpc-js's decoder, for which there is no public way. That it is still asked is
 * proven at start (self-test.ts).
 */
function readMessages(
  call: ServerInterceptingCallInterface,
  options: ConstructorParameters<typeof MessageReader>[0],
): MessageReader {
  const reader = new MessageReader(options);
  (call as unknown as { decoder: Pick<MessageReader, 'write'> }).decoder = reader;
  return reader;
}

class ProcessCall extends ServerInterceptingCall implements Listener, Call {
  readonly #base: ServerInterceptingCallInterface;
  readonly #sendStatus: ServerInterceptingCallInterface['sendStatus'];
  readonly #open: CallSeams['open'];
  readonly #arrival: Arrival;
  readonly #reader: MessageReader;
  #answer: Answer | undefined;
  #hasSent = false;
  #isReading = false;
  #readAgain = false;

  constructor(base: ServerInterceptingCallInterface, seams: CallSeams, arrival: Arrival) {
    super(base);
    this.#base = base;
    this.#open = seams.open;
    this.#arrival = arrival;
    this.#reader = readMessages(base, {
      maxBytes: seams.maxMessageBytes,
      budget: seams.budget,
      encoding: arrival.encoding,
      onRefused: (why) => this.#onRefused(why),
    });
    // grpc-js ends a call on its own account through this method of the call itself: an unknown compression, a
    // deadline. Envoy would count each as a failure of the stream.
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
    this.#reader.onTaken();
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
    this.#reader.close();
    this.#sendStatus(okStatus);
    if (!this.#hasSent) this.#arrival.stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #onRefused(why: Refusal): void {
    if (why === 'bytes_exhausted') this.#answer?.onExhausted();
    else this.#answer?.onUnreadable();
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
