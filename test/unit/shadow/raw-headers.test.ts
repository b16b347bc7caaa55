import assert from 'node:assert/strict';
import { it } from 'node:test';

import { headerListOf } from '../../../src/shadow/raw-headers.ts';

it('bytes become one character each, names become lower case', () => {
  const raw = [Buffer.from('X-Å', 'latin1'), Buffer.from([0x80, 0xff, 0x41])];
  assert.deepEqual(headerListOf(raw).flat, ['x-å', '\x80\xffA']);
});

it('space and tab after a value are no part of it, obs-text is', () => {
  const raw = ['a', 'v \t ', 'b', ' \t', 'c', 'v\xa0', 'd', ''].map((text) =>
    Buffer.from(text, 'latin1'),
  );
  assert.deepEqual(headerListOf(raw).flat, ['a', 'v', 'b', '', 'c', 'v\xa0', 'd', '']);
});

it('no array, or an empty one, has no fields', () => {
  assert.equal(headerListOf(null).length, 0);
  assert.equal(headerListOf({ a: 'b' }).length, 0);
  assert.equal(headerListOf([]).length, 0);
});
