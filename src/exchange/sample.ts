/**
 * Deterministic sampling: whether an exchange is followed depends on its own identity alone, never on its
 * outcome, and the same user is always in or always out when sampled by a header.
 */

/**
 * A number in [0, 1) from `key`, evenly spread: FNV-1a (32 bit) with the finaliser of MurmurHash3, because
 * FNV alone spreads the high bits of similar keys badly. `salt` keeps two samples of the same keys apart.
 */
export function fractionOf(key: string, salt: string): number {
  let hash = 0x811c9dc5;
  hash = absorb(hash, salt);
  hash = absorb(hash, '\0');
  hash = absorb(hash, key);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}

function absorb(hash: number, text: string): number {
  let result = hash;
  for (let index = 0; index < text.length; index += 1) {
    result = Math.imul(result ^ text.charCodeAt(index), 0x01000193);
  }
  return result;
}
