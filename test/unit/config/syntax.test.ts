import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Reading } from '../../../src/config/reading.ts';
import {
  readBaseUrl,
  readDate,
  readHeaderName,
  readHostPattern,
  readIdentifier,
  readMethod,
  readOrigin,
  readPathTemplate,
  readPointer,
  readPointerGlob,
  readPredictionPointer,
  readRouteName,
  readSampleKey,
} from '../../../src/config/syntax.ts';

/** Each text with its normal form. */
function reads<T>(read: (text: string) => Reading<T>, cases: readonly (readonly [string, T])[]) {
  for (const [text, value] of cases) assert.deepEqual(read(text), { kind: 'value', value }, text);
}

function refuses(read: (text: string) => Reading<unknown>, texts: readonly string[]) {
  for (const text of texts) assert.equal(read(text).kind, 'problem', JSON.stringify(text));
}

test('route names leave "~" to twinspan', () => {
  reads(readRouteName, [
    ['predict', 'predict'],
    ['0.a_b-C', '0.a_b-C'],
  ]);
  refuses(readRouteName, ['', '~other', '-a', '.a', 'a b', 'é', 'x'.repeat(65)]);
});

test('identifiers begin with a letter', () => {
  reads(readIdentifier, [['_tenant-1', '_tenant-1']]);
  refuses(readIdentifier, ['', '1a', 'a.b', 'x'.repeat(65)]);
});

test('header names are tokens, in lower case', () => {
  reads(readHeaderName, [
    ['X-Tenant', 'x-tenant'],
    ['__proto__', '__proto__'],
  ]);
  refuses(readHeaderName, ['', ':path', 'a b', 'a:', 'é', 'a\n']);
});

test('methods are in upper case, and those that are never followed are refused', () => {
  reads(readMethod, [
    ['post', 'POST'],
    ['M-SEARCH', 'M-SEARCH'],
  ]);
  refuses(readMethod, ['', 'CONNECT', 'trace', 'GET ', 'G3T']);
});

test('path templates have placeholders within segments and a wildcard at the end', () => {
  for (const path of [
    '/',
    '/**',
    '/a/**',
    '/v1/models/{model}:predict',
    '/{a}-{b}/x',
    '/%7Bx%7D',
  ]) {
    reads(readPathTemplate, [[path, path]]);
  }
  refuses(readPathTemplate, [
    '',
    'a',
    '**',
    '/a?b',
    '/a#b',
    '/a b',
    '/é',
    '/*',
    '/**/a',
    '/a/**/**',
    '/a**',
    '/{a',
    '/a}',
    '/{}',
    '/{a/b}',
    '/{a}{b}',
    '/{1}',
    `/${'x'.repeat(1024)}`,
  ]);
});

test('hosts are names, names below a name, or IPv6 literals, without port', () => {
  reads(readHostPattern, [
    ['Shop.Example', 'shop.example'],
    ['*.internal', '*.internal'],
    ['10.0.0.1', '10.0.0.1'],
    ['[::1]', '[::1]'],
  ]);
  refuses(readHostPattern, ['', '*', 'a:80', '[::1]:80', '*.*.a', 'a..b', 'a/b', '[x]']);
});

test('pointers follow RFC 6901, the empty one included', () => {
  for (const pointer of ['', '/', '/a/0', '/a~0b/c~1d', '/é x'])
    reads(readPointer, [[pointer, pointer]]);
  for (const glob of ['/choices/*/created', '/**']) reads(readPointerGlob, [[glob, glob]]);
  refuses(readPointer, ['a', '/~', '/~2', '#/a', `/${'x'.repeat(512)}`]);
  refuses(readPointerGlob, ['$.a', '*']);
});

test('the place of a prediction has one star at most', () => {
  for (const place of ['', '/a/b', '/a/*/b', '/*', '/a/*']) {
    reads(readPredictionPointer, [[place, place]]);
  }
  refuses(readPredictionPointer, ['/*/*', '/**', '/a/**/b', '/a*', 'a', '/a/*/**']);
});

test('a sample is drawn by the request id or by a header', () => {
  reads(readSampleKey, [
    ['request-id', 'request-id'],
    ['header:X-User', 'header:x-user'],
  ]);
  refuses(readSampleKey, ['', 'x-user', 'header:', 'header:a b']);
});

test('an origin is http or https without path, query, credentials', () => {
  reads(readOrigin, [
    ['http://127.0.0.1:9102', 'http://127.0.0.1:9102'],
    ['HTTPS://Shadow.Example:443/', 'https://shadow.example'],
    ['http://[::1]:1', 'http://[::1]:1'],
  ]);
  refuses(readOrigin, [
    '',
    '127.0.0.1:9102',
    'ftp://a',
    'http:a',
    'http://',
    'http:///a',
    'http://a/b',
    'http://a/?',
    'http://a#b',
    'http://u@a',
    'http://:p@a',
    'http://a:99999',
    'http://a:0',
    ' http://a',
    'http://a b',
    'file:///etc/passwd',
  ]);
});

test('a problem with a URL never repeats its password', () => {
  const reading = readOrigin('http://user:hunter2@a');
  assert.equal(reading.kind, 'problem');
  assert.doesNotMatch(JSON.stringify(reading), /hunter2/);
});

test('a base URL may have a path', () => {
  reads(readBaseUrl, [
    ['http://collector:4318/', 'http://collector:4318'],
    ['https://a/otlp/', 'https://a/otlp'],
  ]);
  refuses(readBaseUrl, ['a', 'grpc://a', 'http://a?b=c']);
});

test('a day lasts until its end in UTC, an instant is itself', () => {
  reads(readDate, [
    ['2027-03-31', Date.UTC(2027, 3, 1)],
    ['2028-02-29', Date.UTC(2028, 2, 1)],
    ['2027-03-31T18:00:00Z', Date.UTC(2027, 2, 31, 18)],
    ['2027-03-31T18:00+02:00', Date.UTC(2027, 2, 31, 16)],
  ]);
  refuses(readDate, [
    '',
    'tomorrow',
    '31.03.2027',
    '2027-02-30',
    '2027-13-01',
    '2027-02-29',
    '2027-03-31T18:00:00',
    '2027-03-31T25:00:00Z',
    '2027-02-30T10:00:00Z',
    '20270331',
  ]);
});
