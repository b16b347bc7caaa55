import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compareJsonTexts, differencesOf } from '../make-pair.ts';

test('a rule that ignores the place comes before a rule for the kind of difference', () => {
  const { ignored } = compareJsonTexts('{"a":1}', '{"a":1.05}', {
    tolerance: { absolute: 0.1 },
    ignore: ['/a'],
  });
  assert.deepEqual(ignored, [{ pointer: '/a', rule: '/a' }]);
});

test('null is as good as missing where a rule says so, and nothing else is', () => {
  const rules = { nullEqualsMissing: ['/a'] };
  const { result, ignored } = compareJsonTexts('{"a":null}', '{}', rules);
  assert.equal(result, 'match');
  assert.deepEqual(ignored, [{ pointer: '/a', rule: 'nullEqualsMissing /a' }]);
  assert.deepEqual(differencesOf(compareJsonTexts('{}', '{"a":0,"b":null}', rules)), [
    'extra /a',
    'extra /b',
  ]);
  assert.deepEqual(differencesOf(compareJsonTexts('{"a":null}', '{"a":1}', rules)), ['type /a']);
  const everywhere = compareJsonTexts('{"x":[{}]}', '{"x":[{"y":null}]}', {
    nullEqualsMissing: true,
  });
  assert.equal(everywhere.ignored[0]?.rule, 'nullEqualsMissing /**');
});

test('items of an array without order are named by "*" and shown by their index in live', () => {
  const texts = ['[{"id":1,"v":1},{"id":2,"v":2}]', '[{"id":2,"v":3},{"id":1,"v":4}]'] as const;
  const keyed = { '': 'id' };
  assert.deepEqual(differencesOf(compareJsonTexts(...texts, { keyed, ignore: ['/1/v'] })), [
    'value /0/v',
    'value /1/v',
  ]);
  const { result, ignored } = compareJsonTexts(...texts, { keyed, ignore: ['/*/v'] });
  assert.equal(result, 'match');
  assert.equal(ignored.length, 3);
});
