/**
 * One direction of a live exchange while it arrives: its header section, its body in a bounded buffer, its
 * trailers; what is large of them is taken from the byte budget. It also says what to make of a message that has
 * no end mark although Envoy gave the exchange up.
 */
import { BodyBuffer, type Body } from '../base/body-buffer.ts';
import type { ByteBudget } from '../base/byte-budget.ts';
import { HeaderList } from '../base/header-list.ts';
import { freeHeaderBytes } from '../base/kept-headers.ts';

/**
 * - `complete`: it has its end, or as many bytes came as `content-length` announced.
 * - `aborted`: it is certain to have been cut.
 * - `unknown`: without trailers it would have had an end mark, but trailers are possible.
 */
export type MissingEnd = 'complete' | 'aborted' | 'unknown';

export class LiveMessage {
  readonly headers: HeaderList;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly body: BodyBuffer;
  readonly #budget: ByteBudget;
  /** Of its headers and trailers; what is beyond the free ones is taken from the budget. */
  #headerBytes = 0;
  #lastPartAt: number;
  #end:
    { readonly body: Body; readonly trailers: HeaderList; readonly endedAt: number } | undefined;

  constructor(options: {
    headers: HeaderList;
    startedAt: number;
    maxBodyBytes: number;
    budget: ByteBudget;
    /** What becomes of a body that is too large: see `BodyBuffer`. */
    overflow: 'discard' | 'digest';
  }) {
    this.headers = options.headers;
    this.startedAt = options.startedAt;
    this.#lastPartAt = options.startedAt;
    this.#budget = options.budget;
    this.body = new BodyBuffer({
      maxBytes: options.maxBodyBytes,
      budget: options.budget,
      overflow: options.overflow,
    });
  }

  /** Makes room for so many bytes of headers or trailers; false, and nothing is taken, when there is none. */
  reserve(headerBytes: number): boolean {
    const after = this.#headerBytes + headerBytes;
    if (!this.#budget.take(beyondFree(after) - beyondFree(this.#headerBytes))) return false;
    this.#headerBytes = after;
    return true;
  }

  /** Gives everything back to the budget. Idempotent; the message must not be read afterwards. */
  release(): void {
    this.body.release();
    this.#budget.give(beyondFree(this.#headerBytes));
    this.#headerBytes = 0;
  }

  append(chunk: Uint8Array, at: number): void {
    this.body.append(chunk);
    this.#lastPartAt = at;
  }

  /** When its headers or the last part of its body came. */
  get lastPartAt(): number {
    return this.#lastPartAt;
  }

  end(trailers: HeaderList, at: number): void {
    this.#end ??= { body: this.body.finish(), trailers, endedAt: at };
  }

  /** Everything of it, once it has ended. */
  get whole():
    { readonly body: Body; readonly trailers: HeaderList; readonly endedAt: number } | undefined {
    return this.#end;
  }

  /** Bytes announced by `content-length`, or undefined when there is no such header or no number in it. */
  get announcedLength(): number | undefined {
    const value = this.headers.get('content-length');
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
  }

  /**
   * Envoy has no word for an abort: it half-closes, `deferred_close_timeout` after the exchange was over, and
   * the end mark is missing. A filter that does not send trailers (Envoy Gateway has no field for them) leaves a
   * whole message that has trailers without an end mark as well.
   */
  missingEnd(): MissingEnd {
    if (this.#end !== undefined) return 'complete';
    const announced = this.announcedLength;
    if (announced !== undefined) return announced === this.body.length ? 'complete' : 'aborted';
    // HTTP/1 announces trailers (RFC 9110 section 6.6.2); HTTP/2 does without and has no transfer-encoding.
    if (this.headers.has('transfer-encoding') && !this.headers.has('trailer')) return 'aborted';
    return 'unknown';
  }
}

function beyondFree(headerBytes: number): number {
  return Math.max(0, headerBytes - freeHeaderBytes);
}
