import assert from 'node:assert/strict';
import { test } from 'node:test';

import { GateEvents } from '../../../src/telemetry/gate-events.ts';

const values = new Map([['predict', new Map([['errors', [-1, 0, 1]]])]]);

function countsOf(events: GateEvents): Record<string, number> {
  const counts: Record<string, number> = {};
  events.forEach(({ experiment, gate, route, value }, count) => {
    counts[`${experiment} ${route} ${gate} ${value}`] = count;
  });
  return counts;
}

test('what a configuration can count is there as 0 before anything is counted', () => {
  const events = new GateEvents(() => values);
  assert.deepEqual(countsOf(events), {});
  events.begin('e');
  assert.deepEqual(countsOf(events), {
    'e predict errors -1': 0,
    'e predict errors 0': 0,
    'e predict errors 1': 0,
  });
});

test('counts add up, and a value that nobody listed appears when it is counted', () => {
  const events = new GateEvents(() => values);
  events.add('e', 'predict', 'errors', 0, 1);
  events.add('e', 'predict', 'errors', 0, 0.25);
  events.add('e', 'predict', 'errors', 0.3, 0.75);
  assert.deepEqual(countsOf(events), {
    'e predict errors -1': 0,
    'e predict errors 0': 1.25,
    'e predict errors 1': 0,
    'e predict errors 0.3': 0.75,
  });
});

test('of many experiments those that were counted last stay, and a dropped one never begins at 0 again', () => {
  const events = new GateEvents(() => new Map());
  for (let index = 0; index < 16; index += 1) events.add(`e${index}`, 'r', 'errors', 0, 1);
  events.add('e0', 'r', 'errors', 0, 1);
  events.add('e16', 'r', 'errors', 0, 1);
  assert.equal(countsOf(events)['e0 r errors 0'], 2);
  assert.equal(countsOf(events)['e1 r errors 0'], undefined);
  events.add('e1', 'r', 'errors', 0, 1);
  events.begin('e1');
  assert.equal(countsOf(events)['e1 r errors 0'], undefined);
  assert.equal(Object.keys(countsOf(events)).length, 16);
});
