/**
 * Random identifiers in lower-case hexadecimal: pair ids, trace ids (16 bytes) and span ids (8 bytes,
 * W3C Trace Context section 3.2.2). Random bytes are drawn in bulk, since one system call a request would
 * cost more than the id.
 */
import { randomFillSync } from 'node:crypto';

const pool = Buffer.allocUnsafeSlow(4096);
let offset = pool.length;

/** `bytes` random bytes in hexadecimal; never all zero, which W3C Trace Context forbids. */
export function randomId(bytes: 8 | 16): string {
  for (;;) {
    if (offset + bytes > pool.length) {
      randomFillSync(pool);
      offset = 0;
    }
    const id = pool.toString('hex', offset, offset + bytes);
    offset += bytes;
    if (!/^0+$/.test(id)) return id;
  }
}
