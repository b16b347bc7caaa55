import assert from 'node:assert/strict';
import { test } from 'node:test';

import { boundedNames, placeOf } from '../../../../src/report/agreement/bounded-names.ts';

const pools = ['~other', '~none'];

test('a new name gets a place while there is room, then the place of ~other', () => {
  const names = boundedNames(pools, ['gold']);
  const places = Array.from({ length: 60 }, (_, index) => placeOf(names, `name${index}`, 2));
  assert.deepEqual(
    places.slice(0, 49),
    [...Array(49).keys()].map((index) => index + 3),
  );
  assert.deepEqual(new Set(places.slice(49)), new Set([0]));
  assert.equal(names.length, 52);
});

test('a name keeps its place', () => {
  const names = boundedNames(pools, ['gold', 'silver']);
  assert.equal(placeOf(names, 'gold', 2), 2);
  assert.equal(placeOf(names, '~none', 2), 1);
  assert.equal(placeOf(names, '__proto__', 2), 4);
  assert.equal(placeOf(names, '__proto__', 2), 4);
});

test('of more configured names than there is room the first ones have places', () => {
  const configured = Array.from({ length: 1000 }, (_, index) => `label${index}`);
  const names = boundedNames(pools, configured);
  assert.deepEqual(names, [...pools, ...configured.slice(0, 50)]);
});
