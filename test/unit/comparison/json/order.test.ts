import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compareJsonTexts, differencesOf } from '../make-pair.ts';

function differ(live: string, shadow: string, rules = {}): string[] {
  return differencesOf(compareJsonTexts(live, shadow, rules));
}

test('an array with the same items in another order is one difference, and breaks no contract', () => {
  const comparison = compareJsonTexts('{"a":[1,2,3]}', '{"a":[3,1,2.0]}');
  assert.deepEqual(differencesOf(comparison), ['order /a']);
  assert.equal(comparison.contract, false);
  assert.deepEqual(differ('[{"a":1,"b":2},0]', '[0, {"b":2,"a":1}]'), ['order ']);
});

test('an array of which any item differs is compared item by item', () => {
  assert.deepEqual(differ('[1,2,3]', '[2,1,4]'), ['value /0', 'value /1', 'value /2']);
  assert.deepEqual(differ('[1,1,2]', '[2,2,1]'), ['value /0', 'value /1', 'value /2']);
  assert.deepEqual(differ('[1,2]', '[2,1,3]'), ['length ', 'value /0', 'value /1']);
});

test('below the depth at which text is compared order is still told', () => {
  const [open, close] = ['['.repeat(40), ']'.repeat(40)];
  const pointer = '/0'.repeat(39);
  assert.deepEqual(differ(`${open}1,2${close}`, `${open}2,1${close}`), [`order ${pointer}`]);
});

test('items that rules take for the same where they stand are not in another order', () => {
  const rules = { tolerance: { absolute: 0.1 }, normalize: { lowercase: ['/1'] } };
  const { result, ignored } = compareJsonTexts('[1.0,1.05,"a"]', '[1.05,1.0,"a"]', rules);
  assert.equal(result, 'match');
  assert.deepEqual(ignored, [{ pointer: '', rule: 'tolerance' }]);
  assert.deepEqual(differ('[1,1.05,5]', '[5,1,1.05]', rules), ['order ']);
});

test('an array in another order inside items that are ignored is ignored', () => {
  const { result, ignored } = compareJsonTexts('[[1,2],3]', '[[2,1],3]', { ignore: ['/0/*'] });
  assert.equal(result, 'match');
  assert.deepEqual(ignored, [{ pointer: '/0', rule: '/0/*' }]);
});
