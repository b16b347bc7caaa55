import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ruleForNumbers, ruleForStrings } from '../../../../src/comparison/json/value.ts';
import type { RuleOptions } from '../../../../src/comparison/rules.ts';
import { documentOf } from './documents.ts';
import { rulesOf } from '../make-pair.ts';

function numbers(live: string, shadow: string, options: RuleOptions, float32 = false) {
  const { body } = rulesOf(options);
  return ruleForNumbers(documentOf(live), 0, documentOf(shadow), 0, body, float32);
}

function strings(live: string, shadow: string, normalize: RuleOptions['normalize']) {
  const [one, other] = [live, shadow].map((text) => documentOf(JSON.stringify(text)));
  return ruleForStrings(one!, 0, other!, 0, rulesOf({ normalize }).body);
}

test('numbers within the tolerance are taken by it, instants by the rule for timestamps', () => {
  assert.equal(numbers('1', '1.05', { tolerance: { absolute: 0.1 } }), 'tolerance');
  assert.equal(numbers('1', '1.2', { tolerance: { absolute: 0.1 } }), undefined);
  assert.equal(numbers('1', '1.05', {}), undefined);
  const timestamp = { normalize: { timestamp: ['/**'] } };
  assert.equal(numbers('1700000000', '1800000000000', timestamp), 'timestamp /**');
  assert.equal(numbers('1700000000', '5', timestamp), undefined);
});

test('single precision takes what it cannot tell apart, with or without rules', () => {
  assert.equal(numbers('0.1', '0.10000000149011612', {}, true), 'FP32');
  assert.equal(numbers('0.1', '0.11', {}, true), undefined);
});

test('two strings of one form are taken by its rule, one of another form is a difference', () => {
  const uuid = '00000000-0000-0000-0000-000000000001';
  assert.equal(strings(uuid, uuid.replace('1', '2'), { uuid: [''] }), 'uuid ');
  assert.equal(strings(uuid, '2024-01-01T00:00:00Z', { uuid: [''], timestamp: [''] }), undefined);
  assert.equal(strings(uuid, 'x', { uuid: [''] }), undefined);
  assert.equal(strings(uuid, uuid.replace('1', '2'), { timestamp: [''] }), undefined);
});

test('the fewest rules that make two strings the same are named', () => {
  const both = { lowercase: ['/**'], trim: [''] };
  assert.equal(strings('A', 'a', both), 'lowercase /**');
  assert.equal(strings(' A', 'A', both), 'trim ');
  assert.equal(strings(' A', 'a', both), 'lowercase /**, trim ');
  assert.equal(strings(' A', 'b', both), undefined);
});
