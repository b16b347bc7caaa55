/**
 * An append-only store of one message body, bounded by its own cap and by the shared budget. Each byte is
 * copied once into memory of its own, because a view would keep the whole network buffer around it alive.
 * A body beyond its bounds is either given up (`overflow: 'discard'`: a cut request is another request) or
 * kept as length and SHA-256 (`overflow: 'digest'`: enough to say whether two answers are equal).
 */
import { createHash, type Hash } from 'node:crypto';

import type { ByteBudget } from './byte-budget.ts';

/** A body that has ended. Exactly one of `bytes` and `sha256` is there, or neither when it was discarded. */
export interface Body {
  /** Length on the wire, also when the bytes were not kept. */
  readonly length: number;
  readonly bytes?: Buffer;
  /** Hexadecimal SHA-256, only of a body that was too large to keep. */
  readonly sha256?: string;
}

export const emptyBody: Body = Object.freeze({ length: 0, bytes: Buffer.alloc(0) });

/** Why a body was not kept whole: its own cap, or the shared budget. */
export type Overflow = 'body_too_large' | 'bytes_exhausted';

export class BodyBuffer {
  readonly #maxBytes: number;
  readonly #budget: ByteBudget;
  readonly #onOverflow: 'discard' | 'digest';
  #chunks: Buffer[] = [];
  #kept = 0;
  #length = 0;
  #hash: Hash | undefined;
  #overflow: Overflow | undefined;

  constructor(options: { maxBytes: number; budget: ByteBudget; overflow: 'discard' | 'digest' }) {
    this.#maxBytes = options.maxBytes;
    this.#budget = options.budget;
    this.#onOverflow = options.overflow;
  }

  get length(): number {
    return this.#length;
  }

  get overflow(): Overflow | undefined {
    return this.#overflow;
  }

  /** Copies `chunk`; the caller may reuse its memory afterwards. */
  append(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#length += chunk.length;
    if (this.#overflow !== undefined) {
      this.#hash?.update(chunk);
      return;
    }
    if (this.#length > this.#maxBytes) this.#spill('body_too_large', chunk);
    else if (!this.#budget.take(chunk.length)) this.#spill('bytes_exhausted', chunk);
    else {
      // allocUnsafeSlow: memory from Buffer's shared pool would pin an 8 KiB slab per kept chunk.
      const copy = Buffer.allocUnsafeSlow(chunk.length);
      copy.set(chunk);
      this.#chunks.push(copy);
      this.#kept += chunk.length;
    }
  }

  /** The finished body. Its bytes stay counted in the budget until `release`. */
  finish(): Body {
    if (this.#overflow !== undefined) {
      if (this.#hash === undefined) return { length: this.#length };
      return { length: this.#length, sha256: this.#hash.digest('hex') };
    }
    if (this.#kept === 0) return emptyBody;
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#kept)];
    return { length: this.#length, bytes: this.#chunks[0]! };
  }

  /** Gives the kept bytes back to the budget. Idempotent; the body must not be read afterwards. */
  release(): void {
    this.#budget.give(this.#kept);
    this.#kept = 0;
    this.#chunks = [];
  }

  #spill(reason: Overflow, chunk: Uint8Array): void {
    this.#overflow = reason;
    if (this.#onOverflow === 'digest') {
      this.#hash = createHash('sha256');
      for (const kept of this.#chunks) this.#hash.update(kept);
      this.#hash.update(chunk);
    }
    this.release();
  }
}
