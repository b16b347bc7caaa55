import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { HeaderList } from '../../src/base/header-list.ts';
import { mayOverrideMethod } from '../../src/duplicate/form-override.ts';
import { bodyOf, sampleRequest } from '../unit/duplicate/sample-duplicate.ts';

function overrides(contentType: string, body: string): boolean {
  const headers = HeaderList.fromPairs([['content-type', contentType]]);
  return mayOverrideMethod(sampleRequest({ method: 'POST', headers, body: bodyOf(body) }));
}

const urlencoded = 'application/x-www-form-urlencoded';

test('a form overrides its method exactly when one of its names is _method', () => {
  const name = fc.oneof(
    fc.constantFrom('_method', '_METHOD', 'method', '_methods', 'a_method', '__method', ''),
    fc.string({ maxLength: 8 }),
  );
  const fields = fc.array(fc.tuple(name, fc.string({ maxLength: 8 })), { maxLength: 6 });
  let overriding = 0;
  fc.assert(
    fc.property(fields, (pairs) => {
      // What PHP and others make of odd names is more than the standard says.
      const plain = pairs.filter(([key]) => !/[.[\s]/.test(key));
      const expected = plain.some(([key]) => key.toLowerCase() === '_method');
      if (expected) overriding += 1;
      assert.equal(overrides(urlencoded, new URLSearchParams(plain).toString()), expected);
    }),
    { numRuns: 2000 },
  );
  assert.ok(overriding > 100, `only ${overriding} had the field`);
});

test('the field is found in a form, whichever of its characters are encoded', () => {
  const spelling = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 7, maxLength: 7 });
  const around = fc.array(fc.constantFrom('a=1', 'b', '', '%zz=\xff', 'c=_method'), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(spelling, around, around, fc.constantFrom('&', ';'), (choices, left, right, by) => {
      const name = '_method'.split('').map((letter, index) => {
        const character = choices[index]! % 2 === 0 ? letter : letter.toUpperCase();
        return choices[index]! < 2 ? character : `%${character.charCodeAt(0).toString(16)}`;
      });
      const body = [...left, `${name.join('')}=PUT`, ...right].join(by);
      assert.equal(overrides(urlencoded, body), true, body);
    }),
    { numRuns: 1000 },
  );
});

test('a multipart form that the platform writes overrides exactly when it has the field', async () => {
  const name = fc.constantFrom('_method', '_Method', 'method', '_methods', 'file', 'x"_method');
  const fields = fc.array(fc.tuple(name, fc.string({ maxLength: 20 }), fc.boolean()), {
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(fields, async (parts) => {
      const form = new FormData();
      for (const [key, value, isFile] of parts) {
        form.append(key, isFile ? new File([value], '_method') : value);
      }
      const written = new Response(form);
      const body = Buffer.from(await written.arrayBuffer()).toString('latin1');
      const expected = parts.some(([key]) => key.toLowerCase() === '_method');
      assert.equal(overrides(written.headers.get('content-type')!, body), expected, body);
    }),
    { numRuns: 300 },
  );
});

test('any bytes at all are a form that overrides or not, and never a throw', () => {
  const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
  const piece = fc.oneof(byte, fc.constantFrom('&', 'name=', '"', "'", '_met', 'hod', '*0', '%5f'));
  fc.assert(
    fc.property(
      fc.constantFrom('', urlencoded, 'multipart/form-data; boundary=b', 'text/plain'),
      fc.string({ unit: piece, maxLength: 60 }),
      (type, body) => assert.equal(typeof overrides(type, body), 'boolean'),
    ),
    { numRuns: 3000 },
  );
});

test('a body of many megabytes of anything is judged in time that grows with its length alone', () => {
  const worst = [
    '&',
    '+',
    '&+',
    ' ',
    '_',
    'name ',
    'name=',
    "name='",
    'name= "',
    'name*',
    '&_metho',
  ];
  for (const type of [urlencoded, 'multipart/form-data; boundary=b']) {
    for (const text of worst) {
      // Were it quadratic, one of these would take hours.
      assert.equal(overrides(type, text.repeat(2_000_000 / text.length)), false, text);
    }
    assert.equal(overrides(type, `name=${' '.repeat(2_000_000)}x`), false);
    assert.equal(overrides(type, `name=${'x'.repeat(2_000_000)}`), false);
  }
});
