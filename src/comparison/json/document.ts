/**
 * A JSON text as a flat list of nodes in document order, made in one pass over its bytes: no value is copied or
 * converted, so that numbers keep the digits in which they were written, repeated keys stay visible, and a key
 * that is called `__proto__` is bytes like any other. Nothing recurses; depth, nodes and the length of a number
 * are bounded, and a text beyond a bound is said to be so instead of being read. Strict RFC 8259, but for the
 * bare words `NaN`, `Infinity` and `-Infinity`, which numeric services write (Python's `json`, TensorFlow Serving).
 */
import { isUtf8 } from 'node:buffer';

import {
  closeBrace,
  closeBracket,
  colon,
  comma,
  numberEnd,
  openBrace,
  openBracket,
  quote,
  skipSpace,
  stringEnd,
  wordAt,
} from './lexeme.ts';

/** Arrays and objects inside each other. */
export const maxJsonDepth = 512;
/** Values and keys together; each takes 16 bytes. */
export const maxJsonNodes = 250_000;
/** Characters of one number. */
export const maxNumberLength = 1024;

/** The kinds of node. A plain string has no backslash: the bytes between its quotes are its text. */
export const jsonNull = 0;
const jsonFalse = 1;
const jsonTrue = 2;
export const jsonNumber = 3;
export const jsonPlainString = 4;
export const jsonEscapedString = 5;
export const jsonArray = 6;
export const jsonObject = 7;

/**
 * `nodes` holds four numbers a node: its kind, where its text begins and ends in `bytes` (quotes and brackets
 * included), and the offset in `nodes` of what follows it and all below it. A node is named by its own offset; the
 * root is 0, and `nodes` may be longer than what follows the root. What an array or object holds comes right after
 * it; an object alternates key and value.
 */
export interface JsonDocument {
  readonly kind: 'document';
  readonly bytes: Buffer;
  readonly nodes: Int32Array;
}

/** `too_large` when a bound was passed before the text proved to be JSON or not. */
export type JsonReading = JsonDocument | { readonly kind: 'malformed' | 'too_large' };

/** Numbers a node: the first child of a container and the value of a key are this far on. */
export const nodeWidth = 4;

const malformed: JsonReading = Object.freeze({ kind: 'malformed' });
const tooLarge: JsonReading = Object.freeze({ kind: 'too_large' });

const words = [
  { text: 'true', kind: jsonTrue },
  { text: 'false', kind: jsonFalse },
  { text: 'null', kind: jsonNull },
  { text: 'NaN', kind: jsonNumber },
  { text: 'Infinity', kind: jsonNumber },
  { text: '-Infinity', kind: jsonNumber },
] as const;

/**
 * Reads a whole body as one JSON text. Never throws. The nodes are written to `memory` when it suffices (an array
 * made for each text costs as much as reading a short one), so the document holds until `memory` is used again.
 */
export function parseJson(bytes: Buffer, memory: Int32Array): JsonReading {
  // A lenient decoder would replace what is no UTF-8, and so make different bytes equal.
  if (!isUtf8(bytes)) return malformed;
  let nodes = memory;
  let top = 0;
  // The container that is being read. Until it ends, its fourth number names the one around it, or is -1.
  let open = -1;
  let inObject = false;
  let depth = 0;
  let position = skipSpace(bytes, 0);

  // Locals and one loop, no object for the state: this is what most of a comparison's time goes to.
  for (;;) {
    const needed = top + (inObject ? 2 : 1) * nodeWidth;
    if (needed > nodes.length) {
      if (needed > maxJsonNodes * nodeWidth) return tooLarge;
      const grown = new Int32Array(Math.min(2 * needed, maxJsonNodes * nodeWidth));
      grown.set(nodes);
      nodes = grown;
    }

    if (inObject) {
      let end = bytes[position] === quote ? stringEnd(bytes, position) : 0;
      if (end === 0) return malformed;
      nodes[top] = end < 0 ? jsonEscapedString : jsonPlainString;
      if (end < 0) end = -end;
      nodes[top + 1] = position;
      nodes[top + 2] = end;
      nodes[top + 3] = top + nodeWidth;
      top += nodeWidth;
      position = skipSpace(bytes, end);
      if (bytes[position] !== colon) return malformed;
      position = skipSpace(bytes, position + 1);
    }

    const first = bytes[position];
    nodes[top + 1] = position;
    if (first === openBrace || first === openBracket) {
      if (++depth > maxJsonDepth) return tooLarge;
      inObject = first === openBrace;
      nodes[top] = inObject ? jsonObject : jsonArray;
      nodes[top + 3] = open;
      open = top;
      top += nodeWidth;
      position = skipSpace(bytes, position + 1);
      if (bytes[position] !== (inObject ? closeBrace : closeBracket)) continue;
    } else {
      let end: number;
      if (first === quote) {
        end = stringEnd(bytes, position);
        nodes[top] = end < 0 ? jsonEscapedString : jsonPlainString;
        if (end < 0) end = -end;
      } else {
        end = numberEnd(bytes, position);
        nodes[top] = jsonNumber;
        if (end - position > maxNumberLength) return tooLarge;
        if (end === 0) {
          const word = words.find(({ text }) => wordAt(bytes, position, text));
          if (word !== undefined) {
            nodes[top] = word.kind;
            end = position + word.text.length;
          }
        }
      }
      if (end === 0) return malformed;
      nodes[top + 2] = end;
      nodes[top + 3] = top + nodeWidth;
      top += nodeWidth;
      position = skipSpace(bytes, end);
    }

    // A value has ended, and with it perhaps the containers around it.
    for (;;) {
      if (open < 0) {
        if (position !== bytes.length) return malformed;
        return { kind: 'document', bytes, nodes };
      }
      const next = bytes[position++];
      if (next === comma) {
        position = skipSpace(bytes, position);
        break;
      }
      if (next !== (inObject ? closeBrace : closeBracket)) return malformed;
      const around = nodes[open + 3]!;
      nodes[open + 2] = position;
      nodes[open + 3] = top;
      open = around;
      inObject = open >= 0 && nodes[open] === jsonObject;
      depth--;
      position = skipSpace(bytes, position);
    }
  }
}

/** The text of a key or string, without its quotes and escapes. */
export function stringOf(document: JsonDocument, node: number): string {
  const { bytes, nodes } = document;
  const start = nodes[node + 1]!;
  const end = nodes[node + 2]!;
  if (nodes[node] === jsonPlainString) return bytes.toString('utf8', start + 1, end - 1);
  return JSON.parse(bytes.toString('utf8', start, end)) as string;
}

export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export function typeOf({ nodes }: JsonDocument, node: number): JsonType {
  switch (nodes[node]!) {
    case jsonNull:
      return 'null';
    case jsonFalse:
    case jsonTrue:
      return 'boolean';
    case jsonNumber:
      return 'number';
    case jsonPlainString:
    case jsonEscapedString:
      return 'string';
    case jsonArray:
      return 'array';
    default:
      return 'object';
  }
}

/** The items of an array. */
export function* itemsOf({ nodes }: JsonDocument, array: number): Iterable<number> {
  const end = nodes[array + 3]!;
  for (let item = array + nodeWidth; item < end; item = nodes[item + 3]!) yield item;
}

/** How many items an array has. */
export function itemsIn({ nodes }: JsonDocument, array: number): number {
  const end = nodes[array + 3]!;
  let count = 0;
  for (let item = array + nodeWidth; item < end; item = nodes[item + 3]!) count++;
  return count;
}
