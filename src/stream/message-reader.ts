/**
 * Puts the gRPC messages of one RPC together, in place of grpc-js's own decoder, which keeps what has come of an
 * unfinished message in no book, as views that hold whole network buffers. Here an unfinished message has memory of
 * its own, and its declared length is taken from the byte budget before any of it is kept. A message that comes in
 * one piece, as nearly all do, is neither copied nor counted.
 */
import { gunzipSync, inflateSync } from 'node:zlib';

import type { ByteBudget } from '../base/byte-budget.ts';

/** Why a message is not read: it is none, or too large; or there is no room for it. */
export type Refusal = 'undecodable' | 'bytes_exhausted';

export interface MessageReaderOptions {
  /** Of a message, also of what it decompresses to. */
  readonly maxBytes: number;
  readonly budget: ByteBudget;
  /** `grpc-encoding` of the call. */
  readonly encoding: string | undefined;
  /** Heard at most once; nothing is read from then on. */
  readonly onRefused: (why: Refusal) => void;
}

/** The compressed flag and the length, in front of each message. */
const headBytes = 5;
const isCompressed = 1;
const unpackers = { gzip: gunzipSync, deflate: inflateSync };

export class MessageReader {
  readonly #options: MessageReaderOptions;
  /** The first bytes of a head that is not whole. */
  #head: Uint8Array | undefined;
  /** With its head; the first `#filled` bytes have come. */
  #unfinished: Buffer | undefined;
  #filled = 0;
  /** Whole messages that were handed out and not taken, and what they hold of the budget. */
  #waiting = 0;
  #waitingBytes = 0;
  #isClosed = false;

  constructor(options: MessageReaderOptions) {
    this.#options = options;
  }

  /**
   * The messages that end in `chunk`, each with its head, in order; they are valid until the next turn of the event
   * loop. grpc-js calls it, and takes a compressed flag only where the encoding is not known here.
   */
  write(chunk: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    if (this.#isClosed) return messages;
    let data = chunk;
    let start = 0;
    if (this.#unfinished !== undefined) {
      start = this.#fill(this.#unfinished, chunk);
      if (this.#filled < this.#unfinished.length) return messages;
      this.#finish(this.#unfinished, messages);
    } else if (this.#head !== undefined) {
      data = Buffer.concat([this.#head, chunk]);
      this.#head = undefined;
    }
    while (start < data.length && !this.#isClosed) {
      if (data.length - start < headBytes) {
        this.#head = new Uint8Array(data.subarray(start));
        break;
      }
      const length = data.readUInt32BE(start + 1);
      if (length > this.#options.maxBytes) {
        this.#refuse('undecodable');
        break;
      }
      const end = start + headBytes + length;
      if (end <= data.length) this.#handOut(data.subarray(start, end), messages);
      else this.#begin(data.subarray(start), headBytes + length);
      start = end;
    }
    return messages;
  }

  /** One of the messages has been taken: what it held is its new owner's to count. */
  onTaken(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0 || this.#waitingBytes === 0) return;
    this.#options.budget.give(this.#waitingBytes);
    this.#waitingBytes = 0;
  }

  /** Gives everything back; what comes now is discarded. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#options.budget.give(this.#waitingBytes + (this.#unfinished?.length ?? 0));
    this.#waitingBytes = 0;
    this.#unfinished = undefined;
    this.#head = undefined;
  }

  #begin(part: Buffer, size: number): void {
    if (!this.#options.budget.take(size)) {
      this.#refuse('bytes_exhausted');
      return;
    }
    // allocUnsafeSlow: memory from Buffer's shared pool would keep the whole pool alive.
    this.#unfinished = Buffer.allocUnsafeSlow(size);
    this.#filled = part.copy(this.#unfinished);
  }

  /** How much of `chunk` belonged to the unfinished message. */
  #fill(unfinished: Buffer, chunk: Buffer): number {
    const copied = chunk.copy(unfinished, this.#filled);
    this.#filled += copied;
    return copied;
  }

  #finish(message: Buffer, messages: Buffer[]): void {
    this.#unfinished = undefined;
    this.#waitingBytes += message.length;
    this.#handOut(message, messages);
  }

  #handOut(message: Buffer, messages: Buffer[]): void {
    const whole = message[0] === isCompressed ? this.#unpack(message) : message;
    if (whole === undefined) return;
    this.#waiting += 1;
    messages.push(whole);
  }

  /**
   * At once, although it blocks: what zlib's threads had in hand for many RPCs would be in no budget, and an RPC that
   * has ended could not take it back from them.
   */
  #unpack(message: Buffer): Buffer | undefined {
    const { encoding, maxBytes, budget } = this.#options;
    // What grpc-js makes of it is its word: as it is, or not supported.
    if (encoding !== 'gzip' && encoding !== 'deflate') return message;
    let content: Buffer;
    try {
      content = unpackers[encoding](message.subarray(headBytes), { maxOutputLength: maxBytes });
    } catch {
      this.#refuse('undecodable');
      return undefined;
    }
    const whole = Buffer.alloc(headBytes + content.length);
    if (!budget.take(whole.length)) {
      this.#refuse('bytes_exhausted');
      return undefined;
    }
    this.#waitingBytes += whole.length;
    content.copy(whole, headBytes);
    return whole;
  }

  #refuse(why: Refusal): void {
    this.close();
    this.#options.onRefused(why);
  }
}
