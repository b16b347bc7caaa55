import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createKeyedHash } from '../../../src/comparison/keyed-hash.ts';

test('equal texts have equal hashes under one key, and others under another', () => {
  const one = createKeyedHash('first key');
  assert.match(one('setosa'), /^h:[0-9a-f]{16}$/);
  assert.equal(one('setosa'), createKeyedHash('first key')('setosa'));
  const seen = [one('setosa'), one('virginica'), one(''), createKeyedHash('second key')('setosa')];
  assert.equal(new Set(seen).size, seen.length);
});
