/**
 * Node by node: whether two say the same, and what of one may be shown. Works on the bytes of the documents and
 * makes strings only where the bytes do not settle it.
 */
import {
  itemsIn,
  jsonArray,
  jsonEscapedString,
  jsonObject,
  jsonPlainString,
  nodeWidth,
  stringOf,
  typeOf,
  type JsonDocument,
} from './document.ts';
import { colon, minus, nine, skipSpace, zero } from './lexeme.ts';
import { canonicalNumber, sameNumber } from './number.ts';
import { maxHashedBytes, scalarDigest, type Digest } from '../digest.ts';
import type { KeyedHash } from '../keyed-hash.ts';
import { isSecretName, maxShownCharacters, shownText } from '../redaction.ts';

/** Below it a loop is faster than a call into the runtime. */
const shortBytes = 48;

/** Whether two nodes are written with the same bytes, and so are equal. */
export function sameText(
  live: JsonDocument,
  liveNode: number,
  shadow: JsonDocument,
  shadowNode: number,
): boolean {
  const start = live.nodes[liveNode + 1]!;
  const end = live.nodes[liveNode + 2]!;
  const shadowStart = shadow.nodes[shadowNode + 1]!;
  const shadowEnd = shadow.nodes[shadowNode + 2]!;
  const length = end - start;
  if (shadowEnd - shadowStart !== length) return false;
  if (length >= shortBytes) {
    return live.bytes.compare(shadow.bytes, shadowStart, shadowEnd, start, end) === 0;
  }
  for (let offset = 0; offset < length; offset++) {
    if (live.bytes[start + offset] !== shadow.bytes[shadowStart + offset]) return false;
  }
  return true;
}

/** Whether two keys or strings that are not written with the same bytes are the same text. */
export function sameEscapedString(
  live: JsonDocument,
  liveNode: number,
  shadow: JsonDocument,
  shadowNode: number,
): boolean {
  const escaped =
    live.nodes[liveNode] === jsonEscapedString || shadow.nodes[shadowNode] === jsonEscapedString;
  return escaped && stringOf(live, liveNode) === stringOf(shadow, shadowNode);
}

/** Whether two numbers that are not written with the same bytes have the same value. */
export function sameWrittenNumber(
  live: JsonDocument,
  liveNode: number,
  shadow: JsonDocument,
  shadowNode: number,
): boolean {
  // Of integers only zero can be written in two ways, and most numbers that differ are integers.
  if (isInteger(live, liveNode) && isInteger(shadow, shadowNode)) return false;
  return sameNumber(lexemeOf(live, liveNode), lexemeOf(shadow, shadowNode));
}

/** Whether a number has neither fraction nor exponent and is not -0. */
function isInteger({ bytes, nodes }: JsonDocument, node: number): boolean {
  const start = nodes[node + 1]!;
  const end = nodes[node + 2]!;
  const first = bytes[start] === minus ? start + 1 : start;
  if (first !== start && bytes[first] === zero) return false;
  for (let position = first; position < end; position++) {
    const byte = bytes[position]!;
    if (byte < zero || byte > nine) return false;
  }
  return true;
}

/** The text of a number or word. */
export function lexemeOf({ bytes, nodes }: JsonDocument, node: number): string {
  return bytes.toString('latin1', nodes[node + 1], nodes[node + 2]);
}

/**
 * The JSON text of a node, cut; undefined when it looks like a credential or, for an array or object, when a key
 * in the part that would be shown names a secret.
 */
export function shownNode(document: JsonDocument, node: number): string | undefined {
  const { bytes, nodes } = document;
  const start = nodes[node + 1]!;
  // A UTF-16 unit comes from at most three bytes of UTF-8, so more than enough is decoded.
  const end = Math.min(nodes[node + 2]!, start + 4 * maxShownCharacters);
  const kind = nodes[node];
  if ((kind === jsonArray || kind === jsonObject) && hasSecretKey(document, node, end)) {
    return undefined;
  }
  return shownText(bytes.toString('utf8', start, end));
}

/** What is told of a node that is not shown; numbers that are equal have the same. */
export function nodeDigest(document: JsonDocument, node: number, hash: KeyedHash): Digest {
  const type = typeOf(document, node);
  switch (type) {
    case 'array':
      return { type, length: itemsIn(document, node) };
    case 'object':
      return { type, length: itemsIn(document, node) / 2 };
    case 'string': {
      const length = document.nodes[node + 2]! - document.nodes[node + 1]! - 2;
      if (length > maxHashedBytes) return { type, length };
      return { ...scalarDigest(type, stringOf(document, node), hash), length };
    }
    case 'number':
      return scalarDigest(type, canonicalNumber(lexemeOf(document, node)), hash);
    case 'boolean':
    case 'null':
      return scalarDigest(type, lexemeOf(document, node), hash);
  }
}

function hasSecretKey(document: JsonDocument, container: number, end: number): boolean {
  const { bytes, nodes } = document;
  const behind = nodes[container + 3]!;
  for (let node = container + nodeWidth; node < behind; node += nodeWidth) {
    if (nodes[node + 1]! >= end) return false;
    const kind = nodes[node];
    if (kind !== jsonPlainString && kind !== jsonEscapedString) continue;
    const isKey = bytes[skipSpace(bytes, nodes[node + 2]!)] === colon;
    if (isKey && isSecretName(stringOf(document, node))) return true;
  }
  return false;
}
