/**
 * One request on its way: hears from the HTTP client what happens to it and tells its sender once how it
 * ended, by whatever comes first. It has the shape of the client's dispatch handler without knowing its
 * types. After it has ended for its sender, the client may still hold it; `onReleased` says when not.
 */
import { BodyBuffer } from '../base/body-buffer.ts';
import type { ByteBudget } from '../base/byte-budget.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { HeaderList } from '../base/header-list.ts';
import { headerRoom } from '../base/kept-headers.ts';
import type { Duplicate } from '../duplicate/duplicate.ts';
import { egressFailureOf, egressHeader } from './egress.ts';
import { failureOf, type Failure, type Progress } from './failure.ts';
import { headerListOf } from './raw-headers.ts';
import type { ShadowResponse } from './shadow-response.ts';

/** What the calls of one client share. */
export interface CallContext {
  readonly clock: Clock;
  readonly budget: ByteBudget;
  /** A response body beyond this is not read to its end. */
  readonly maxResponseBytes: number;
  /** A response body beyond this is kept as length and SHA-256. */
  readonly maxBodyBytes: number;
  /** Whether answers carry the header of an Envoy egress listener. */
  readonly egress: boolean;
  /** Asked when a request is about to be written; one that may not be is given up. */
  readonly mayStart: () => boolean;
  readonly onEgressHeaderMissing: () => void;
  /** The sender has its response. */
  readonly onSettled: (call: Call) => void;
  /** The client holds the request no longer: its connection is free, or gone. */
  readonly onReleased: () => void;
}

/** The part of the client's controller that is used: raw header bytes, and a way to end the request. */
interface Controller {
  rawHeaders?: unknown;
  readonly rawTrailers?: unknown;
  abort(reason: Error): void;
}

/** Interim responses (1xx) that may come before the final one. */
const maxInterimResponses = 16;

export class Call {
  readonly duplicate: Duplicate;
  readonly #context: CallContext;
  readonly #resolve: (response: ShadowResponse) => void;
  readonly #onAbort = (): void => this.cancel();
  #timer: Timer | undefined;
  #signal: AbortSignal | undefined;
  #controller: Controller | undefined;
  #settled = false;
  #sentAt: number;
  #interimResponses = 0;
  #status: number | undefined;
  #headers = HeaderList.empty;
  #body: BodyBuffer | undefined;
  /** Bytes of headers and trailers that it has taken from the budget. */
  #headerRoom = 0;
  /** The egress had no answer. Its own answer is read to the end, so that the connection stays usable. */
  #egressFailure: Failure | undefined;

  constructor(
    duplicate: Duplicate,
    context: CallContext,
    resolve: (response: ShadowResponse) => void,
  ) {
    this.duplicate = duplicate;
    this.#context = context;
    this.#resolve = resolve;
    this.#sentAt = context.clock.now();
  }

  /** Starts the time to the last byte, and listens to the sender's signal. */
  limit(timeoutMs: number, signal: AbortSignal): void {
    this.#timer = this.#context.clock.setTimer(timeoutMs, () => {
      this.#giveUp({ kind: 'shadow_timeout', errorType: 'timeout' });
    });
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort);
  }

  cancel(): void {
    if (this.#settled) return;
    this.#settle({ kind: 'cancelled', ...this.#ending() });
    this.#abort();
  }

  /** The client is about to write the request to a connection. */
  onRequestStart(controller: Controller): void {
    if (!this.#settled && !this.#context.mayStart()) {
      this.#settle({ kind: 'cancelled', reason: 'paused', ...this.#ending() });
    }
    // Given up while its connection was being made. Throwing leaves the new connection to the next request,
    // aborting would close it.
    if (this.#settled) throw new Error('given up before it was sent');
    this.#controller = controller;
    this.#sentAt = this.#context.clock.now();
  }

  onResponseStart(controller: Controller, status: number): void {
    if (status === 101) {
      this.#giveUp({ kind: 'shadow_malformed', errorType: 'unexpected_upgrade' });
    } else if (status < 200) {
      this.#interimResponses += 1;
      if (this.#interimResponses <= maxInterimResponses) return;
      this.#giveUp({ kind: 'shadow_malformed', errorType: 'too_many_interim_responses' });
    } else {
      this.#status = status;
      this.#headers = headerListOf(controller.rawHeaders);
      // Two buffers a field, which the client would hold until the body has ended.
      controller.rawHeaders = undefined;
      if (this.#context.egress) this.#takeEgressHeader();
      if (!this.#takeHeaderRoom(headerRoom(this.#headers))) return;
      if (this.#egressFailure === undefined) {
        const { maxBodyBytes, budget } = this.#context;
        this.#body = new BodyBuffer({ maxBytes: maxBodyBytes, budget, overflow: 'digest' });
      }
    }
  }

  onResponseData(_controller: Controller, chunk: Uint8Array): void {
    if (this.#body === undefined) return;
    if (this.#body.length + chunk.length > this.#context.maxResponseBytes) {
      this.#giveUp({ kind: 'shadow_too_large', errorType: 'response_too_large' });
    } else {
      this.#body.append(chunk);
    }
  }

  onResponseEnd(controller: Controller): void {
    this.#controller = undefined;
    if (this.#egressFailure !== undefined) {
      this.#settle({ ...this.#egressFailure, ...this.#ending() });
    } else if (!this.#settled && this.#status !== undefined && this.#body !== undefined) {
      this.#answer(this.#status, this.#body, headerListOf(controller.rawTrailers));
    }
    this.#context.onReleased();
  }

  #answer(status: number, buffer: BodyBuffer, trailers: HeaderList): void {
    if (!this.#takeHeaderRoom(headerRoom(this.#headers, trailers))) return;
    const body = buffer.finish();
    // Whoever reads the answer gives its bytes back.
    this.#body = undefined;
    this.#headerRoom = 0;
    this.#settle({
      kind: 'answered',
      ...this.#ending(),
      status,
      headers: this.#headers,
      body,
      trailers,
    });
  }

  /** Takes what is missing to `bytes`; false when there is no room, and the call is over. */
  #takeHeaderRoom(bytes: number): boolean {
    if (this.#settled) return false;
    if (this.#context.budget.take(bytes - this.#headerRoom)) {
      this.#headerRoom = bytes;
      return true;
    }
    this.#settle({ kind: 'cancelled', reason: 'bytes_exhausted', ...this.#ending() });
    this.#abort();
    return false;
  }

  onResponseError(_controller: Controller, error: Error): void {
    const progress = this.#progress();
    this.#controller = undefined;
    this.#settle({ ...failureOf(error, progress), ...this.#ending() });
    this.#context.onReleased();
  }

  #takeEgressHeader(): void {
    const value = this.#headers.get(egressHeader);
    if (value === undefined) return this.#context.onEgressHeaderMissing();
    this.#egressFailure = egressFailureOf(value);
    this.#headers = HeaderList.fromPairs(
      [...this.#headers].filter(([name]) => name !== egressHeader),
    );
  }

  #progress(): Progress {
    if (this.#controller === undefined) return 'connecting';
    return this.#status === undefined ? 'sent' : 'responding';
  }

  #ending(): { duplicate: Duplicate; sentAt: number; endedAt: number } {
    const endedAt = this.#context.clock.now();
    return { duplicate: this.duplicate, sentAt: this.#sentAt, endedAt };
  }

  #giveUp(failure: Failure): void {
    if (this.#settled) return;
    this.#settle({ ...failure, ...this.#ending() });
    this.#abort();
  }

  #abort(): void {
    this.#controller?.abort(new Error('given up'));
  }

  #settle(response: ShadowResponse): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#timer?.clear();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#body?.release();
    this.#body = undefined;
    this.#context.budget.give(this.#headerRoom);
    this.#headerRoom = 0;
    this.#context.onSettled(this);
    this.#resolve(response);
  }
}
