/**
 * Holds ended spans within a bound on their number and one on their estimated memory. A span is held from its
 * admission until the batch it was taken with is released, so what is being exported counts as well.
 */
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

import { estimateBytes } from './span-size.ts';

export interface SpanBatch {
  readonly spans: ReadableSpan[];
  readonly bytes: number;
}

const usualSpanBytes = 2048;

export class SpanRoom {
  readonly #maxSpans: number;
  readonly #maxBytes: number;
  #waiting: ReadableSpan[] = [];
  #waitingBytes: number[] = [];
  #held = 0;
  #heldBytes = 0;

  constructor(limits: { maxSpans: number; maxBytes: number }) {
    this.#maxSpans = limits.maxSpans;
    this.#maxBytes = limits.maxBytes;
  }

  get held(): number {
    return this.#held;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Of those held, how many are in no batch yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether so many spans would be admitted now; what they hold is not known yet, so their bytes are guessed. */
  hasRoomFor(spans: number): boolean {
    return (
      this.#held + spans <= this.#maxSpans &&
      this.#heldBytes + spans * usualSpanBytes <= this.#maxBytes
    );
  }

  /** False, and nothing is held, when that would pass a bound. */
  admit(span: ReadableSpan): boolean {
    const bytes = estimateBytes(span);
    if (this.#held >= this.#maxSpans || this.#heldBytes + bytes > this.#maxBytes) return false;
    this.#waiting.push(span);
    this.#waitingBytes.push(bytes);
    this.#held += 1;
    this.#heldBytes += bytes;
    return true;
  }

  /** The oldest spans that wait, at most `maxSpans`; held until `release`. */
  take(maxSpans: number): SpanBatch {
    const spans = this.#waiting.splice(0, maxSpans);
    const sizes = this.#waitingBytes.splice(0, spans.length);
    return { spans, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) };
  }

  /** To be called once a batch. */
  release({ spans, bytes }: SpanBatch): void {
    this.#held -= spans.length;
    this.#heldBytes -= bytes;
  }
}
