/**
 * Walks the fields of one protobuf message in a range of bytes, without knowing what they mean. Nothing is
 * copied or allocated; malformed input stops the walk and sets `malformed`, it never throws and never reads
 * outside the range. Groups are skipped as one field, iteratively, to a bounded depth.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */

export const wireType = {
  varint: 0,
  fixed64: 1,
  bytes: 2,
  group: 3,
  groupEnd: 4,
  fixed32: 5,
} as const;

/** Deeper nested groups are malformed. No encoder has written a group into these messages, ever. */
const maxGroupDepth = 32;

export class Fields {
  #bytes: Uint8Array = new Uint8Array(0);
  #position = 0;
  #end = 0;
  readonly #openGroups = new Uint32Array(maxGroupDepth);

  /** True once the input turned out to be no protobuf message; `next` returned false then. */
  malformed = false;
  /** Number and wire type of the current field. */
  number = 0;
  type = 0;
  /** The value's range in the bytes (the content, for `bytes`). */
  start = 0;
  end = 0;
  /** The value of a varint; exact up to 2^53, enough to tell it from zero beyond. */
  varint = 0;

  open(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
    this.malformed = false;
  }

  /** Moves to the next field; false at the end of the range, or where it is malformed. */
  next(): boolean {
    if (this.#position >= this.#end) return false;
    if (!this.#readTag()) return false;
    if (this.type === wireType.groupEnd) return this.#fail();
    if (this.type === wireType.group) return this.#skipGroup();
    return this.#readValue();
  }

  #fail(): false {
    this.malformed = true;
    this.#position = this.#end;
    return false;
  }

  #readTag(): boolean {
    const tag = this.#readVarint();
    if (tag < 8 || tag > 0xffff_ffff) return this.#fail();
    this.number = tag >>> 3;
    this.type = tag & 7;
    return true;
  }

  #readValue(): boolean {
    switch (this.type) {
      case wireType.varint:
        this.start = this.#position;
        this.varint = this.#readVarint();
        this.end = this.#position;
        return this.varint < 0 ? this.#fail() : true;
      case wireType.bytes: {
        const length = this.#readVarint();
        return length < 0 ? this.#fail() : this.#take(length);
      }
      case wireType.fixed64:
        return this.#take(8);
      case wireType.fixed32:
        return this.#take(4);
      default:
        return this.#fail();
    }
  }

  #take(length: number): boolean {
    if (length > this.#end - this.#position) return this.#fail();
    this.start = this.#position;
    this.end = this.#position += length;
    return true;
  }

  /** Leaves `number` and `type` at the group itself. */
  #skipGroup(): boolean {
    const outermost = this.number;
    this.#openGroups[0] = outermost;
    for (let depth = 1; depth > 0;) {
      if (this.#position >= this.#end || !this.#readTag()) return this.#fail();
      if (this.type === wireType.groupEnd) {
        depth -= 1;
        if (this.#openGroups[depth] !== this.number) return this.#fail();
      } else if (this.type === wireType.group) {
        if (depth === maxGroupDepth) return this.#fail();
        this.#openGroups[depth] = this.number;
        depth += 1;
      } else if (!this.#readValue()) {
        return false;
      }
    }
    this.number = outermost;
    this.type = wireType.group;
    return true;
  }

  /** -1 when the varint is cut off or longer than ten bytes. */
  #readVarint(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let position = this.#position;
    if (position >= end) return -1;
    let byte = bytes[position++]!;
    if (byte < 0x80) {
      this.#position = position;
      return byte;
    }
    let value = byte & 0x7f;
    let factor = 1;
    for (let length = 1; byte >= 0x80; length += 1) {
      if (length === 10 || position >= end) return -1;
      byte = bytes[position++]!;
      factor *= 128;
      value += (byte & 0x7f) * factor;
    }
    this.#position = position;
    return value;
  }
}
