/**
 * Undoes `Content-Encoding` (RFC 9110 section 8.4) before bodies are compared: one coding at most, with bounded
 * output, and only when the whole body is exactly one encoded stream. What a body claims and is not becomes a
 * named result.
 */
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';

import type { HeaderList } from '../base/header-list.ts';
import { systemCodeOf } from '../base/errors.ts';

/** A decoded body is never larger, whatever its size was. */
export const maxDecodedBytes = 8 * 1024 * 1024;
/** Beyond `freelyDecodedBytes` a body may grow this many times: real payloads seldom do, bombs do by thousands. */
const maxGrowth = 100;
const freelyDecodedBytes = 1024 * 1024;

export type Decoded =
  | { readonly kind: 'decoded'; readonly bytes: Buffer }
  | { readonly kind: 'decode_error' | 'decode_limit' };

const decodeError: Decoded = Object.freeze({ kind: 'decode_error' });
const decodeLimit: Decoded = Object.freeze({ kind: 'decode_limit' });

/** The codings in the order in which they were applied, lower case, without `identity`. */
export function contentEncodings(headers: HeaderList): readonly string[] {
  const values = headers.getAll('content-encoding');
  if (values.length === 0) return [];
  return values
    .flatMap((value) => value.split(','))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity')
    .map((coding) => (coding === 'x-gzip' ? 'gzip' : coding));
}

/** Never throws. An empty body is empty in any coding. */
export function decodeContent(bytes: Buffer, encodings: readonly string[]): Decoded {
  const encoding = encodings[0];
  if (encoding === undefined || bytes.length === 0) return { kind: 'decoded', bytes };
  // Each coding of a chain multiplies what a bomb can do, and no service that is worth shadowing sends one.
  if (encodings.length > 1) return decodeLimit;
  switch (encoding) {
    case 'gzip':
      return inflate(gunzipSync, bytes);
    case 'br':
      return inflate(brotliDecompressSync, bytes);
    case 'zstd':
      return inflate(zstdDecompress, bytes);
    case 'deflate':
      return inflateEither(bytes);
    default:
      return decodeError;
  }
}

/** RFC 9110 section 8.4.1.2: `deflate` is the zlib format, but some senders leave its wrapper out. */
function inflateEither(bytes: Buffer): Decoded {
  const wrapped = inflate(inflateSync, bytes);
  return wrapped.kind === 'decode_error' ? inflate(inflateRawSync, bytes) : wrapped;
}

/** RFC 9659: a sender may not use a larger window, and a decoder reserves what the frame asks for. */
const maxZstdWindowLog = 23;

function zstdDecompress(bytes: Buffer, options: DecompressOptions): unknown {
  const params = { [constants.ZSTD_d_windowLogMax]: maxZstdWindowLog };
  return zstdDecompressSync(bytes, { ...options, params });
}

/** The shape that every synchronous decompressor of Node shares; their declared types leave `info` out. */
type Decompress = (bytes: Buffer, options: DecompressOptions) => unknown;

interface DecompressOptions {
  readonly maxOutputLength: number;
  readonly info: boolean;
}

interface Inflated {
  readonly buffer: Buffer;
  /** `bytesWritten` is how much of the input was used. */
  readonly engine: { readonly bytesWritten: number };
}

function inflate(decompress: Decompress, bytes: Buffer): Decoded {
  const maxOutputLength = Math.min(
    maxDecodedBytes,
    Math.max(freelyDecodedBytes, maxGrowth * bytes.length),
  );
  try {
    const { buffer, engine } = decompress(bytes, { maxOutputLength, info: true }) as Inflated;
    // Node passes over what follows the end of a stream.
    return engine.bytesWritten === bytes.length ? { kind: 'decoded', bytes: buffer } : decodeError;
  } catch (error) {
    return systemCodeOf(error) === 'ERR_BUFFER_TOO_LARGE' ? decodeLimit : decodeError;
  }
}
