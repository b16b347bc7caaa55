import assert from 'node:assert/strict';
import { test } from 'node:test';

import { numberEnd, skipSpace, stringEnd, wordAt } from '../../../../src/comparison/json/lexeme.ts';

test('white space is what JSON calls so, and no other', () => {
  assert.equal(skipSpace(Buffer.from(' \t\r\n1'), 0), 4);
  assert.equal(skipSpace(Buffer.from('\u000b1'), 0), 0);
  assert.equal(skipSpace(Buffer.from('\u00a01'), 0), 0);
  assert.equal(skipSpace(Buffer.from('  '), 0), 2);
});

test('a string ends behind its closing quote, and says by its sign whether it has escapes', () => {
  assert.equal(stringEnd(Buffer.from('"ab",'), 0), 4);
  assert.equal(stringEnd(Buffer.from('x"\\""'), 1), -5);
  assert.equal(stringEnd(Buffer.from('"\\u00E9"'), 0), -8);
});

test('a string without an end, with a control character or with an unknown escape is none', () => {
  for (const text of [
    '"',
    '"a',
    '"\\',
    '"\\"',
    '"\n"',
    '"\\a"',
    '"\\u12"',
    '"\\u00g0"',
    '"\\U0041"',
  ]) {
    assert.equal(stringEnd(Buffer.from(text), 0), 0, text);
  }
});

test('a number ends behind its last digit', () => {
  for (const [text, end] of [
    ['0', 1],
    ['-0.5,', 4],
    ['01', 1],
    ['12e+3]', 5],
    ['1E-07', 5],
    ['1.5e3.2', 5],
  ] as const) {
    assert.equal(numberEnd(Buffer.from(text), 0), end, text);
  }
});

test('a number that lacks digits where they have to be is none', () => {
  for (const text of ['', '-', '.5', '1.', '1.e5', '1e', '1e+', '+1', 'e5', 'x']) {
    assert.equal(numberEnd(Buffer.from(text), 0), 0, text);
  }
});

test('a word stands at a place only with all its letters', () => {
  assert.ok(wordAt(Buffer.from('[null]'), 1, 'null'));
  assert.ok(!wordAt(Buffer.from('nul'), 0, 'null'));
});
