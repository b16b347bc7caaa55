/**
 * Strings, numbers and booleans of a document as the texts and numbers that they stand for, and the way to them by a
 * JSON Pointer.
 */
import { itemsOf, jsonArray, jsonObject, stringOf, typeOf, type JsonDocument } from './document.ts';
import { memberNamed } from './members.ts';
import { sameNumber } from './number.ts';
import { lexemeOf } from './text.ts';

/** A longer string is no label, no name and no key. */
const maxScalarBytes = 64 * 1024;

/** What a string, number or boolean says; numbers in one form for each value. Undefined for everything else. */
export function scalarText(document: JsonDocument, node: number): string | undefined {
  switch (typeOf(document, node)) {
    case 'string':
      return shortString(document, node, maxScalarBytes);
    case 'number':
      return numberText(lexemeOf(document, node));
    case 'boolean':
      return lexemeOf(document, node);
    case 'null':
    case 'array':
    case 'object':
      return undefined;
  }
}

/** A string of at most so many bytes. */
export function shortString(
  document: JsonDocument,
  node: number,
  maxBytes: number,
): string | undefined {
  if (typeOf(document, node) !== 'string') return undefined;
  const length = document.nodes[node + 2]! - document.nodes[node + 1]!;
  return length > maxBytes ? undefined : stringOf(document, node);
}

/** A number that a double holds. */
export function finiteNumber(document: JsonDocument, node: number): number | undefined {
  if (typeOf(document, node) !== 'number') return undefined;
  const value = Number(lexemeOf(document, node));
  return Number.isFinite(value) ? value : undefined;
}

/** The node at this place below `node`; `segments` are those of a JSON Pointer (RFC 6901), unescaped. */
export function nodeAt(
  document: JsonDocument,
  node: number,
  segments: readonly string[],
): number | undefined {
  let here: number | undefined = node;
  for (const segment of segments) {
    if (here === undefined) return undefined;
    const kind: number = document.nodes[here]!;
    if (kind === jsonObject) here = memberNamed(document, here, segment);
    else if (kind === jsonArray) here = itemAt(document, here, segment);
    else return undefined;
  }
  return here;
}

/** RFC 6901 section 4: an index is digits without a leading zero. */
function itemAt(document: JsonDocument, array: number, segment: string): number | undefined {
  if (!/^(?:0|[1-9]\d{0,8})$/.test(segment)) return undefined;
  let left = Number(segment);
  for (const item of itemsOf(document, array)) {
    if (left-- === 0) return item;
  }
  return undefined;
}

/** The shortest form, unless that would lose digits. */
function numberText(lexeme: string): string {
  const short = String(Number(lexeme));
  return sameNumber(short, lexeme) ? short : lexeme;
}
