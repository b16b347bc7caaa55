import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { BodyBuffer, emptyBody } from '../../../src/base/body-buffer.ts';
import { ByteBudget } from '../../../src/base/byte-budget.ts';

function bodyBuffer(
  options: { maxBytes?: number; budget?: ByteBudget; overflow?: 'discard' | 'digest' } = {},
): BodyBuffer {
  const {
    maxBytes = 1024 * 1024,
    budget = new ByteBudget(1 << 30),
    overflow = 'discard',
  } = options;
  return new BodyBuffer({ maxBytes, budget, overflow });
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test('a body is its chunks, in order', () => {
  const buffer = bodyBuffer();
  for (const chunk of ['one ', '', 'two ', 'three']) buffer.append(Buffer.from(chunk));
  const body = buffer.finish();
  assert.equal(body.bytes?.toString(), 'one two three');
  assert.equal(body.length, 13);
  assert.equal(body.sha256, undefined);
});

test('a body without bytes is the empty body and takes nothing of the budget', () => {
  const budget = new ByteBudget(0);
  const buffer = bodyBuffer({ budget, maxBytes: 0 });
  buffer.append(Buffer.alloc(0));
  assert.equal(buffer.finish(), emptyBody);
  assert.equal(buffer.overflow, undefined);
});

test('what the caller does with its chunk afterwards changes nothing', () => {
  const buffer = bodyBuffer();
  const chunk = Buffer.from('secret');
  buffer.append(chunk);
  chunk.fill('x');
  assert.equal(buffer.finish().bytes?.toString(), 'secret');
});

test('a kept body of one chunk is a view of no larger memory', () => {
  const buffer = bodyBuffer();
  const message = Buffer.alloc(1024 * 1024, 'm');
  buffer.append(message.subarray(100, 164));
  assert.equal(buffer.finish().bytes?.buffer.byteLength, 64);
});

test('a kept body of several chunks is a view of no larger memory', () => {
  for (const size of [1, 40, 3000, 70_000]) {
    const buffer = bodyBuffer();
    const message = Buffer.alloc(1024 * 1024, 'm');
    for (let chunk = 0; chunk < 3; chunk += 1) buffer.append(message.subarray(0, size));
    const { bytes } = buffer.finish();
    assert.equal(bytes?.length, 3 * size);
    assert.equal(bytes.buffer.byteLength, 3 * size);
  }
});

test('a body that comes byte by byte holds hardly more memory than it has bytes', (t) => {
  const buffer = bodyBuffer();
  const byte = Buffer.from('b');
  const allocate = t.mock.method(Buffer, 'allocUnsafeSlow');
  for (let count = 0; count < 100_000; count += 1) buffer.append(byte);
  const sizes = allocate.mock.calls.map((call) => call.arguments[0]);
  // Each allocation costs hundreds of bytes that no budget counts.
  assert.ok(sizes.length <= 100, `${sizes.length} allocations for 100,000 bytes`);
  const allocated = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(allocated <= 101_024, `${allocated} bytes allocated for 100,000`);
  assert.deepEqual(buffer.finish().bytes, Buffer.alloc(100_000, 'b'));
});

test('a body in chunks of any size is whole', () => {
  const pattern = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const whole = Buffer.concat(Array.from({ length: 64 }, () => pattern));
  for (const sizes of [[1], [1, 1023, 1], [700], [1, 5000], [1024], [3, 1021, 2000]]) {
    for (const overflow of ['none', 'digest'] as const) {
      const maxBytes = overflow === 'none' ? whole.length : whole.length - 1;
      const buffer = bodyBuffer({ maxBytes, overflow: 'digest' });
      for (let from = 0, turn = 0; from < whole.length; turn += 1) {
        const size = sizes[turn % sizes.length]!;
        buffer.append(whole.subarray(from, from + size));
        from += size;
      }
      const body = buffer.finish();
      if (overflow === 'none') assert.deepEqual(body.bytes, whole, `chunks of ${sizes.join()}`);
      else assert.equal(body.sha256, sha256(whole), `chunks of ${sizes.join()}`);
    }
  }
});

test('a body beyond its cap is discarded at once and gives its bytes back', () => {
  const budget = new ByteBudget(100);
  const buffer = bodyBuffer({ maxBytes: 10, budget });
  buffer.append(Buffer.from('0123456789'));
  assert.equal(buffer.overflow, undefined);
  assert.equal(budget.used, 10);
  buffer.append(Buffer.from('x'));
  assert.equal(buffer.overflow, 'body_too_large');
  assert.equal(budget.used, 0);
  buffer.append(Buffer.from('more'));
  assert.deepEqual(buffer.finish(), { length: 15 });
});

test('a body beyond the shared budget says so', () => {
  const budget = new ByteBudget(12);
  const first = bodyBuffer({ budget });
  const second = bodyBuffer({ budget });
  first.append(Buffer.from('01234567'));
  second.append(Buffer.from('01234567'));
  assert.equal(first.overflow, undefined);
  assert.equal(second.overflow, 'bytes_exhausted');
  assert.equal(budget.used, 8);
});

test('a body to be digested is kept as length and SHA-256 of the whole once it is beyond its bounds', () => {
  const cases = [
    { chunks: ['0123', '4567', '89ab', 'cdef'], maxBytes: 10, reason: 'body_too_large' },
    { chunks: ['0123456789abcdef'], maxBytes: 10, reason: 'body_too_large' },
    { chunks: '0123456789abcdef'.split(''), maxBytes: 15, reason: 'body_too_large' },
    { chunks: ['0123', '4567', '89ab', 'cdef'], maxBytes: 100, reason: 'bytes_exhausted' },
  ];
  for (const { chunks, maxBytes, reason } of cases) {
    const budget = new ByteBudget(15);
    const buffer = bodyBuffer({ maxBytes, budget, overflow: 'digest' });
    for (const chunk of chunks) buffer.append(Buffer.from(chunk));
    assert.equal(buffer.overflow, reason);
    assert.deepEqual(buffer.finish(), { length: 16, sha256: sha256('0123456789abcdef') });
    assert.equal(budget.used, 0);
  }
});

test('kept bytes stay in the budget after the body has ended, until they are released, once', () => {
  const budget = new ByteBudget(100);
  const buffer = bodyBuffer({ budget });
  buffer.append(Buffer.from('abc'));
  buffer.finish();
  assert.equal(budget.used, 3);
  buffer.release();
  buffer.release();
  assert.equal(budget.used, 0);
});
