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

/**
 * Chunks smaller than this share a block. A client decides how small they are, and a block of its own for each
 * byte would cost hundreds of bytes that the budget does not know of.
 */
const blockBytes = 1024;

export class BodyBuffer {
  readonly #maxBytes: number;
  readonly #budget: ByteBudget;
  readonly #onOverflow: 'discard' | 'digest';
  /** Full, but for the last `#free` bytes of the last one. */
  #blocks: Buffer[] = [];
  #free = 0;
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
    else this.#keep(chunk);
  }

  /** The finished body. Its bytes stay counted in the budget until `release`. */
  finish(): Body {
    if (this.#overflow !== undefined) {
      if (this.#hash === undefined) return { length: this.#length };
      return { length: this.#length, sha256: this.#hash.digest('hex') };
    }
    if (this.#kept === 0) return emptyBody;
    if (this.#blocks.length > 1) {
      const whole = Buffer.allocUnsafeSlow(this.#kept);
      let offset = 0;
      for (const part of this.#parts()) {
        whole.set(part, offset);
        offset += part.length;
      }
      this.#blocks = [whole];
      this.#free = 0;
    }
    return { length: this.#length, bytes: this.#blocks[0]! };
  }

  /** Gives the kept bytes back to the budget. Idempotent; the body must not be read afterwards. */
  release(): void {
    this.#budget.give(this.#kept);
    this.#kept = 0;
    this.#blocks = [];
    this.#free = 0;
  }

  #keep(chunk: Uint8Array): void {
    this.#kept += chunk.length;
    const last = this.#blocks.at(-1);
    let rest = chunk;
    if (last !== undefined && this.#free > 0) {
      const fitting = chunk.subarray(0, this.#free);
      last.set(fitting, last.length - this.#free);
      this.#free -= fitting.length;
      rest = chunk.subarray(fitting.length);
      if (rest.length === 0) return;
    }
    // The first chunk is mostly the only one, and its block becomes the body as it is.
    const size = last === undefined ? rest.length : Math.max(rest.length, blockBytes);
    // allocUnsafeSlow: memory from Buffer's shared pool would keep the whole pool alive.
    const block = Buffer.allocUnsafeSlow(size);
    block.set(rest);
    this.#blocks.push(block);
    this.#free = size - rest.length;
  }

  /** The kept bytes, in order. */
  *#parts(): Iterable<Buffer> {
    const last = this.#blocks.length - 1;
    for (const [index, block] of this.#blocks.entries()) {
      yield index === last ? block.subarray(0, block.length - this.#free) : block;
    }
  }

  #spill(reason: Overflow, chunk: Uint8Array): void {
    this.#overflow = reason;
    if (this.#onOverflow === 'digest') {
      this.#hash = createHash('sha256');
      for (const part of this.#parts()) this.#hash.update(part);
      this.#hash.update(chunk);
    }
    this.release();
  }
}
