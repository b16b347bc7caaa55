import assert from 'node:assert/strict';
import { test } from 'node:test';

import { proposeRules } from '../../../../src/report/noise/proposals.ts';
import { at, byShadow, only, rulesFor, type Draw } from './noise-pairs.ts';

test('without a control a duration is known by its name, with a warning', () => {
  const proposal = only(byShadow(() => [at('/debug/took_ms'), at('/price')]));
  assert.equal(`${proposal.rule} ${proposal.place}`, 'ignore /debug/took_ms');
  assert.match(proposal.warnings.join(), /by its name/);
  assert.deepEqual(rulesFor(byShadow((index) => (index < 50 ? [at('/took_ms')] : []))), []);
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
