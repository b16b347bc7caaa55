import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  addValue,
  emptyRouteTally,
  emptyTally,
  exchangesOf,
  forNeighbours,
  gridSize,
  gridValue,
  latencySummary,
  record,
  routeTally,
  valuesOf,
} from '../../../src/report/tally.ts';
import { logEvidence, meanOf } from '../../../src/verdict/evidence.ts';
import { experiment } from '../../kit/tallies.ts';

test('each of the 21 fixed values counts as itself', () => {
  for (let index = 0; index < gridSize; index += 1) {
    const route = emptyRouteTally();
    addValue(route, 'errors', Number(String(gridValue(index))));
    assert.deepEqual(valuesOf(route, 'errors'), [[gridValue(index), 1]]);
  }
});

test('a value between two of them is split so that the mean stays', () => {
  const route = emptyRouteTally();
  addValue(route, 'quality', 0.25);
  addValue(route, 'quality', -1 / 3);
  assert.ok(Math.abs(meanOf(valuesOf(route, 'quality'))! - (0.25 - 1 / 3) / 2) < 1e-7);
});

test('the evidence of a split value is never more than that of the value itself, in either direction', () => {
  for (const value of [-0.97, -0.301, 0.004, 0.05, 0.333, 0.99]) {
    const route = emptyRouteTally();
    addValue(route, 'quality', value, 100);
    for (const direction of ['below', 'above'] as const) {
      for (const margin of [0.005, 0.02, 0.3]) {
        const claim = { direction, margin, range: [-1, 1] } as const;
        const split = logEvidence(claim, valuesOf(route, 'quality'));
        assert.ok(split <= logEvidence(claim, [[value, 100]]) + 1e-4, `${direction} ${value}`);
      }
    }
  }
});

test('a value beyond the range counts as its end', () => {
  const seen: [number, number][] = [];
  for (const value of [-7, 7]) forNeighbours(value, (index, share) => seen.push([index, share]));
  assert.deepEqual(seen, [
    [0, 1],
    [20, 1],
  ]);
});

test('a route or label may have any name', () => {
  const tally = emptyTally(experiment);
  routeTally(tally, '__proto__').classes.equal = 3;
  assert.equal(exchangesOf(routeTally(tally, '__proto__')), 3);
  assert.deepEqual(Object.keys(tally.routes), ['__proto__']);
  assert.equal(record([['constructor', 1]])['toString'], undefined);
});

test('nothing has been counted of a route that is not there', () => {
  assert.deepEqual(valuesOf(undefined, 'errors'), []);
  assert.deepEqual(latencySummary({}), { count: 0 });
});
