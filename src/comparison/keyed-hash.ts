/**
 * What stands for a text that must not leave the process: a hash under a key that does not leave it either, so that
 * equal texts are seen to be equal, and a short or well-known one cannot be found by trying.
 */
import { createHmac } from 'node:crypto';

/** Hexadecimal digits: 64 bits, so that texts of one route hardly ever meet. */
const shownDigits = 16;

/** Takes a text, answers with `h:` and 16 hexadecimal digits. */
export type KeyedHash = (text: string) => string;

export function createKeyedHash(key: string): KeyedHash {
  return (text) => {
    const digest = createHmac('sha256', key).update(text).digest('hex');
    return `h:${digest.slice(0, shownDigits)}`;
  };
}
