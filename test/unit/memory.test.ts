import assert from 'node:assert/strict';
import { test } from 'node:test';

import { freeHeaderBytes } from '../../src/base/kept-headers.ts';
import { assertFits, describeMemory, worstCaseMemory } from '../../src/memory.ts';
import { configOf } from '../kit/twinspan.ts';

const mebibyte = 1024 * 1024;

function sumOf(capture: Record<string, unknown>, segments: Record<string, unknown> = {}) {
  const shadow = { url: 'http://127.0.0.1:1' };
  return worstCaseMemory(configOf({ shadow, capture, segments }).config);
}

test('the sum is that of its parts, and grows with each budget', () => {
  const sum = sumOf({ maxBytesInFlight: '64MiB', maxExchanges: 1000 });
  const parts = Object.values(sum.parts).reduce((total, part) => total + part, 0);
  assert.equal(sum.totalBytes, parts);
  const larger = sumOf({ maxBytesInFlight: '65MiB', maxExchanges: 1001 });
  assert.equal(larger.totalBytes - sum.totalBytes, 2 * mebibyte + 32 * 1024);
});

test('an open exchange counts with the headers that take nothing from the byte budget, and more', () => {
  const more = sumOf({ maxExchanges: 1001 }).totalBytes - sumOf({ maxExchanges: 1000 }).totalBytes;
  assert.ok(more > 4 * freeHeaderBytes);
});

test('what does not fit into the container is refused with the sum, and with what to lower', () => {
  const sum = sumOf({ maxBytesInFlight: '1GiB' });
  assert.throws(
    () => assertFits(sum, 512 * mebibyte),
    (error: Error) =>
      error.message.includes(describeMemory(sum)) &&
      error.message.includes('the container has 512 MiB') &&
      error.message.includes('capture.maxExchanges'),
  );
});

test('a container without a limit takes everything', () => {
  const sum = sumOf({ maxBytesInFlight: '1GiB' });
  assertFits(sum, 0);
  // What Node reports where the control group has no limit.
  assertFits(sum, 2 ** 64);
});

test('a worker that compares large answers counts with the copies of two bodies', () => {
  const small = sumOf({ maxBodyBytes: '1MiB' }).totalBytes;
  assert.equal(sumOf({ maxBodyBytes: '3MiB' }).totalBytes - small, 4 * mebibyte);
});

test('where a segment is a place in the request, it counts with the copy of that too', () => {
  const sumWith = (segment: Record<string, unknown>) =>
    sumOf({ maxBodyBytes: '1MiB' }, { country: segment }).totalBytes;
  const byHeader = sumWith({ header: 'x-country' });
  assert.equal(byHeader, sumOf({ maxBodyBytes: '1MiB' }).totalBytes);
  assert.equal(sumWith({ request: '/country' }) - byHeader, mebibyte);
});
