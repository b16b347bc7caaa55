import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';

import { HeaderList } from '../../../src/base/header-list.ts';
import {
  contentEncodings,
  decodeContent,
  maxDecodedBytes,
} from '../../../src/comparison/content-encoding.ts';

const codings = [
  { name: 'gzip', encoding: 'gzip', compress: gzipSync },
  { name: 'brotli', encoding: 'br', compress: brotliCompressSync },
  { name: 'zstd', encoding: 'zstd', compress: zstdCompressSync },
  { name: 'zlib deflate', encoding: 'deflate', compress: deflateSync },
  { name: 'raw deflate', encoding: 'deflate', compress: deflateRawSync },
] as const;

const text = Buffer.from(
  JSON.stringify({ rows: Array.from({ length: 100 }, (_, row) => ({ row })) }),
);

for (const { name, encoding, compress } of codings) {
  test(`${name} is undone`, () => {
    const decoded = decodeContent(compress(text), [encoding]);
    assert.ok(decoded.kind === 'decoded');
    assert.deepEqual(decoded.bytes, text);
  });

  test(`${name} that is cut anywhere is a decode error`, () => {
    const whole = compress(text);
    for (let length = 1; length < whole.length; length++) {
      assert.equal(decodeContent(whole.subarray(0, length), [encoding]).kind, 'decode_error');
    }
  });

  test(`${name} with garbage or zeros behind it is a decode error`, () => {
    for (const tail of [Buffer.from('garbage'), Buffer.alloc(8)]) {
      const bytes = Buffer.concat([compress(text), tail]);
      assert.equal(decodeContent(bytes, [encoding]).kind, 'decode_error');
    }
  });

  test(`a ${name} bomb is a decode limit`, () => {
    const bomb = compress(Buffer.alloc(16 * 1024 * 1024));
    assert.equal(decodeContent(bomb, [encoding]).kind, 'decode_limit');
  });
}

test('a small body may grow to a mebibyte, a large one a hundredfold and to 8 MiB at most', () => {
  const megabyte = gzipSync(Buffer.alloc(1024 * 1024));
  assert.equal(decodeContent(megabyte, ['gzip']).kind, 'decoded');
  assert.equal(
    decodeContent(gzipSync(Buffer.alloc(1024 * 1024 + 1)), ['gzip']).kind,
    'decode_limit',
  );
  // Stored blocks do not shrink, so that only the bound on the size can apply.
  const stored = (length: number) =>
    gzipSync(Buffer.alloc(length), { level: constants.Z_NO_COMPRESSION });
  assert.equal(decodeContent(stored(maxDecodedBytes), ['gzip']).kind, 'decoded');
  assert.equal(decodeContent(stored(maxDecodedBytes + 1), ['gzip']).kind, 'decode_limit');
});

test('a zstd frame that asks for a larger window than RFC 9659 allows is a decode error', () => {
  // RFC 8878 section 3.1.1: magic number, no flags, window of 2^log bytes, one last raw block of the byte "a".
  const frame = (log: number) =>
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (log - 10) << 3, 9, 0, 0, 0x61]);
  assert.equal(decodeContent(frame(23), ['zstd']).kind, 'decoded');
  assert.equal(decodeContent(frame(24), ['zstd']).kind, 'decode_error');
});

test('two gzip members behind each other are one body, as RFC 1952 says', () => {
  const decoded = decodeContent(Buffer.concat([gzipSync('ab'), gzipSync('cd')]), ['gzip']);
  assert.ok(decoded.kind === 'decoded');
  assert.equal(decoded.bytes.toString(), 'abcd');
});

test('a chain of codings is a decode limit and none of it is undone', () => {
  const chain = Array.from({ length: 1000 }, () => 'gzip');
  assert.equal(decodeContent(gzipSync(gzipSync(text)), chain).kind, 'decode_limit');
});

test('a coding that nobody knows is a decode error', () => {
  assert.equal(decodeContent(text, ['rot13']).kind, 'decode_error');
  assert.equal(decodeContent(text, ['__proto__']).kind, 'decode_error');
});

test('an empty body is empty in any coding', () => {
  const decoded = decodeContent(Buffer.alloc(0), ['gzip']);
  assert.ok(decoded.kind === 'decoded');
  assert.equal(decoded.bytes.length, 0);
});

test('codings are read from all fields in order, whatever their case, without identity', () => {
  const headers = HeaderList.fromPairs([
    ['Content-Encoding', 'X-GZIP, identity'],
    ['content-encoding', ' Br ,'],
  ]);
  assert.deepEqual(contentEncodings(headers), ['gzip', 'br']);
  assert.deepEqual(contentEncodings(HeaderList.empty), []);
});
