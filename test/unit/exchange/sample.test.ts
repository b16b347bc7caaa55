import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fractionOf } from '../../../src/exchange/sample.ts';

test('a key has the same fraction in every process and release, or samples would jump', () => {
  // Computed by another implementation of FNV-1a and the finaliser of MurmurHash3.
  const fractions = ['r-1', 'r-2', 'user@example'].map((key) => fractionOf(key, 'predict'));
  assert.deepEqual(fractions, [0.3522830060683191, 0.9102580673061311, 0.7038696743547916]);
});

test('keys that hardly differ are spread evenly', () => {
  const buckets = Array.from({ length: 20 }, () => 0);
  for (let key = 0; key < 20_000; key += 1) {
    const fraction = fractionOf(`00000000-0000-4000-8000-${String(key).padStart(12, '0')}`, 'a');
    assert.ok(fraction >= 0 && fraction < 1);
    buckets[Math.floor(fraction * 20)]! += 1;
  }
  // Six standard deviations of a fair draw around 1,000.
  for (const count of buckets) assert.ok(count > 815 && count < 1185, buckets.join(' '));
});

test('two salts draw two samples of the same keys that are independent of each other', () => {
  let both = 0;
  let first = 0;
  for (let key = 0; key < 20_000; key += 1) {
    if (fractionOf(`k${key}`, 'a') >= 0.5) continue;
    first += 1;
    if (fractionOf(`k${key}`, 'b') < 0.5) both += 1;
  }
  assert.ok(Math.abs(both / first - 0.5) < 0.03, `${both} of ${first}`);
});

test('salt and key are told apart', () => {
  assert.notEqual(fractionOf('bc', 'a'), fractionOf('c', 'ab'));
});
