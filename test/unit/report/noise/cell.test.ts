import assert from 'node:assert/strict';
import { test } from 'node:test';

import { at, byControl, swapped, type Draw } from './noise-pairs.ts';

test('values of items that stand in another item of their array are counted as moved, by array', () => {
  const noise = byControl(() => swapped('/items/*/name'));
  assert.equal(noise.groups[0]?.control.placed, 100);
  assert.deepEqual(noise.groups[0].control.moved, { '/items': 100 });
});

test('items of two arrays do not stand for each other, but for those of the array around both', () => {
  const draw: Draw = () =>
    swapped('/lists/*/0/name').map((difference) => ({ ...difference, group: '/lists/*/*/name' }));
  assert.deepEqual(byControl(draw).groups[0]?.control.moved, { '/lists': 100 });
});

test('values that are shown are told apart like those that are hashed', () => {
  const draw: Draw = () => [
    at('/items/*', { pointer: '/items/0', live: '"a"', shadow: '"b"' }),
    at('/items/*', { pointer: '/items/1', live: '"b"', shadow: '"a"' }),
  ];
  assert.deepEqual(byControl(draw).groups[0]?.control.moved, { '/items': 100 });
});

test('what one of the values is not known of, or what is in no array, is not placed', () => {
  const unknown: Draw = () => [...swapped('/items/*/name'), at('/items/*/name')];
  assert.equal(byControl(unknown).groups[0]?.control.placed, 0);
  assert.equal(
    byControl(() => [at('/name', { live: '1', shadow: '2' })]).groups[0]?.control.placed,
    0,
  );
});

test('keys that one side has alone are counted, and how many of them are null', () => {
  const draw: Draw = (index) => [
    at('/a', { kind: 'missing', live: index < 30 ? 'null' : '1' }),
    at('/b', { kind: 'extra' }),
  ];
  const [a, b] = byControl(draw).groups;
  assert.deepEqual([a?.control.lone, a?.control.loneNull], [100, 30]);
  assert.deepEqual([b?.control.lone, b?.control.loneNull], [0, 0]);
});
