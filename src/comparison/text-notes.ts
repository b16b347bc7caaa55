/**
 * What is odd about a text that was to be compared by its structure: a mark or bytes that do not belong into it, or no
 * structure at all. It changes no result; it says to the reader why a difference looks as it does.
 */
import { isUtf8 } from 'node:buffer';

import { hasByteOrderMark } from './body-reading.ts';

export type Oddity = 'byte_order_mark' | 'not_utf8' | 'lone_surrogate' | 'not_json';
/** Which side it is of, and what. */
export type ComparisonNote = `${'live' | 'shadow'}_${Oddity}`;

/**
 * Half of a pair of escapes, which stands for no character (RFC 8259 section 8.2). An escaped backslash before it is not
 * told apart.
 */
const loneSurrogate =
  /\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}/;

/** Of a body whose bytes are not those of the other side. */
export function odditiesOf(bytes: Buffer, isStructured: boolean): Oddity[] {
  const hasSurrogate = bytes.includes('\\ud') || bytes.includes('\\uD');
  return [
    ...(hasByteOrderMark(bytes) ? (['byte_order_mark'] as const) : []),
    ...(isUtf8(bytes) ? [] : (['not_utf8'] as const)),
    ...(hasSurrogate && loneSurrogate.test(bytes.toString('latin1'))
      ? (['lone_surrogate'] as const)
      : []),
    ...(isStructured ? [] : (['not_json'] as const)),
  ];
}
