import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formOf, parseMediaType, sameMediaType } from '../../../src/comparison/media-type.ts';

function same(live: string, shadow: string): boolean {
  const one = parseMediaType(live);
  const other = parseMediaType(shadow);
  assert.equal(sameMediaType(one, other), sameMediaType(other, one));
  return sameMediaType(one, other);
}

test('two types are the same whatever their case, spaces, quotes and order of parameters', () => {
  assert.ok(same('Text/HTML; Charset=UTF-8; level=1', 'text/html;level="1" ; charset="utf-8"'));
  assert.ok(same('multipart/mixed; boundary=abc', 'multipart/mixed; boundary="x;y"'));
});

test('another type, parameter or value is another type', () => {
  assert.ok(!same('text/html', 'text/plain'));
  assert.ok(!same('text/html; charset=utf-8', 'text/html; charset=latin1'));
  assert.ok(!same('text/html; charset=utf-8', 'text/html'));
  assert.ok(!same('application/x; v=A', 'application/x; v=a'));
  assert.ok(!same('application/x; a=1', 'application/x; b=1'));
});

test('utf-8 is what JSON is without a charset, and nothing else', () => {
  assert.ok(same('application/json; charset=UTF-8', 'application/json'));
  assert.ok(same('application/problem+json', 'application/problem+json;charset=utf-8'));
  assert.ok(!same('application/json; charset=utf-16', 'application/json'));
});

test('a quoted value keeps its semicolons and escapes', () => {
  const { essence, parameters } = parseMediaType('a/b; x="1;2\\"3"; y=4');
  assert.equal(essence, 'a/b');
  assert.deepEqual(
    [...parameters],
    [
      ['x', '1;2"3'],
      ['y', '4'],
    ],
  );
});

test('the type says how a body is compared', () => {
  const forms = {
    json: [
      'application/json',
      'Application/JSON; charset=utf-8',
      'application/hal+json',
      'text/json',
    ],
    text: ['text/plain', 'text/event-stream', 'image/svg+xml', 'application/xml'],
    json_lines: ['application/x-ndjson', 'application/jsonl; charset=utf-8'],
    form: ['application/x-www-form-urlencoded'],
    bytes: ['application/octet-stream', 'image/png', '', 'nonsense', 'multipart/mixed; boundary=a'],
  };
  for (const [form, types] of Object.entries(forms)) {
    for (const type of types) assert.equal(formOf(parseMediaType(type)), form, type);
  }
});

test('a header full of separators is read in one pass', () => {
  const { parameters } = parseMediaType(`a/b${';"\\'.repeat(100_000)}`);
  assert.equal(parameters.size, 0);
});
