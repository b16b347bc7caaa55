import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';

test('fields stay in order, with their duplicates, and names are lower case', () => {
  const list = HeaderList.fromPairs([
    ['X-Tag', 'a'],
    ['Accept', '*/*'],
    ['x-tag', 'b'],
  ]);
  assert.deepEqual(
    [...list],
    [
      ['x-tag', 'a'],
      ['accept', '*/*'],
      ['x-tag', 'b'],
    ],
  );
  assert.deepEqual(list.flat, ['x-tag', 'a', 'accept', '*/*', 'x-tag', 'b']);
  assert.equal(list.length, 3);
  assert.equal(list.get('x-tag'), 'a');
  assert.deepEqual(list.getAll('x-tag'), ['a', 'b']);
});

test('a field that is not there is undefined, an empty one is there', () => {
  const list = new HeaderList(['x-empty', '']);
  assert.equal(list.get('x-empty'), '');
  assert.equal(list.has('x-empty'), true);
  assert.equal(list.get('x-other'), undefined);
  assert.equal(list.has('x-other'), false);
  assert.deepEqual(list.getAll('x-other'), []);
});

test('a value is never taken for a name', () => {
  const list = new HeaderList(['x-a', 'x-b', 'x-c', 'd']);
  assert.equal(list.get('x-b'), undefined);
  assert.equal(list.get('d'), undefined);
});

test('names of Object.prototype are fields like any other', () => {
  assert.equal(HeaderList.empty.get('__proto__'), undefined);
  assert.equal(HeaderList.empty.has('constructor'), false);
  const list = new HeaderList(['__proto__', 'polluted', 'constructor', 'c']);
  assert.equal(list.get('__proto__'), 'polluted');
  assert.equal(list.get('constructor'), 'c');
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});
