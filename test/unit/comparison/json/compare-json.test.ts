import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compareJsonTexts, differencesOf } from '../make-pair.ts';

function differ(live: string, shadow: string): string[] {
  return differencesOf(compareJsonTexts(live, shadow, { show: 'values' }));
}

test('the order of keys and white space mean nothing', () => {
  const comparison = compareJsonTexts(
    '{"a":1,"b":{"c":2,"d":3}}',
    '{ "b": {"d":3,"c":2}, "a": 1 }',
  );
  assert.equal(comparison.result, 'match');
});

test('the same string in other escapes is equal', () => {
  assert.deepEqual(differ('"\\u0041\\/é"', '"A/\\u00e9"'), []);
  assert.deepEqual(differ('{"\\u0061":1}', '{"a":1}'), []);
  assert.deepEqual(differ('{"z":0,"\\u0061":1}', '{"a":1,"z":0}'), []);
});

test('strings are equal by code unit: no normalisation of Unicode', () => {
  assert.deepEqual(differ('"\\u00e9"', '"e\\u0301"'), ['value ']);
  assert.deepEqual(differ('"\\ud800"', '"\\ud801"'), ['value ']);
});

test('numbers are compared without loss', () => {
  assert.deepEqual(differ('[9007199254740993]', '[9007199254740992]'), ['value /0']);
  assert.deepEqual(differ('[1.0,1e2,NaN,-0]', '[1,100,NaN,0]'), []);
  assert.deepEqual(differ('[1,12,-1]', '[12,1,1]'), ['value /0', 'value /1', 'value /2']);
});

test('a difference of each kind is found at its pointer', () => {
  assert.deepEqual(
    differ(
      '{"a":1,"b":{"c":true},"d":[1,2],"e":"x","f":null}',
      '{"a":2,"b":{"c":false},"d":[1,3,4],"e":5,"g":null}',
    ),
    ['value /a', 'value /b/c', 'length /d', 'value /d/1', 'type /e', 'missing /f', 'extra /g'],
  );
});

test('missing, extra and type break the contract; value and length do not', () => {
  const { differences } = compareJsonTexts(
    '{"a":1,"b":1,"c":1,"d":[1]}',
    '{"a":"1","c":2,"d":[1,2],"e":1}',
  );
  assert.deepEqual(Object.fromEntries(differences.map(({ kind, contract }) => [kind, contract])), {
    type: true,
    missing: true,
    extra: true,
    value: false,
    length: false,
  });
});

test('null is a type of its own and not the same as missing', () => {
  assert.deepEqual(differ('{"a":null}', '{"a":0}'), ['type /a']);
  assert.deepEqual(differ('{"a":null}', '{}'), ['missing /a']);
  assert.deepEqual(differ('null', 'false'), ['type ']);
});

test('of arrays of different length the common part is compared and the rest is one difference', () => {
  assert.deepEqual(differ('[1,2,3,4]', '[1,9]'), ['length ', 'value /1']);
});

test('an empty object and an empty array are not the same', () => {
  assert.deepEqual(differ('{"a":{}}', '{"a":[]}'), ['type /a']);
});

test('a repeated key is compared occurrence by occurrence', () => {
  assert.deepEqual(differ('{"a":1,"a":2}', '{"a":2}'), ['value /a', 'missing /a']);
  assert.deepEqual(differ('{"a":2}', '{"a":1,"a":2}'), ['value /a', 'extra /a']);
  assert.deepEqual(differ('{"a":1,"b":0,"a":2}', '{"b":0,"a":1,"a":2}'), []);
  assert.deepEqual(differ('{"a":1,"a":2}', '{"a":2,"a":1}'), ['value /a', 'value /a']);
});

test('keys of the object prototype are keys like any other and change nothing', () => {
  const live =
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1}';
  const shadow = '{"constructor":{"prototype":{"polluted":2}},"x":0}';
  assert.deepEqual(differ(live, shadow), [
    'missing /__proto__',
    'value /constructor/prototype/polluted',
    'missing /toString',
    'extra /x',
  ]);
  assert.ok(!('polluted' in {}));
});

test('groups take indexes as * and keys that are no identifiers as {key}', () => {
  const { differences } = compareJsonTexts(
    '{"rows":[{"a@b.example":{"x-1":1}},[[2]]],"0":{"y":1}}',
    '{"rows":[{"a@b.example":{"x-1":2}},[[3]]],"0":{"y":2}}',
  );
  assert.deepEqual(
    differences.map(({ pointer, group }) => [pointer, group]),
    [
      ['/rows/0/{key}/x-1', '/rows/*/{key}/x-1'],
      ['/rows/1/0/0', '/rows/*/*/*'],
      ['/{key}/y', '/{key}/y'],
    ],
  );
});

test('keys that can be data leave only where values are shown, there escaped as RFC 6901 says', () => {
  const live = '{"a/b":{"m~n":1},"":{" ":1}}';
  const shadow = '{"a/b":{"m~n":2},"":{" ":2}}';
  assert.deepEqual(differencesOf(compareJsonTexts(live, shadow)), [
    'value /{key}/{key}',
    'value /{key}/{key}',
  ]);
  assert.deepEqual(differ(live, shadow), ['value /a~1b/m~0n', 'value // ']);
});

test('an ignored difference hides such keys as well', () => {
  const { ignored } = compareJsonTexts('{"a@b.example":1}', '{"a@b.example":2}', {
    ignore: ['/*'],
  });
  assert.deepEqual(ignored, [{ pointer: '/{key}', rule: '/*' }]);
});

test('a pointer that would be too long ends at the innermost container that fits', () => {
  const key = 'k'.repeat(1500);
  const { differences } = compareJsonTexts(
    `{"${key}":{"a":{"${key}":1}}}`,
    `{"${key}":{"a":{"${key}":2}}}`,
    { show: 'values' },
  );
  assert.equal(differences[0]?.pointer, `/${key}/a`);
});

test('no value leaves a route that does not show values', () => {
  const comparison = compareJsonTexts(
    '{"a":"canary","b":["canary"],"c":{"d":"canary"}}',
    '{"a":"canary2","b":[1],"e":"canary"}',
  );
  assert.ok(comparison.differenceCount > 3);
  assert.doesNotMatch(JSON.stringify(comparison), /canary/);
});

test('values are shown as JSON text, of an array that differs in length only the lengths', () => {
  const { differences } = compareJsonTexts(
    '{"n":1.0,"s":"a\\n","t":[1,"x"],"l":[1,2],"m":{"x":1}}',
    '{"n":2.50,"s":"b","t":{"k":null},"l":[1]}',
    { show: 'values' },
  );
  assert.deepEqual(
    differences.map(({ pointer, live, shadow }) => [pointer, live, shadow]),
    [
      ['/n', '1.0', '2.50'],
      ['/s', '"a\\n"', '"b"'],
      ['/t', '[1,"x"]', '{"k":null}'],
      ['/l', '2', '1'],
      ['/m', '{"x":1}', undefined],
    ],
  );
});

test('a shown value has at most 256 characters and ends on a character', () => {
  for (const filler of ['x', 'é', '→', '😀']) {
    const { differences } = compareJsonTexts(`"${filler.repeat(2000)}"`, '""', { show: 'values' });
    const shown = differences[0]?.live ?? '';
    assert.ok(shown.length <= 256 && shown.length >= 255, filler);
    assert.ok(shown.isWellFormed(), filler);
    assert.ok(!shown.includes('\ufffd'), filler);
  }
});

test('values under a secret name are not shown, however deep, nor in an array or object that holds them', () => {
  const comparison = compareJsonTexts(
    `{"password":"canary","promptTokens":1,"users":[{"apiKey":["canary",{"x":"canary"}]}],
      "whole":{"a":{"client_secret":"canary"}},"list":[{"session":"canary"}],"e":{"\\u0070assword":"canary"}}`,
    '{"password":"canary2","promptTokens":2,"users":[{"apiKey":["canary2",{"x":"canary3"}]}],"whole":1,"list":1}',
    { show: 'values' },
  );
  assert.equal(comparison.differenceCount, 7);
  assert.doesNotMatch(JSON.stringify(comparison), /canary/);
  const numbers = comparison.differences.find(({ pointer }) => pointer === '/promptTokens');
  assert.deepEqual([numbers?.live, numbers?.shadow], ['1', '2']);
});
