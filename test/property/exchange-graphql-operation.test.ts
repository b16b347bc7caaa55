import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { mayWrite } from '../../src/exchange/graphql-operation.ts';

const space = fc.constantFrom(' ', '\n', '\t', ',', '\ufeff', '# mutation { a }\n', '# "\r');
const gap = fc.array(space, { maxLength: 3 }).map((parts) => ` ${parts.join('')}`);

/** Texts that hide braces, quotes and the names of operations from who does not read strings as strings. */
const hidden = fc
  .array(fc.constantFrom('mutation', '{', '}', '(', ')', '#', 'subscription ', '\\\\'))
  .map((parts) => parts.join(''));
const value = fc.oneof(
  hidden.map((text) => `"${text}"`),
  hidden.map((text) => `"${text}\\""`),
  hidden.map((text) => text.replaceAll('\\', '')).map((text) => `"""${text} \\""" ${text}"""`),
  fc.constant('[$mutation, {subscription: 1}]'),
);
const field = fc
  .tuple(fc.constantFrom('a', 'mutation', 'subscription', 'on', 'query'), fc.option(value))
  .map(([name, argument]) => (argument === null ? name : `${name}(x: ${argument})`));
const selection = fc
  .array(field, { minLength: 1, maxLength: 3 })
  .map((fields) => `{${fields.join(' ')}}`);

const reading = fc.oneof(
  selection,
  fc
    .tuple(
      fc.constantFrom(
        'query',
        'query Q',
        'query mutation',
        'query Q($subscription: ID!) @mutation',
      ),
      gap,
      selection,
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom('F', 'mutation', 'subscription'), gap, selection)
    .map(([name, blank, fields]) => `fragment${blank}${name} on${blank}Mutation${blank}${fields}`),
);
const writing = fc
  .tuple(
    fc.constantFrom('mutation', 'subscription'),
    gap,
    fc.constantFrom('', 'M', 'query', 'M($x: In = {a: "}"})', '@later'),
    gap,
    selection,
  )
  .map((parts) => parts.join(''));

function documentOf(definitions: readonly string[], blanks: readonly string[]): string {
  return definitions
    .map((definition, index) => blanks[index % blanks.length] + definition)
    .join('');
}

const blanks = fc.array(gap, { minLength: 1, maxLength: 4 });

test('a document of queries and fragments alone never writes', () => {
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 4 }), blanks, (definitions, between) => {
      assert.equal(mayWrite(documentOf(definitions, between)), false);
    }),
    { numRuns: 2000 },
  );
});

test('a document with one writing operation anywhere writes', () => {
  fc.assert(
    fc.property(
      fc.array(reading, { maxLength: 3 }),
      writing,
      fc.array(reading, { maxLength: 3 }),
      blanks,
      (before, operation, behind, between) => {
        assert.equal(mayWrite(documentOf([...before, operation, ...behind], between)), true);
      },
    ),
    { numRuns: 2000 },
  );
});

test('whatever is put before a writing operation, it is only hidden by what makes it no operation', () => {
  const piece = fc.constantFrom('{', '}', '(', ')', '"', '"""', '\\', '#', '\n', 'a', ':', ' ');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const prefix = pieces.join('');
      const isHidden = /#[^\n]*$|"/.test(prefix);
      if (!isHidden) assert.equal(mayWrite(`${prefix} mutation {b}`), true);
    }),
    { numRuns: 3000 },
  );
});

test('any text at all is judged and never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (left, right) => {
      assert.equal(typeof mayWrite(`${left} mutation ${right} {`), 'boolean');
      assert.equal(mayWrite(left.replaceAll('{', '')), false);
    }),
    { numRuns: 2000 },
  );
});
