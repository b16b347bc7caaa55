import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formToJson } from '../../../src/comparison/form-fields.ts';
import { compareAnswers, differencesOf } from './make-pair.ts';

const type = 'application/x-www-form-urlencoded';

function jsonOf(form: string, encoding: BufferEncoding = 'utf8'): string | undefined {
  return formToJson(Buffer.from(form, encoding))?.toString();
}

test('names and values are texts, decoded', () => {
  assert.equal(
    jsonOf('a=1&b+c=%C3%A9%22&d&e=f=g&&h=é'),
    '{"a":"1","b c":"é\\"","d":"","e":"f=g","h":"é"}',
  );
  assert.equal(jsonOf('__proto__=1'), '{"__proto__":"1"}');
});

test('what is no UTF-8 in percent encoding is no form', () => {
  for (const form of ['a=%', 'a=%zz', '%ff=1', 'a=%ed%a0%80'])
    assert.equal(jsonOf(form), undefined);
  assert.equal(jsonOf('a=\u00ff', 'latin1'), undefined);
});

test('forms are compared by field, in whatever order and escapes', () => {
  const compared = (live: string, shadow: string) =>
    differencesOf(compareAnswers({ type, body: live }, { type, body: shadow }));
  assert.deepEqual(compared('a=1&b=%61', 'b=a&a=1'), []);
  assert.deepEqual(compared('a=1&b=2&c=3', 'a=1&b=3&d=4'), ['value /b', 'missing /c', 'extra /d']);
  assert.deepEqual(compared('a=1&a=2', 'a=1'), ['missing /a']);
  assert.deepEqual(compared('a=%', 'a=1'), ['type ']);
  assert.deepEqual(compared('a=%', 'a=%%'), ['text /0']);
});
