import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertFits, describeMemory, worstCaseMemory } from '../../src/memory.ts';
import { configOf } from '../kit/twinspan.ts';

const mebibyte = 1024 * 1024;

function sumOf(capture: Record<string, unknown>) {
  return worstCaseMemory(configOf({ shadow: { url: 'http://127.0.0.1:1' }, capture }).config);
}

test('the sum is that of its parts, and grows with each budget', () => {
  const sum = sumOf({ maxBytesInFlight: '64MiB', maxExchanges: 1000 });
  const parts = Object.values(sum.parts).reduce((total, part) => total + part, 0);
  assert.equal(sum.totalBytes, parts);
  const larger = sumOf({ maxBytesInFlight: '65MiB', maxExchanges: 1001 });
  assert.equal(larger.totalBytes - sum.totalBytes, 2 * mebibyte + 32 * 1024);
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
