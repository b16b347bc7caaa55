import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TwinspanError } from '../../../src/base/errors.ts';
import { compareJsonTexts, differencesOf, rulesOf } from './make-pair.ts';

test('a route that says nothing compares content-type and location and shows no values', () => {
  const { body, ignoreBody, headers, allHeaders, conditional, show } = rulesOf();
  assert.deepEqual(
    { body, ignoreBody, headers, allHeaders, conditional, show },
    {
      body: { held: [], pending: [] },
      ignoreBody: undefined,
      headers: ['content-type', 'location'],
      allHeaders: false,
      conditional: 'skip',
      show: 'pointers',
    },
  );
});

test('header names have no case and are compared once', () => {
  assert.deepEqual(rulesOf({ headers: ['Vary', 'vary', 'X-A'] }).headers, ['vary', 'x-a']);
});

test('a pattern that is no pointer glob is a configuration error', () => {
  assert.throws(
    () => rulesOf({ ignore: ['/id', 'created'] }),
    (error) =>
      error instanceof TwinspanError &&
      error.code === 'configuration' &&
      error.message.includes('"created"'),
  );
});

test('an ignored difference is kept with the rule that ignored it and is no difference', () => {
  const comparison = compareJsonTexts(
    '{"id":1,"choices":[{"created":1,"text":"a"}]}',
    '{"id":2,"choices":[{"created":2,"text":"a"}]}',
    { ignore: ['/id', '/choices/*/created'] },
  );
  assert.equal(comparison.result, 'match');
  assert.deepEqual(comparison.differs, { status: false, headers: false, body: false });
  assert.equal(comparison.contract, false);
  assert.deepEqual(comparison.ignored, [
    { pointer: '/id', rule: '/id' },
    { pointer: '/choices/0/created', rule: '/choices/*/created' },
  ]);
  assert.equal(comparison.ignoredCount, 2);
});

test('a rule for a container ignores the container and all that is below it', () => {
  const rules = { ignore: ['/meta'] };
  const below = compareJsonTexts('{"meta":{"a":{"b":1}}}', '{"meta":{"a":{"b":2}}}', rules);
  assert.deepEqual(below.ignored, [{ pointer: '/meta/a/b', rule: '/meta' }]);
  const itself = compareJsonTexts('{"meta":[1]}', '{}', rules);
  assert.deepEqual(itself.ignored, [{ pointer: '/meta', rule: '/meta' }]);
});

test('a rule for a place inside a container does not ignore the container', () => {
  const comparison = compareJsonTexts('{"meta":{"a":1}}', '{}', { ignore: ['/meta/a'] });
  assert.deepEqual(differencesOf(comparison), ['missing /meta']);
});

test('of several rules that hold the first one is named', () => {
  const comparison = compareJsonTexts('{"a":1}', '{"a":2}', { ignore: ['/b', '/**/a', '/a'] });
  assert.deepEqual(comparison.ignored, [{ pointer: '/a', rule: '/**/a' }]);
});

test('a rule names a key that has a slash, a tilde or escapes in the body', () => {
  const comparison = compareJsonTexts('{"a/b":1,"m~n":1,"\\u0078":1}', '{"a/b":2,"m~n":2,"x":2}', {
    ignore: ['/a~1b', '/m~0n', '/x'],
  });
  assert.equal(comparison.result, 'match');
  assert.equal(comparison.ignoredCount, 3);
});
