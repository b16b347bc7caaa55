import assert from 'node:assert/strict';
import { test } from 'node:test';

import { itemsOf } from '../../../../src/comparison/json/document.ts';
import {
  finiteNumber,
  nodeAt,
  scalarText,
  shortString,
} from '../../../../src/comparison/json/scalar.ts';
import { documentOf } from './documents.ts';

function eachItem<Said>(
  text: string,
  say: (document: ReturnType<typeof documentOf>, item: number) => Said,
) {
  const document = documentOf(text);
  return [...itemsOf(document, 0)].map((item) => say(document, item));
}

test('a string, number or boolean is its text, and a number the same for the same value', () => {
  assert.deepEqual(
    eachItem('["a\\u0062",7,7.0,70e-1,0.5,9007199254740993,1e400,true,null,[1],{}]', scalarText),
    [
      'ab',
      '7',
      '7',
      '7',
      '0.5',
      '9007199254740993',
      '1e400',
      'true',
      undefined,
      undefined,
      undefined,
    ],
  );
});

test('a string that is too long is none', () => {
  assert.equal(scalarText(documentOf(JSON.stringify('x'.repeat(70_000))), 0), undefined);
  assert.equal(shortString(documentOf('"abc"'), 0, 5), 'abc');
  assert.equal(shortString(documentOf('"abcd"'), 0, 5), undefined);
  assert.equal(shortString(documentOf('7'), 0, 5), undefined);
});

test('a number that no double holds is none', () => {
  assert.deepEqual(eachItem('[1.5,-2,1e400,NaN,Infinity,"1",null]', finiteNumber), [
    1.5,
    -2,
    ...Array.from({ length: 5 }, () => undefined),
  ]);
});

test('a place is found by keys and indexes', () => {
  const document = documentOf('{"a":[{"b/c":1},{"":{"0":2}}],"d":3}');
  const at = (...segments: string[]) => {
    const node = nodeAt(document, 0, segments);
    return node === undefined ? undefined : scalarText(document, node);
  };
  assert.equal(at('a', '0', 'b/c'), '1');
  assert.equal(at('a', '1', '', '0'), '2');
  assert.equal(at('d'), '3');
  for (const segments of [['x'], ['a', '2'], ['a', '00'], ['a', '-1'], ['a', 'b'], ['d', 'e']]) {
    assert.equal(at(...segments), undefined, segments.join('/'));
  }
  assert.equal(nodeAt(document, 0, []), 0);
});
