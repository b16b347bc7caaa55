import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import type { Body } from '../../../src/base/body-buffer.ts';
import { compare } from '../../../src/comparison/compare.ts';
import { compareAnswers, differencesOf, makePair, rulesOf } from './make-pair.ts';

const json = 'application/json';
const binary = 'application/octet-stream';

/** A body that was too large to keep. */
function digested(text: string): Body {
  return { length: text.length, sha256: createHash('sha256').update(text).digest('hex') };
}

test('equal bytes in the same coding match without being decoded', () => {
  const answer = { type: json, encoding: 'gzip', body: 'no gzip, no JSON' };
  assert.equal(compareAnswers(answer, answer).result, 'match');
});

test('the same body in another coding matches', () => {
  const comparison = compareAnswers(
    { type: json, encoding: 'gzip', body: gzipSync('{"a":1}') },
    { type: json, encoding: 'br', body: brotliCompressSync('{"a":1}') },
  );
  assert.equal(comparison.result, 'match');
});

test('a difference inside an encoded body is found at its pointer', () => {
  const comparison = compareAnswers(
    { type: json, encoding: 'gzip', body: gzipSync('{"a":1}') },
    { type: json, body: '{"a":2}' },
  );
  assert.deepEqual(differencesOf(comparison), ['value /a']);
});

test('a body that is not what its coding says cannot be compared', () => {
  const comparison = compareAnswers(
    { type: json, encoding: 'gzip', body: gzipSync('{"a":1}') },
    { type: json, encoding: 'gzip', body: '{"a":1}' },
  );
  assert.equal(comparison.result, 'incomparable');
  assert.equal(comparison.reason, 'decode_error');
});

test('a chain of codings cannot be compared', () => {
  const comparison = compareAnswers(
    { type: json, encoding: 'gzip, gzip', body: gzipSync(gzipSync('1')) },
    { type: json, body: '2' },
  );
  assert.equal(comparison.reason, 'decode_limit');
});

test('the answer to HEAD has no body to compare', () => {
  const pair = makePair({ type: json, body: '1' }, { type: json, body: '2' }, { method: 'HEAD' });
  assert.equal(compare(pair, rulesOf()).result, 'match');
});

test('a 204 and a 304 have no body, whatever was sent', () => {
  for (const status of [204, 304]) {
    const [live, shadow] = ['a', 'b'].map((body) => ({ status, type: json, body }));
    assert.equal(compareAnswers(live!, shadow!, { conditional: 'keep' }).result, 'match');
  }
});

test('a body that only one side has is missing or extra and breaks the contract', () => {
  for (const type of [json, 'text/plain', binary]) {
    const missing = compareAnswers({ type, body: '{}' }, { type });
    assert.deepEqual(missing.differences, [
      { kind: 'missing', pointer: '', group: 'body', contract: true },
    ]);
    assert.deepEqual(differencesOf(compareAnswers({ type }, { type, body: '{}' })), ['extra ']);
  }
});

test('bodies of no known structure differ as bytes', () => {
  const comparison = compareAnswers({ type: binary, body: 'a' }, { type: binary, body: 'b' });
  assert.deepEqual(comparison.differences, [
    { kind: 'bytes', pointer: '', group: 'body', contract: false },
  ]);
});

test('texts differ at the first line that is not the same, the first line being /0', () => {
  const comparison = compareAnswers(
    { type: 'text/plain', body: 'a\nb\nc\n' },
    { type: 'text/plain', body: 'a\nb\nX\n' },
    { show: 'values' },
  );
  assert.deepEqual(comparison.differences, [
    { kind: 'text', pointer: '/2', group: 'body', contract: false },
  ]);
});

test('a text against bytes is compared as bytes', () => {
  const comparison = compareAnswers({ type: 'text/plain', body: 'a' }, { type: binary, body: 'b' });
  assert.deepEqual(differencesOf(comparison), ['content_type /content-type', 'bytes ']);
});

test('JSON that only one side calls JSON is compared as JSON', () => {
  const comparison = compareAnswers(
    { type: json, body: '{"a":1}' },
    { type: 'text/plain', body: '{"a":2}' },
  );
  assert.deepEqual(differencesOf(comparison), ['content_type /content-type', 'value /a']);
});

test('a body that is no JSON beside one that is has another type', () => {
  const page = '<html>502</html>';
  const comparison = compareAnswers({ type: json, body: '{"a":1}' }, { type: json, body: page });
  assert.deepEqual(comparison.differences, [
    { kind: 'type', pointer: '', group: 'body', contract: true },
  ]);
});

test('two bodies that are called JSON and are none differ as texts', () => {
  const comparison = compareAnswers({ type: json, body: 'a\nb' }, { type: json, body: 'a\nc' });
  assert.deepEqual(differencesOf(comparison), ['text /1']);
});

test('a byte order mark is passed over when both sides have it, and is no JSON when one has', () => {
  const marked = { type: json, body: '\ufeff{"a":1}' };
  assert.deepEqual(differencesOf(compareAnswers(marked, { type: json, body: '\ufeff{"a":2}' })), [
    'value /a',
  ]);
  assert.deepEqual(differencesOf(compareAnswers(marked, { type: json, body: '{"a":1}' })), [
    'type ',
  ]);
});

test('different bytes that are no UTF-8 are not equal', () => {
  const body = (byte: number) => Buffer.from([0x22, byte, 0x22]);
  const comparison = compareAnswers(
    { type: json, body: body(0xfe) },
    { type: json, body: body(0xff) },
  );
  assert.deepEqual(differencesOf(comparison), ['text /0']);
});

test('a truncated body is equal when its length and digest are', () => {
  for (const type of [json, 'text/plain', binary]) {
    const body = digested('abc');
    assert.equal(compareAnswers({ type, body }, { type, body: digested('abc') }).result, 'match');
    assert.equal(compareAnswers({ type, body }, { type, body: 'abc' }).result, 'match');
  }
});

test('a truncated body that is compared as bytes differs when its digest does', () => {
  for (const shadow of ['abd', 'abcd', digested('abd'), digested('abcd')]) {
    const comparison = compareAnswers(
      { type: binary, body: digested('abc') },
      { type: binary, body: shadow },
    );
    assert.deepEqual(differencesOf(comparison), ['bytes ']);
  }
});

test('a truncated body with structure or a coding cannot be compared when it is not equal', () => {
  const answers = [
    [
      { type: json, body: digested('[1]') },
      { type: json, body: '[2]' },
    ],
    [
      { type: 'text/plain', body: digested('a') },
      { type: 'text/plain', body: 'b' },
    ],
    [
      { type: binary, encoding: 'gzip', body: digested('a') },
      { type: binary, encoding: 'gzip', body: 'b' },
    ],
    [
      { type: binary, encoding: 'gzip', body: digested('a') },
      { type: binary, body: 'a' },
    ],
    [
      { type: binary, body: { length: 3 } },
      { type: binary, body: 'abc' },
    ],
  ] as const;
  for (const [live, shadow] of answers) {
    for (const comparison of [compareAnswers(live, shadow), compareAnswers(shadow, live)]) {
      assert.equal(comparison.result, 'incomparable');
      assert.equal(comparison.reason, 'truncated');
    }
  }
});

test('a rule for the whole body ignores what is no JSON, and what cannot be compared', () => {
  const rules = { ignore: ['/**'] };
  for (const [live, shadow] of [
    [
      { type: binary, body: 'a' },
      { type: binary, body: 'b' },
    ],
    [
      { type: 'text/plain', body: 'a' },
      { type: 'text/plain', body: 'b' },
    ],
    [
      { type: json, body: '1' },
      { type: json, body: '2' },
    ],
    [
      { type: json, body: '1' },
      { type: json, body: '' },
    ],
    [
      { type: json, body: digested('1') },
      { type: json, body: '2' },
    ],
  ] as const) {
    const comparison = compareAnswers(live, shadow, rules);
    assert.equal(comparison.result, 'match');
    assert.equal(comparison.ignoredCount, 1);
    assert.equal(comparison.ignored[0]?.rule, '/**');
  }
});

test('a rule for a place inside says nothing about a text', () => {
  const comparison = compareAnswers(
    { type: 'text/plain', body: 'a' },
    { type: 'text/plain', body: 'b' },
    { ignore: ['/*', '/0'] },
  );
  assert.deepEqual(differencesOf(comparison), ['text /0']);
});
