import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Difference, Volatility } from '../../../src/comparison/comparison.ts';
import { proposeRules, type Proposal } from '../../../src/report/noise-proposals.ts';
import type { RouteNoise, RouteRules } from '../../../src/report/noise-report.ts';
import { at, noiseOf, rulesOfRoute } from './noise-pairs.ts';

type Draw = (index: number) => readonly Difference[];

/** What `draw` gives in 100 pairs with the control, and nothing in 100 with the shadow. */
function byControl(draw: Draw, route?: RouteRules): RouteNoise {
  return noiseOf({ control: [100, draw], shadow: [100, () => []] }, route);
}

/** What `draw` gives in 100 pairs with the shadow, without a control. */
function byShadow(draw: Draw, route?: RouteRules): RouteNoise {
  return noiseOf({ shadow: [100, draw] }, route);
}

function rulesFor(noise: RouteNoise): string[] {
  return proposeRules(noise, 30).proposals.map((proposal) => {
    const bounds = proposal.rule === 'tolerance' ? ` ${proposal.relative}` : '';
    return `${proposal.rule} ${proposal.place}${bounds}`;
  });
}

function only(noise: RouteNoise): Proposal {
  const { proposals } = proposeRules(noise, 30);
  assert.equal(proposals.length, 1, JSON.stringify(proposals));
  return proposals[0]!;
}

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
    [() => [at('/users/{key}/seen/*')], ['ignore /users/*/seen/*']],
    [(index) => [at('/a', index % 2 === 0 ? {} : volatile('uuid')(index))], ['ignore /a']],
  ];
  for (const [draw, rules] of cases) {
    assert.deepEqual(rulesFor(byControl(draw)), rules);
  }
});

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

test('the numbers of both sides stand beside a proposal', () => {
  const draw: Draw = () => [at('/took')];
  const { evidence } = only(noiseOf({ control: [412, draw], shadow: [100, draw] }));
  assert.equal(
    evidence,
    'differed in 412 of 412 pairs with the control (99.1 to 100 %), by value; 100 of 100 pairs with the shadow (96.3 to 100 %), by value',
  );
});

test('what varies once in a while is told and not passed over', () => {
  const { proposals, notes } = proposeRules(
    byControl((index) => (index === 7 ? [at('/a')] : [])),
    30,
  );
  assert.deepEqual(proposals, []);
  assert.match(notes.join(), /^\/a: differed in 1 of 100 pairs with the control.*too rare/);
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

test('a rule that would hide contract differences says so, with what was seen of them', () => {
  const noise = noiseOf({
    control: [
      100,
      (index) => [at('/meta', index % 2 === 0 ? { kind: 'missing', contract: true } : {})],
    ],
    shadow: [
      100,
      (index) => (index < 7 ? [at('/meta/version', { kind: 'type', contract: true })] : []),
    ],
  });
  const { rule, place, warnings } = only(noise);
  assert.equal(`${rule} ${place}`, 'ignore /meta');
  assert.deepEqual(warnings, [
    'hides contract differences: /meta in 50 pairs with the control and 0 with the shadow, /meta/version in 0 pairs with the control and 7 with the shadow',
  ]);
  const { warnings: none } = only(byControl(() => [at('/took')]));
  assert.deepEqual(none, []);
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

test('a place below one that is ignored needs no rule, and items that vary in all they hold may be in another order', () => {
  const draw: Draw = () => [at('/meta'), at('/meta/took'), at('/items/*/id'), at('/items/*/name')];
  const { proposals, notes } = proposeRules(byControl(draw), 30);
  assert.deepEqual(
    proposals.map(({ place }) => place),
    ['/items/*/id', '/items/*/name', '/meta'],
  );
  assert.match(notes.join(), /items of \/items vary: .*try unordered or keyed/);
});

test('without a control only what is new in each answer by its form is proposed', () => {
  const draw: Draw = () => [
    at('/id', { volatility: 'uuid' }),
    at('/at', { volatility: 'timestamp' }),
    at('/n', { volatility: 'counter' }),
    at('/request', { volatility: 'identifier' }),
    at('/label'),
    at('/gone', { kind: 'missing', contract: true }),
    at('/mixed', { volatility: 'uuid' }),
    at('/mixed', { kind: 'type', contract: true }),
    at('/noise', { relativeDistance: 1.2e-7 }),
    at('/score', { relativeDistance: 1e-3 }),
    at('status', { kind: 'status', contract: true }),
    at('header:location', { kind: 'header_value' }),
  ];
  const { basis, proposals } = proposeRules(byShadow(draw), 30);
  assert.equal(basis, 'shadow');
  assert.deepEqual(
    proposals.map(({ rule, place }) => `${rule} ${place}`),
    ['timestamp /at', 'uuid /id', 'ignore /n', 'tolerance /noise', 'ignore /request'],
  );
  assert.match(proposals[3]!.warnings.join(), /how far the versions are apart/);
});

test('without a control a place must differ in enough pairs, and look volatile in nearly all', () => {
  const rare: Draw = (index) => (index < 29 ? [at('/id', { volatility: 'uuid' })] : []);
  assert.deepEqual(rulesFor(byShadow(rare)), []);
  const seldom: Draw = (index) => [at('/id', index % 5 === 0 ? {} : { volatility: 'uuid' })];
  assert.deepEqual(rulesFor(byShadow(seldom)), []);
  const reordered = only(byShadow(() => [at('/tags', { kind: 'order' })]));
  assert.equal(reordered.rule, 'unordered');
  assert.match(reordered.warnings.join(), /without a control/);
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
