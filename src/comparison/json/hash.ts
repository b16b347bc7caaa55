/**
 * Numbers that stand for what JSON nodes say, so that items of arrays can be found by their content: equal for nodes
 * that say the same, whatever the order of their keys, their white space and escapes, and hardly ever for others (53
 * bits). They only choose what is compared with what; whether it is equal is always looked at. A container is read
 * once, from its end to its beginning, so that what is inside has its number first.
 */
import {
  jsonArray,
  jsonEscapedString,
  jsonNumber,
  jsonObject,
  jsonPlainString,
  nodeWidth,
  stringOf,
  type JsonDocument,
} from './document.ts';
import { minus, nine, point, zero } from './lexeme.ts';
import { lexemeOf } from './text.ts';

/** What is said of a node instead of what is written. */
export interface Said {
  /** The member may as well be missing. */
  readonly omitted?: boolean;
  /** In place of the content. */
  readonly instead?: string;
  /** Of an array: the order of its items means nothing. */
  readonly unordered?: boolean;
}

/** The numbers of the nodes of one document, made when they are first asked for. */
export class NodeHashes {
  readonly #document: JsonDocument;
  /** By the index of the node; 0 for those not yet made. */
  #hashes: Float64Array | undefined;
  readonly #said: ReadonlyMap<number, Said>;

  /** `said` is by node, and complete for all of a node when that is first asked for. */
  constructor(document: JsonDocument, said: ReadonlyMap<number, Said> = new Map()) {
    this.#document = document;
    this.#said = said;
  }

  of(node: number): number {
    const { nodes } = this.#document;
    const hashes = (this.#hashes ??= new Float64Array(nodes[3]! / nodeWidth));
    const known = hashes[node / nodeWidth]!;
    if (known !== 0) return known;
    for (let inner = nodes[node + 3]! - nodeWidth; inner >= node; inner -= nodeWidth) {
      hashes[inner / nodeWidth] ||= this.#hashOf(inner, hashes);
    }
    return hashes[node / nodeWidth]!;
  }

  /** What stands for a member: its key and its value. */
  ofMember(key: number): number {
    return mixed(this.of(key), this.of(key + nodeWidth));
  }

  #hashOf(node: number, hashes: Float64Array): number {
    const { bytes, nodes } = this.#document;
    const said = this.#said.size === 0 ? undefined : this.#said.get(node);
    if (said?.instead !== undefined) return hashOfText(said.instead, 1);
    switch (nodes[node]!) {
      case jsonPlainString:
        return hashOfBytes(bytes, nodes[node + 1]! + 1, nodes[node + 2]! - 1, jsonPlainString);
      case jsonEscapedString:
        return hashOfText(stringOf(this.#document, node));
      case jsonNumber:
        return hashOfNumber(doubleOf(this.#document, node));
      case jsonArray:
        return said?.unordered === true
          ? this.#hashOfBag(node, hashes)
          : this.#hashOfList(node, hashes);
      case jsonObject:
        return this.#hashOfObject(node, hashes);
      default:
        return hashOfBytes(bytes, 0, 0, 10 + nodes[node]!);
    }
  }

  #hashOfList(array: number, hashes: Float64Array): number {
    const { nodes } = this.#document;
    let hash = mixed(jsonArray, 1);
    for (let item = array + nodeWidth; item < nodes[array + 3]!; item = nodes[item + 3]!) {
      hash = mixed(hash, hashes[item / nodeWidth]!);
    }
    return hash;
  }

  #hashOfBag(array: number, hashes: Float64Array): number {
    const { nodes } = this.#document;
    const sum = new Sum();
    for (let item = array + nodeWidth; item < nodes[array + 3]!; item = nodes[item + 3]!) {
      sum.add(mixed(jsonArray, hashes[item / nodeWidth]!));
    }
    return sum.finish(jsonArray);
  }

  #hashOfObject(object: number, hashes: Float64Array): number {
    const { nodes } = this.#document;
    const sum = new Sum();
    for (
      let key = object + nodeWidth;
      key < nodes[object + 3]!;
      key = nodes[key + nodeWidth + 3]!
    ) {
      const value = key + nodeWidth;
      if (this.#said.get(value)?.omitted === true) continue;
      sum.add(mixed(hashes[key / nodeWidth]!, hashes[value / nodeWidth]!));
    }
    return sum.finish(jsonObject);
  }
}

/** Adds up numbers whose order means nothing. */
class Sum {
  #low = 0;
  #high = 0;

  add(hash: number): void {
    this.#low = (this.#low + hash) | 0;
    this.#high = (this.#high + upper(hash)) | 0;
  }

  finish(kind: number): number {
    return finished(this.#low ^ kind, this.#high);
  }
}

/** One number for two, in this order. */
export function mixed(one: number, other: number): number {
  let low = Math.imul(one ^ 0x9e3779b1, 0x85ebca6b);
  let high = Math.imul(upper(one) ^ 0x7f4a7c15, 0xc2b2ae35);
  low = Math.imul((low ^ (low >>> 15)) + (other | 0), 0x2c1b3c6d);
  high = Math.imul((high ^ (high >>> 13)) + (upper(other) | 0), 0x297a2d39);
  return finished(low, high);
}

/** The upper 32 of 53 bits. */
function upper(hash: number): number {
  return Math.floor(hash / 2 ** 21);
}

const double = new Float64Array(1);
const doubleBits = new Int32Array(double.buffer);

/** As `10 ** exponent` need not be: exact, which a double can be up to here. */
const powersOfTen = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * What `Number` makes of the text of a number, mostly without a text: digits that fit a double and a power of ten that
 * is exact leave one division, which rounds as reading the number does.
 */
function doubleOf(document: JsonDocument, number: number): number {
  const { bytes, nodes } = document;
  const end = nodes[number + 2]!;
  const negative = bytes[nodes[number + 1]!] === minus;
  let digits = 0;
  let fraction = end;
  for (let position = nodes[number + 1]! + (negative ? 1 : 0); position < end; position++) {
    const byte = bytes[position]!;
    if (byte === point) fraction = position + 1;
    else if (byte >= zero && byte <= nine) digits = 10 * digits + byte - zero;
    else return Number(lexemeOf(document, number));
  }
  const power = powersOfTen[end - fraction];
  if (digits > Number.MAX_SAFE_INTEGER || power === undefined) {
    return Number(lexemeOf(document, number));
  }
  return (negative ? -digits : digits) / power;
}

/** Of numbers that a double does not tell apart the same; zero has no sign. */
function hashOfNumber(value: number): number {
  double[0] = value + 0;
  return mixed(doubleBits[0]! + jsonNumber, doubleBits[1]!);
}

function hashOfBytes(bytes: Buffer, start: number, end: number, kind: number): number {
  // With the length, or a text would be one with zeros behind it.
  const length = Math.imul(end - start, 0x27d4eb2f);
  let low = 0xdeadbeef ^ kind ^ length;
  let high = 0x41c6ce57 ^ kind ^ length;
  let position = start;
  while (position < end) {
    let word = bytes[position++]!;
    if (position + 3 <= end) {
      word |= (bytes[position]! << 8) | (bytes[position + 1]! << 16) | (bytes[position + 2]! << 24);
      position += 3;
    }
    low = Math.imul(low ^ word, 0x9e3779b1);
    high = Math.imul(high ^ word, 0x5f356495);
    // A product carries nothing down, and the lowest bits would see the lowest ones of each word alone.
    low ^= low >>> 15;
    high ^= high >>> 13;
  }
  return finished(low, high);
}

/** `kind` tells texts of different meaning apart. */
function hashOfText(text: string, kind: number = jsonPlainString): number {
  const bytes = Buffer.from(text);
  return hashOfBytes(bytes, 0, bytes.length, kind);
}

/** 53 bits, never 0. */
function finished(low: number, high: number): number {
  let one = low ^ (high >>> 16);
  one = Math.imul(one, 0x85ebca6b);
  one ^= one >>> 13;
  let other = high ^ (low >>> 15);
  other = Math.imul(other, 0xc2b2ae35);
  other ^= other >>> 16;
  return (other >>> 0) * 2 ** 21 + (one >>> 11) || 1;
}
