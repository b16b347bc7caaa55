import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addValue, routeTally, valuesOf } from '../../../src/report/tally.ts';
import { judgedRoutes } from '../../../src/verdict/judged-routes.ts';
import { countSettings, entry, settingsWith, tallyOf } from '../../kit/tallies.ts';

function route(name: string, margins: Record<string, number> = {}) {
  return { name, verdict: { margins } };
}

function traffic(counts: Readonly<Record<string, number>>) {
  return tallyOf(
    Object.entries(counts).flatMap(([name, count]) =>
      Array.from({ length: count }, () => entry({ route: name })),
    ),
    { ...countSettings, thresholdMs: { p95: 5 } },
  );
}

function names(...args: Parameters<typeof judgedRoutes>): string[] {
  return judgedRoutes(...args).map(({ name }) => name);
}

test('a route with a twentieth of the traffic is judged alone, smaller ones together', () => {
  const settings = settingsWith(
    {},
    ['large', 'just', 'small', 'tiny', 'quiet'].map((name) => route(name)),
  );
  const tally = traffic({ large: 90, just: 5, small: 4, tiny: 1 });
  assert.deepEqual(names(tally, settings), ['large', 'just', '~other']);
  const pool = judgedRoutes(tally, settings).at(-1);
  assert.deepEqual(valuesOf(pool?.tally, 'errors'), [[0, 5]]);
  assert.equal(pool?.comparable, 5);
  assert.deepEqual(pool.tally?.threshold, {
    p95: { kind: 'fixed', value: 5 },
    p99: { kind: 'open' },
  });
});

test('a route with margins of its own is judged alone, and without traffic too', () => {
  const settings = settingsWith({}, [route('large'), route('own', { errors: 0.1 })]);
  const tally = traffic({ large: 100 });
  assert.deepEqual(names(tally, settings), ['large', 'own']);
  assert.equal(judgedRoutes(tally, settings)[1]?.traffic, 0);
});

test('counters that are still 0 make no route one of the others', () => {
  const tally = traffic({ large: 100 });
  addValue(routeTally(tally, 'silent'), 'errors', 0, 0);
  assert.deepEqual(names(tally, settingsWith({}, [route('large'), route('silent')])), ['large']);
});

test('the only route is judged alone', () => {
  assert.deepEqual(names(traffic({}), settingsWith()), ['predict']);
});

test('a route that the configuration does not know is among the others', () => {
  assert.deepEqual(names(traffic({ predict: 10, gone: 90 }), settingsWith()), [
    'predict',
    '~other',
  ]);
});

test('small routes that measured latency differently make it open for all of them', () => {
  const settings = settingsWith({}, [route('large'), route('a'), route('b')]);
  const tally = traffic({ large: 100, a: 1, b: 1 });
  tally.routes['b']!.threshold.p95 = { kind: 'differing' };
  assert.deepEqual(judgedRoutes(tally, settings).at(-1)?.tally?.threshold.p95, {
    kind: 'differing',
  });
});
