import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nodeWidth } from '../../../../src/comparison/json/document.ts';
import { mixed, NodeHashes, type Said } from '../../../../src/comparison/json/hash.ts';
import { documentOf } from './documents.ts';

function hashOf(text: string, said?: Map<number, Said>): number {
  return new NodeHashes(documentOf(text), said).of(0);
}

test('what says the same has the same number, however it is written', () => {
  for (const [one, other] of [
    ['{"a":1,"b":[true,null]}', '{ "b" : [ true, null ], "\\u0061": 1.0 }'],
    ['"\\u0041\\/é"', '"A/\\u00e9"'],
    ['[1e2,-0]', '[100,0.0]'],
  ] as const) {
    assert.equal(hashOf(one), hashOf(other), one);
  }
});

test('a number has the number of its double, whichever way it is read', () => {
  for (const [one, other] of [
    ['0.3', '0.30000000000000000000000000000'],
    ['9007199254740991', '9007199254740991.0'],
    ['9007199254740993', '9007199254740992'],
    ['0.1234567890123456789', '0.12345678901234568'],
    ['-12.50', '-125e-1'],
    ['1e400', '2e400'],
    ['0.0000000000000000000000001', '1e-25'],
  ] as const) {
    assert.equal(hashOf(one), hashOf(other), one);
  }
  assert.notEqual(hashOf('-1.5'), hashOf('1.5'));
  assert.notEqual(hashOf('0.15'), hashOf('1.5'));
  assert.notEqual(hashOf('0.3'), hashOf('0.30000000000000004'));
});

test('texts that differ in one byte, or in zeros at their ends, have other numbers', () => {
  const texts = [
    'a',
    'a\\u0000',
    'a\\u0000\\u0000\\u0000',
    'abcd',
    'abce',
    'xbcd',
    'abcdabcd',
    'abcdabcx',
  ];
  assert.equal(new Set(texts.map((text) => hashOf(`"${text}"`))).size, texts.length);
});

test('what says something else has another number', () => {
  const texts = ['1', '"1"', '[1]', '{"1":1}', '[]', '{}', 'null', 'true', 'false', '""', '[[]]'];
  texts.push('[1,2]', '[2,1]', '{"a":1,"b":2}', '{"a":2,"b":1}', '[{"a":1},{"b":2}]', 'NaN');
  assert.equal(new Set(texts.map((text) => hashOf(text))).size, texts.length);
  const many = Array.from({ length: 20_000 }, (_, index) => `"item-${index}"`);
  const document = documentOf(`[${many.slice(0, 900).join()}]`);
  const hashes = new NodeHashes(document);
  const items = Array.from({ length: 900 }, (_, index) => hashes.of((index + 1) * nodeWidth));
  assert.equal(new Set(items).size, 900);
});

test('what is said in place of a node counts instead of what is written', () => {
  const array = new Map([[0, { unordered: true }]]);
  assert.equal(hashOf('[1,2,2]', array), hashOf('[2,1,2]', array));
  assert.notEqual(hashOf('[1,2,2]', array), hashOf('[2,1,1]', array));
  const value = 2 * nodeWidth;
  assert.equal(hashOf('{"a":null}', new Map([[value, { omitted: true }]])), hashOf('{}'));
  const masked = new Map([[value, { instead: 'x' }]]);
  assert.equal(hashOf('{"a":1}', masked), hashOf('{"a":"y"}', masked));
});

test('two numbers in another order make another one', () => {
  assert.notEqual(mixed(1, 2), mixed(2, 1));
  assert.notEqual(mixed(1, 2 ** 52), mixed(1, 2 ** 52 + 2 ** 40));
});
