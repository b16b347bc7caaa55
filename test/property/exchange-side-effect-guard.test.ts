import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { HeaderList } from '../../src/base/header-list.ts';
import { compileSideEffectGuard } from '../../src/exchange/side-effect-guard.ts';

const guard = compileSideEffectGuard({ queryKeys: ['code', 'Größe'], paths: ['/logout'] }, '/**');

function isGuarded(path: string): boolean {
  return guard({
    method: 'GET',
    path,
    authority: '',
    headers: HeaderList.empty,
    requestId: '',
    attributes: new Map(),
  });
}

/** Each byte of `name` as it is, in the other case, or percent-encoded, by the same index of `choices`. */
function respelt(name: string, choices: readonly number[]): string {
  return [...Buffer.from(name)]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      const hex = `%${byte.toString(16).padStart(2, '0')}`;
      const choice = choices[index % choices.length]!;
      if (byte > 0x7f || choice === 0) return hex;
      if (choice === 1) return hex.toUpperCase();
      return choice === 2 ? character.toUpperCase() : character;
    })
    .join('');
}

const choices = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 30 });
const harmless = fc.constantFrom(
  'a=1',
  '',
  '=',
  'b',
  'c=_method',
  '%zz=%',
  'd=%26_method',
  'query=x',
);
const parameters = fc.array(harmless, { maxLength: 5 });
const separator = fc.constantFrom('&', ';');

test('a guarded key is found among others, however it is written', () => {
  const key = fc.constantFrom(
    '_method',
    '$httpMethod',
    'X-HTTP-Method-Override',
    'x-http-method',
    'x-method-override',
    'code',
    'größe',
  );
  fc.assert(
    fc.property(
      key,
      choices,
      parameters,
      parameters,
      separator,
      fc.constantFrom('', '=', '=DELETE', '[]=DELETE', '=a;b'),
      (name, spelling, before, behind, between, value) => {
        const query = [...before, respelt(name, spelling) + value, ...behind].join(between);
        assert.equal(isGuarded(`/v1/items?${query}`), true, query);
      },
    ),
    { numRuns: 2000 },
  );
});

test('parameters of other names are not guarded', () => {
  fc.assert(
    fc.property(parameters, separator, (names, between) => {
      // Two documents in one parameter are guarded.
      if (between === ';' && names.filter((name) => name.startsWith('query')).length > 1) return;
      assert.equal(isGuarded(`/v1/items?${names.join(between)}`), false);
    }),
    { numRuns: 1000 },
  );
});

test('a GraphQL mutation is found in a query, however it is encoded', () => {
  fc.assert(
    fc.property(choices, choices, parameters, (spelling, nameSpelling, before) => {
      const document = respelt('fragment F on T { a(b: ";&") } mutation { c }', spelling)
        .replaceAll('&', '%26')
        .replaceAll(' ', '+');
      const query = [...before, `${respelt('query', nameSpelling)}=${document}`].join('&');
      assert.equal(isGuarded(`/graphql?${query}`), true, query);
    }),
    { numRuns: 1000 },
  );
});

test('any bytes at all are a path that is guarded or not, and never a throw', () => {
  const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
  const piece = fc.oneof(
    byte,
    fc.constantFrom('?', '&', ';', '=', '%', 'query=', '{mutation', '['),
  );
  fc.assert(
    fc.property(fc.string({ unit: piece, maxLength: 60 }), (path) => {
      assert.equal(typeof isGuarded(path), 'boolean');
    }),
    { numRuns: 3000 },
  );
});
