/**
 * One `Process` RPC as an object: takes Envoy's messages, tells the listener what happened on the live side, and
 * decides when the RPC ends. It always ends with OK, in the same tick as the message that was the last.
 *
 * The listener hears `ended` exactly once and nothing after it. A listener that answered `end` hears nothing
 * more at all, `ended` neither: it did its own accounting when it said so.
 */
import type { Clock } from '../base/clock.ts';
import type { LiveEnd, LiveEvent, LiveListener } from './live-event.ts';
import { advance, type Phase } from './phases.ts';
import type { StreamResult } from './stream-result.ts';
import { continueAnswers, type Scan } from './wire.ts';

/** How long a complete response waits for the end of its request. Envoy's own word for it never comes. */
const requestEndMs = 1000;

/** What an answer may do to its RPC. Both are without effect once the RPC has ended. */
export interface Call {
  send(message: Buffer): void;
  /** Ends the RPC with status OK. */
  end(): void;
}

/** `capture.idle` and `capture.maxDuration`. */
export interface Deadlines {
  readonly idleMs: number;
  readonly maxDurationMs: number;
}

/** What all answers of one server share. */
export interface AnswerSeams {
  readonly clock: Clock;
  /** One for all: a message is read to its end before the next one is looked at. */
  readonly scan: Scan;
  readonly deadlines: () => Deadlines;
  readonly requireObservability: () => boolean;
  /** The filter waits for answers (`observability_mode` is off); heard once an RPC. */
  readonly onSynchronous: (fullDuplex: boolean) => void;
  /** Heard once, before the listener hears of the end. */
  readonly onResult: (answer: Answer, result: StreamResult) => void;
  /** The listener threw. */
  readonly onTrouble: (error: unknown) => void;
}

export class Answer {
  readonly #seams: AnswerSeams;
  readonly #call: Call;
  readonly #deadlines: Deadlines;
  readonly #openedAt: number;
  #lastMessageAt: number;
  #responseEndedAt = 0;
  /** Undefined once the RPC has ended. */
  #listener: LiveListener | undefined;
  #phase: Phase = 'opening';
  #seen = false;
  #synchronous = false;

  constructor(call: Call, listener: LiveListener, seams: AnswerSeams) {
    this.#call = call;
    this.#listener = listener;
    this.#seams = seams;
    this.#deadlines = seams.deadlines();
    this.#openedAt = this.#lastMessageAt = seams.clock.now();
  }

  onMessage(message: Buffer): void {
    if (this.#listener === undefined) return;
    this.#lastMessageAt = this.#seams.clock.now();
    const { scan } = this.#seams;
    const read = scan.read(message);
    if (read === 'undecodable') this.#end('undecodable');
    else if (read === 'part') this.#onPart(scan);
  }

  /** Envoy's `deferred_close_timeout` is over: it gives the exchange up. */
  onHalfClose(): void {
    this.#end('half_close');
  }

  /** Also follows every end of our own, as Envoy resets each stream; it means nothing then. */
  onCancel(): void {
    this.#end('cancelled');
  }

  /** A message that the transport could not take: beyond the receive limit, or badly compressed. */
  onUnreadable(): void {
    this.#end('undecodable');
  }

  /** A message is to come for which there is no room in the byte budget. */
  onExhausted(): void {
    this.#end('bytes_exhausted');
  }

  shutdown(): void {
    this.#end('shutdown');
  }

  /** Ends the RPC if one of its deadlines has passed at `now`. */
  checkDeadlines(now: number): void {
    if (this.#phase === 'awaiting_request' && now - this.#responseEndedAt >= requestEndMs) {
      this.#end('request_endless');
    } else if (now - this.#openedAt >= this.#deadlines.maxDurationMs) {
      this.#end('max_duration');
    } else if (now - this.#lastMessageAt >= this.#deadlines.idleMs) {
      this.#end('idle');
    }
  }

  #onPart(scan: Scan): void {
    const kind = scan.kind!;
    if (!scan.observability) {
      if (!this.#synchronous) {
        this.#synchronous = true;
        this.#seams.onSynchronous(scan.fullDuplex);
      }
      // In full duplex mode Envoy forwards only what it gets back, which is nothing: the sooner this RPC is out
      // of the way, the less of a body is lost.
      if (scan.fullDuplex || this.#seams.requireObservability()) {
        this.#seen = true;
        this.#end('unsafe');
        return;
      }
      this.#call.send(continueAnswers[kind]);
    }
    const before = this.#phase;
    this.#phase = advance(before, kind, scan.endOfStream);
    if (this.#phase === 'out_of_order') {
      this.#end('out_of_order');
      return;
    }
    const event = eventOf(scan);
    if (event === undefined) {
      this.#end('undecodable');
      return;
    }
    this.#seen = true;
    if (!this.#tell(event)) return;
    if (this.#phase === 'complete') this.#end('complete');
    else if (this.#phase === 'awaiting_request' && before !== 'awaiting_request') {
      this.#responseEndedAt = this.#lastMessageAt;
    }
  }

  /** False when the RPC ended over it. */
  #tell(event: LiveEvent): boolean {
    try {
      if (this.#listener!(event) === 'continue') return true;
      this.#finish('unwanted');
    } catch (error) {
      this.#seams.onTrouble(error);
      const listener = this.#listener!;
      this.#finish('internal');
      this.#tellEnd(listener, 'internal');
    }
    return false;
  }

  #end(how: LiveEnd): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    this.#finish(this.#resultOf(how));
    this.#tellEnd(listener, how);
  }

  #resultOf(how: LiveEnd): StreamResult {
    if (how === 'undecodable') return this.#seen ? 'undecodable_part' : 'undecodable';
    // What is turned away for want of room was there.
    return this.#seen || how === 'bytes_exhausted' ? how : 'empty';
  }

  #finish(result: StreamResult): void {
    this.#listener = undefined;
    this.#call.end();
    this.#seams.onResult(this, result);
  }

  #tellEnd(listener: LiveListener, how: LiveEnd): void {
    try {
      listener({ kind: 'ended', how });
    } catch (error) {
      this.#seams.onTrouble(error);
    }
  }
}

/** Undefined when the fields of the part are undecodable. */
function eventOf(scan: Scan): LiveEvent | undefined {
  const kind = scan.kind!;
  switch (kind) {
    case 'request_headers':
    case 'response_headers': {
      const headers = scan.headers();
      const attributes = scan.attributes();
      if (headers === undefined || attributes === undefined) return undefined;
      return { kind, headers, endOfStream: scan.endOfStream, attributes };
    }
    case 'request_body':
    case 'response_body':
      return { kind, chunk: scan.body(), endOfStream: scan.endOfStream };
    case 'request_trailers':
    case 'response_trailers': {
      const trailers = scan.headers();
      return trailers && { kind, trailers };
    }
  }
}
