import assert from 'node:assert/strict';
import { test } from 'node:test';

import { randomId } from '../../../src/base/random-id.ts';

test('an id is as many bytes as asked for, in lower-case hexadecimal', () => {
  for (let count = 0; count < 2000; count += 1) {
    assert.match(randomId(8), /^[0-9a-f]{16}$/);
    assert.match(randomId(16), /^[0-9a-f]{32}$/);
  }
});

test('ids do not repeat, also not when the drawn bytes run out', () => {
  const ids = Array.from({ length: 10_000 }, () => randomId(16));
  assert.equal(new Set(ids).size, ids.length);
});
