import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  nodeWidth,
  parseJson,
  type JsonDocument,
} from '../../../../src/comparison/json/document.ts';
import {
  sameEscapedString,
  sameText,
  sameWrittenNumber,
  shownNode,
} from '../../../../src/comparison/json/text.ts';

function read(text: string): JsonDocument {
  const reading = parseJson(Buffer.from(text), new Int32Array(64));
  assert.ok(reading.kind === 'document');
  return reading;
}

test('the same bytes are the same text wherever they stand, short or long', () => {
  for (const length of [1, 45, 46, 47, 1000]) {
    const text = 'x'.repeat(length);
    const live = read(`["${text}"]`);
    assert.ok(sameText(live, nodeWidth, read(`  [ "${text}" ] `), nodeWidth));
    assert.ok(!sameText(live, nodeWidth, read(`["${text.slice(1)}y"]`), nodeWidth));
    assert.ok(!sameText(live, nodeWidth, read(`["${text}x"]`), nodeWidth));
  }
});

test('strings with escapes are the same when what they stand for is', () => {
  assert.ok(sameEscapedString(read('"\\u0061"'), 0, read('"a"'), 0));
  assert.ok(sameEscapedString(read('"\\/"'), 0, read('"\\u002f"'), 0));
  assert.ok(!sameEscapedString(read('"\\u0061"'), 0, read('"b"'), 0));
});

test('numbers of other digits are the same when their value is', () => {
  for (const [live, shadow, same] of [
    ['1', '1.0', true],
    ['0', '-0', true],
    ['-0', '-0.0', true],
    ['1', '12', false],
    ['-1', '1', false],
  ] as const) {
    assert.equal(sameWrittenNumber(read(live), 0, read(shadow), 0), same, `${live} ${shadow}`);
    assert.equal(sameWrittenNumber(read(shadow), 0, read(live), 0), same, `${shadow} ${live}`);
  }
});

test('an array or object is shown unless a secret key stands in the part that would be shown', () => {
  assert.equal(shownNode(read('{"a": [1]}'), 0), '{"a": [1]}');
  assert.equal(shownNode(read('["password"]'), 0), '["password"]');
  assert.equal(shownNode(read('[{"password" : 1}]'), 0), undefined);
  assert.equal(shownNode(read('{"a":{"access\\u0054oken":1}}'), 0), undefined);
  const shown = shownNode(read(`{"a":"${'x'.repeat(2000)}","password":"y"}`), 0);
  assert.equal(shown?.length, 256);
});
