import assert from 'node:assert/strict';
import { test } from 'node:test';

import { proposeRules } from '../../../../src/report/noise/proposals.ts';
import type { RouteNoise } from '../../../../src/report/noise/report.ts';
import {
  at,
  byControl,
  byShadow,
  noiseOf,
  rulesFor,
  rulesOfRoute,
  type Draw,
} from './noise-pairs.ts';

test('with a control, what only the shadow differs in is never passed over', () => {
  const draw: Draw = () => [
    at('/id', { volatility: 'uuid' }),
    at('/score', { relativeDistance: 1e-7 }),
    at('/tags', { kind: 'order' }),
  ];
  const noise = noiseOf({ control: [100, () => []], shadow: [100, draw] });
  assert.deepEqual(proposeRules(noise, 30), {
    route: 'predict',
    basis: 'control',
    proposals: [],
    notes: [],
  });
});

test('too few pairs propose nothing and say how many there are', () => {
  for (const [sides, basis] of [
    [{ control: [29, () => [at('/took')]], shadow: [5000, () => [at('/took')]] }, 'control'],
    [{ shadow: [29, () => [at('/id', { volatility: 'uuid' })]] }, 'shadow'],
  ] as const) {
    const { proposals, notes, basis: told } = proposeRules(noiseOf(sides), 30);
    assert.equal(told, 'none');
    assert.deepEqual(proposals, []);
    assert.deepEqual(notes, [
      `too little data: 29 pairs with the ${basis}, at least 30 are needed (--min-pairs)`,
    ]);
  }
  assert.deepEqual(rulesFor(noiseOf({ control: [30, () => [at('/took')]] })), ['ignore /took']);
});

test('what a route predicts is never ignored; a score may get a tolerance, a label nothing', () => {
  const labelled = rulesOfRoute({}, { label: '/label', score: '/score', ranking: '/top' });
  const draw: Draw = () => [
    at('/label'),
    at('/score', { relativeDistance: 1e-7 }),
    at('/top', { kind: 'order' }),
    at('/top/*'),
    at('/took'),
  ];
  const { proposals, notes } = proposeRules(byControl(draw, labelled), 30);
  assert.deepEqual(
    proposals.map(({ rule, place }) => `${rule} ${place}`),
    ['tolerance /score', 'ignore /took'],
  );
  assert.equal(notes.filter((note) => note.includes('this is what the route predicts')).length, 3);

  const numbered: Draw = () => [at('/label', { relativeDistance: 1e-7 })];
  assert.deepEqual(rulesFor(byControl(numbered, labelled)), []);
  assert.deepEqual(rulesFor(byShadow(numbered, labelled)), []);
  const preset = rulesOfRoute({}, { preset: 'kserve-v1' });
  const predictions: Draw = () => [
    at('/predictions/*', { volatility: 'identifier' }),
    at('/predictions', { kind: 'order' }),
  ];
  assert.deepEqual(rulesFor(byControl(predictions, preset)), []);
  assert.deepEqual(rulesFor(byShadow(predictions, preset)), []);
});

test('a place below one that is ignored needs no rule', () => {
  const draw: Draw = () => [at('/meta'), at('/meta/took')];
  assert.deepEqual(rulesFor(byControl(draw)), ['ignore /meta']);
});

test('what could not be kept is told', () => {
  const noise: RouteNoise = {
    ...byControl(() => []),
    groupsBeyond: 12,
    control: { ...byControl(() => []).control, cut: 3 },
  };
  assert.deepEqual(proposeRules(noise, 30).notes, [
    '12 differences were in groups beyond those that are kept',
    '3 pairs with the control had more differences than are kept, so that some counts are too low',
  ]);
});
