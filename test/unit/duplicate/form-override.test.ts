import assert from 'node:assert/strict';
import { test } from 'node:test';

import { emptyBody } from '../../../src/base/body-buffer.ts';
import { HeaderList } from '../../../src/base/header-list.ts';
import { mayOverrideMethod } from '../../../src/duplicate/form-override.ts';
import { bodyOf, sampleRequest } from './sample-duplicate.ts';

const urlencoded = 'application/x-www-form-urlencoded';
const multipart = 'multipart/form-data; boundary=b';

function overrides(
  contentType: string | undefined,
  body: string,
  more: readonly (readonly [string, string])[] = [],
): boolean {
  const typed: [string, string][] =
    contentType === undefined ? [] : [['content-type', contentType]];
  const headers = HeaderList.fromPairs([...typed, ...more]);
  return mayOverrideMethod(sampleRequest({ method: 'POST', headers, body: bodyOf(body) }));
}

/** A multipart body with one part of this disposition. */
function part(disposition: string, value = 'DELETE'): string {
  return `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${value}\r\n--b--\r\n`;
}

test('a form with the field _method overrides its method, however the name is written', () => {
  for (const body of [
    '_method=DELETE',
    '_METHOD=delete',
    '_method',
    'a=1&_method=PUT&b=2',
    'a=1;_method=PUT',
    '%5Fmethod=PUT',
    '_%6d%45thod=PUT',
    '&&_method=PUT',
    '+%20\r\n_method=PUT',
    '_method[]=PUT',
    '_method%5B0%5D=PUT',
    '_method%00=PUT',
    '.method=PUT',
    '[method=PUT',
    'X-HTTP-Method-Override=DELETE',
    'x-http-method=DELETE',
    'a=1&X-Method-Override=DELETE',
    'X_HTTP_METHOD_OVERRIDE=DELETE',
    'x.http.method=DELETE',
    'x%2Dhttp%5Fmethod+override=DELETE',
    'x-http-method[]=DELETE',
    '$httpMethod=DELETE',
    '%24HTTPMETHOD=DELETE',
  ]) {
    assert.equal(overrides(urlencoded, body), true, body);
  }
});

test('a form without that field does not', () => {
  for (const body of [
    '',
    'a=1&b=2',
    'method=DELETE',
    'a=_method',
    'a=_method=1',
    'the_method=1',
    '_methods=1',
    '__method=1',
    '%255Fmethod=1',
    '+method=1',
    '-method=1',
    'httpMethod=1',
    'a=X-HTTP-Method',
    'x-http-methods=1',
    'x-http-method-overrides=1',
    'xhttpmethod=1',
    '{"text": "_method"}',
  ]) {
    assert.equal(overrides(urlencoded, body), false, body);
  }
});

test('a multipart form with the field _method overrides its method, however the name is written', () => {
  for (const disposition of [
    'name="_method"',
    'name=_method',
    "name='_method'",
    'NAME = "_Method"',
    'name="_method"; filename="a"',
    'name=\r\n "_method"',
    'name=" _method"',
    'name="_method[]"',
    'name=".method"',
    'name="%5Fmethod"',
    'name="_\\method"',
    "name*=utf-8''_method",
    "name*=UTF-8'en'%5Fmethod",
    'name*0="_met"; name*1="hod"',
    "name*0*=utf-8''_met; name*1=hod",
    'name="=?utf-8?B?X21ldGhvZA==?="',
    'name="X-HTTP-Method-Override"',
    'name=x_http_method',
    'name="x-method-override"; filename="a"',
    "name*=utf-8''X%2DHTTP%2DMethod",
    'name="\\x-http-\\method"',
    'name="$httpMethod"',
    'name="%24httpmethod"',
  ]) {
    assert.equal(overrides(multipart, part(disposition)), true, disposition);
  }
  assert.equal(overrides('multipart/mixed; boundary=b', part('name="_method"')), true);
});

test('a multipart form without that field does not', () => {
  for (const disposition of [
    'name="method"',
    'name="_methods"',
    'name="the_method"',
    'filename="_method"',
    'name="a"; filename="=?utf-8?B?X21ldGhvZA==?="',
    'name="_met"; x="hod"',
    'name="httpMethod"',
    'name="x-http-methods"',
    'filename="x-http-method"',
  ]) {
    assert.equal(overrides(multipart, part(disposition, '_method=DELETE')), false, disposition);
  }
});

test('the type of the body decides how it is looked at, in any case and with any parameter', () => {
  assert.equal(overrides(`${urlencoded.toUpperCase()}; charset=UTF-8`, '_method=PUT'), true);
  assert.equal(overrides('Multipart/Form-Data;boundary=b', part('name="_method"')), true);
  assert.equal(overrides(undefined, '_method=PUT'), true);
  assert.equal(overrides('', '_method=PUT'), true);
  assert.equal(overrides('text/plain', '_method=PUT', [['content-type', urlencoded]]), true);
  assert.equal(overrides('text/plain', '_method=PUT', [['content_type', urlencoded]]), true);
  assert.equal(overrides('application/json', '{"_method":"PUT"}'), false);
  assert.equal(overrides('text/plain', '_method=PUT'), false);
});

test('a form that cannot be read here counts as one that overrides', () => {
  for (const encoding of ['gzip', 'identity, br', 'x']) {
    assert.equal(overrides(urlencoded, 'a=1', [['content-encoding', encoding]]), true, encoding);
    assert.equal(overrides('application/json', '{}', [['content-encoding', encoding]]), false);
  }
  for (const charset of ['utf-16', 'IBM037', '"utf-7"']) {
    assert.equal(overrides(`${urlencoded}; charset=${charset}`, 'a=1'), true, charset);
    assert.equal(overrides(`${multipart}; charset=${charset}`, part('name="a"')), true, charset);
  }
  for (const charset of ['UTF-8', '"utf-8"', 'us-ascii', 'ISO-8859-1', 'windows-1252']) {
    assert.equal(overrides(`${urlencoded}; charset=${charset}`, 'a=1'), false, charset);
  }
  assert.equal(overrides(urlencoded, 'a=1', [['content-encoding', 'Identity']]), false);
});

test('without a body, or without its bytes, there is no field', () => {
  const headers = HeaderList.fromPairs([
    ['content-type', urlencoded],
    ['content-encoding', 'gzip'],
  ]);
  assert.equal(mayOverrideMethod(sampleRequest({ headers, body: emptyBody })), false);
  assert.equal(mayOverrideMethod(sampleRequest({ headers, body: { length: 7 } })), false);
});
