import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Difference, Volatility } from '../../../../src/comparison/comparison.ts';
import { proposeRules } from '../../../../src/report/noise/proposals.ts';
import { at, byControl, only, rulesFor, type Draw } from './noise-pairs.ts';

test('what live varies in gets the narrowest rule that passes over it', () => {
  const volatile =
    (volatility: Volatility) =>
    (index: number): Partial<Difference> =>
      // The first of a place has no hint.
      index === 0 ? {} : { volatility };
  const cases: readonly (readonly [draw: Draw, rules: readonly string[]])[] = [
    [(index) => [at('/id', volatile('uuid')(index))], ['uuid /id']],
    [(index) => [at('/at', volatile('timestamp')(index))], ['timestamp /at']],
    [(index) => [at('/n', volatile('counter')(index))], ['ignore /n']],
    [(index) => [at('/request', volatile('identifier')(index))], ['ignore /request']],
    [() => [at('/took')], ['ignore /took']],
    [(index) => [at('/score', { relativeDistance: index / 1e8 })], ['tolerance /score 0.000001']],
    [() => [at('/took_ms', { relativeDistance: 0.7 })], ['ignore /took_ms']],
    [() => [at('/tags', { kind: 'order' })], ['unordered /tags']],
    [() => [at('/users/{key}/seen')], ['ignore /users/*/seen']],
    [(index) => [at('/a', index % 2 === 0 ? {} : volatile('uuid')(index))], ['ignore /a']],
  ];
  for (const [draw, rules] of cases) {
    assert.deepEqual(rulesFor(byControl(draw)), rules);
  }
});

test('what varies once in a while is told and not passed over', () => {
  const { proposals, notes } = proposeRules(
    byControl((index) => (index === 7 ? [at('/a')] : [])),
    30,
  );
  assert.deepEqual(proposals, []);
  assert.match(
    notes.join(),
    /^\/a: differed by value in 1 of 100 pairs with the control.*too rare/,
  );
});

test('a header that varies is left out of compare.headers; one that `*` compares is only told', () => {
  const draw: Draw = () => [
    at('header:location', { kind: 'header_value' }),
    at('header:content-type', { kind: 'content_type', contract: true }),
    at('header:x-served-by', { kind: 'header_value' }),
  ];
  const { proposals, notes } = proposeRules(byControl(draw), 30);
  assert.deepEqual(
    proposals.map(({ rule, place, warnings }) => [rule, place, warnings.length]),
    [
      ['header', 'content-type', 1],
      ['header', 'location', 0],
    ],
  );
  assert.match(notes.join(), /^header:x-served-by: .*compare\.headers has "\*"/);
});

test('a status or a whole body that varies has no rule', () => {
  const draw: Draw = () => [
    at('status', { kind: 'status', contract: true }),
    at('body', { kind: 'text' }),
  ];
  const { proposals, notes } = proposeRules(byControl(draw), 30);
  assert.deepEqual(proposals, []);
  assert.match(notes.join('\n'), /^body: .*by hand/m);
  assert.match(notes.join('\n'), /^status: .*unsteady/m);
});

test('an ignore for values without a form has a warning; for ids, counters and durations it has none', () => {
  const warnings = (draw: Draw): string => only(byControl(draw)).warnings.join('\n');
  for (const volatility of ['identifier', 'counter'] as const) {
    assert.equal(
      warnings((index) => [at('/n', index === 0 ? {} : { volatility })]),
      '',
    );
  }
  for (const place of ['/took', '/debug/queryDuration', '/elapsed_ms', '/wait_seconds']) {
    assert.equal(
      warnings(() => [at(place)]),
      '',
      place,
    );
  }
  assert.match(
    warnings(() => [at('/label')]),
    /^hides every change here/,
  );
  assert.match(
    warnings((index) => (index < 50 ? [at('/took')] : [])),
    /^hides every change here/,
  );
  assert.match(
    warnings(() => [at('/score', { relativeDistance: 0.3 })]),
    /up to 0\.3 apart/,
  );
  assert.match(
    warnings(() => [at('/items', { kind: 'length' })]),
    /here and in all items/,
  );
});

test('a tolerance that a person would see as another number has a warning', () => {
  const warningsAt = (relativeDistance: number): readonly string[] =>
    only(byControl(() => [at('/score', { relativeDistance })])).warnings;
  assert.deepEqual(warningsAt(6e-8), []);
  assert.deepEqual(warningsAt(9e-5), []);
  assert.match(warningsAt(2e-3).join(), /no longer seen/);
});

test('items whose values are not known are not ignored: their order may be all that varies', () => {
  const draw: Draw = () => [at('/items/*/name'), at('/items/*/score', { relativeDistance: 0.005 })];
  const { proposals, notes } = proposeRules(byControl(draw), 30);
  assert.deepEqual(proposals, []);
  assert.match(notes.join('\n'), /^\/items\/\*\/name: .*try unordered or keyed$/m);
  const rounding: Draw = () => [at('/items/*', { relativeDistance: 3e-8 })];
  assert.deepEqual(rulesFor(byControl(rounding)), ['tolerance /items/* 6e-8']);
});
