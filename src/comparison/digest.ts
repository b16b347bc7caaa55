/**
 * What is told of a value that is not shown: its type, its length and a keyed hash, so that a reader sees whether the
 * same two values differ again and again. Of what a name hides nothing is told.
 */
import type { KeyedHash } from './keyed-hash.ts';

/** One side of a difference. */
export interface Digest {
  readonly type: 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';
  /** Bytes of a string or of the text of a number, items of an array, members of an object. */
  readonly length: number;
  /** `h:` and 16 hexadecimal digits; equal for equal values. Absent of arrays, objects and very long texts. */
  readonly hash?: string;
}

/** A longer text would cost more than its hash is worth. */
export const maxHashedBytes = 4096;
/** So many differences of a comparison have digests, which are two hashes each. */
export const maxDigested = 20;

/** The digest of a text that is a scalar. */
export function scalarDigest(type: Digest['type'], text: string, hash: KeyedHash): Digest {
  const length = Buffer.byteLength(text);
  if (length > maxHashedBytes) return { type, length };
  // The type is a part of what is hashed: "1" and 1 are not equal.
  return { type, length, hash: hash(`${type} ${text}`) };
}
