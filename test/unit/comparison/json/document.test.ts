import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  itemsIn,
  maxJsonDepth,
  maxJsonNodes,
  maxNumberLength,
  nodeWidth,
  parseJson,
  stringOf,
  typeOf,
} from '../../../../src/comparison/json/document.ts';

function parse(text: string | Buffer) {
  return parseJson(Buffer.from(text), new Int32Array(64));
}

test('a document is read for every text that JSON.parse reads', () => {
  for (const text of [
    '0',
    '-0.5e+10',
    'null',
    'true',
    ' false ',
    '""',
    '"\\u00e9\\n\\\\"',
    '[]',
    '{}',
    '\t[ 1 ,\r\n2 ] ',
    '{"a":{"b":[{}]},"a":1}',
    '[[],[[]]]',
    '{"":0}',
    '"\u2028"',
    '[1E5,0.1]',
  ]) {
    assert.doesNotThrow(() => JSON.parse(text));
    assert.equal(parse(text).kind, 'document', text);
  }
});

test('a text that JSON.parse does not read is malformed', () => {
  for (const text of [
    '',
    ' ',
    '01',
    '1.',
    '.5',
    '+1',
    '-',
    '1e',
    '1e+',
    'nul',
    'True',
    'nullx',
    '1 2',
    '[1,]',
    '[,1]',
    '[1 2]',
    '[',
    ']',
    '[}',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{a:1}',
    "{'a':1}",
    '{"a":1 "b":2}',
    '{1:2}',
    '"',
    '"\\',
    '"\\x"',
    '"\\u12"',
    '"\\u12g4"',
    '"a\nb"',
    '"\t"',
    '\ufeff1',
    '{"a":1}}',
    '//',
    'undefined',
    '\u00a01',
  ]) {
    assert.throws(() => JSON.parse(text), SyntaxError, text);
    assert.equal(parse(text).kind, 'malformed', JSON.stringify(text));
  }
});

test('the bare words of numeric services are numbers', () => {
  const reading = parse('[NaN,Infinity,-Infinity]');
  assert.ok(reading.kind === 'document');
  for (const item of [1, 2, 3]) assert.equal(typeOf(reading, item * nodeWidth), 'number');
  assert.equal(parse('-NaN').kind, 'malformed');
  assert.equal(parse('Infinityy').kind, 'malformed');
});

test('bytes that are no UTF-8 are malformed', () => {
  assert.equal(parse(Buffer.from([0x22, 0xff, 0x22])).kind, 'malformed');
  assert.equal(parse(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])).kind, 'malformed');
});

test('nodes say what they are, what they hold and what follows them', () => {
  const reading = parse('{"k":[1,"\\u0041",{}],"l":null}');
  assert.ok(reading.kind === 'document');
  const { nodes } = reading;
  const key = nodeWidth;
  const array = key + nodeWidth;
  assert.equal(typeOf(reading, 0), 'object');
  assert.equal(stringOf(reading, key), 'k');
  assert.equal(typeOf(reading, array), 'array');
  assert.equal(itemsIn(reading, array), 3);
  assert.equal(stringOf(reading, array + 2 * nodeWidth), 'A');
  const next = nodes[array + 3]!;
  assert.equal(stringOf(reading, next), 'l');
  assert.equal(typeOf(reading, next + nodeWidth), 'null');
  assert.equal(nodes[3], next + 2 * nodeWidth);
});

test('what is nested deeper than the bound is not read', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  assert.equal(parse(nested(maxJsonDepth)).kind, 'document');
  assert.equal(parse(nested(maxJsonDepth + 1)).kind, 'too_large');
  assert.equal(parse('['.repeat(1_000_000)).kind, 'too_large');
  assert.equal(parse('{"a":'.repeat(1_000_000)).kind, 'too_large');
  // Containers beside each other are not nested.
  assert.equal(parse(`[${'[],'.repeat(maxJsonDepth * 2)}[]]`).kind, 'document');
});

test('a text of more nodes than the bound is not read', () => {
  const array = (items: number) => `[${'0,'.repeat(items - 1)}0]`;
  assert.equal(parse(array(maxJsonNodes - 1)).kind, 'document');
  assert.equal(parse(array(maxJsonNodes)).kind, 'too_large');
  const members = Array.from({ length: 500_000 }, (_, index) => `"k${index}":0`);
  assert.equal(parse(`{${members.join()}}`).kind, 'too_large');
});

test('a number longer than the bound is not read', () => {
  assert.equal(parse('1'.repeat(maxNumberLength)).kind, 'document');
  assert.equal(parse('1'.repeat(maxNumberLength + 1)).kind, 'too_large');
  assert.equal(parse('1'.repeat(10_000_000)).kind, 'too_large');
});
