import assert from 'node:assert/strict';
import { test } from 'node:test';

import { itemsOf } from '../../../../src/comparison/json/document.ts';
import { parseJsonLines } from '../../../../src/comparison/json/lines.ts';
import { compareAnswers, differencesOf } from '../make-pair.ts';

const type = 'application/x-ndjson';

/** The texts of the lines; undefined when they are not one JSON text each. */
function linesOf(text: string): string[] | undefined {
  const reading = parseJsonLines(Buffer.from(text), new Int32Array(64));
  if (reading.kind !== 'document') return undefined;
  const { bytes, nodes } = reading;
  return Array.from(itemsOf(reading, 0), (item) =>
    bytes.toString('utf8', nodes[item + 1], nodes[item + 2]),
  );
}

test('each line that is not empty is one JSON text', () => {
  assert.deepEqual(linesOf('{"a":1}\n[2]\r\n"x"'), ['{"a":1}', '[2]', '"x"']);
  assert.deepEqual(linesOf('\n\n 1 \n \n2\n\n'), ['1', '2']);
  assert.deepEqual(linesOf(' \n'), []);
});

test('a line of two texts, and a text of two lines, are no JSON lines', () => {
  for (const text of [
    '1,2',
    '1 2',
    '[1\n2]',
    '1,2\n[3\n,4]',
    '{"a":1\n"b":2}',
    '1\nx',
    '"a\nb"',
    '1]\n[2',
  ]) {
    assert.equal(linesOf(text), undefined, text);
  }
});

test('lines are compared as JSON, by their place', () => {
  const compared = (live: string, shadow: string) =>
    differencesOf(compareAnswers({ type, body: live }, { type, body: shadow }));
  assert.deepEqual(compared('{"a":1,"b":2}\n{"a":3}\n', '{"b":2,"a":1}\n\n{"a":4}'), [
    'value /1/a',
  ]);
  assert.deepEqual(compared('1\n2', '1\n2\n3'), ['length ']);
  assert.deepEqual(compared('1\n2', '2\n1'), ['order ']);
  assert.deepEqual(compared('1\n2', '1\nx'), ['type ']);
  assert.deepEqual(compared('1\ny', '1\nx'), ['text /1']);
});
