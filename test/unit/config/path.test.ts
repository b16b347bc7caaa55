import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatPath, startsWith, valueAt } from '../../../src/config/path.ts';

test('a path is written as one would write it in code', () => {
  assert.equal(formatPath([]), '');
  assert.equal(formatPath(['routes', 0, 'match', 'methods']), 'routes[0].match.methods');
  assert.equal(formatPath(['match', 'headers', 'x-tenant']), 'match.headers.x-tenant');
  assert.equal(formatPath(['compare', 'keyed', '/a b']), 'compare.keyed["/a b"]');
});

test('a long key is cut, so that an error stays readable', () => {
  assert.ok(formatPath(['x'.repeat(100_000)]).length < 100);
});

test('a path starts with itself and with what is above it', () => {
  assert.equal(startsWith(['a', 0, 'b'], ['a', 0]), true);
  assert.equal(startsWith(['a'], ['a']), true);
  assert.equal(startsWith(['a'], []), true);
  assert.equal(startsWith(['a'], ['a', 0]), false);
  assert.equal(startsWith(['ab'], ['a']), false);
});

test('a value is found by own keys alone', () => {
  const root = { routes: [{ name: 'a' }] };
  assert.equal(valueAt(root, ['routes', 0, 'name']), 'a');
  assert.equal(valueAt(root, ['routes', 1, 'name']), undefined);
  assert.equal(valueAt(root, ['constructor']), undefined);
  assert.equal(valueAt(root, ['__proto__', 'toString']), undefined);
  assert.equal(valueAt('text', ['length']), undefined);
});
