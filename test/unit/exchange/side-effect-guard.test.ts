import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import { compileSideEffectGuard } from '../../../src/exchange/side-effect-guard.ts';
import type { HeaderPairs } from './live-events.ts';

const guarded = compileSideEffectGuard({ queryKeys: ['code', 'Filter[x]'], paths: [] }, '/**');

function isGuarded(path: string, headers: HeaderPairs = [], guard = guarded): boolean {
  return guard({
    method: 'GET',
    path,
    authority: '',
    headers: HeaderList.fromPairs(headers),
    requestId: '',
    attributes: new Map(),
  });
}

test('a method override is guarded in a header and under each of its names in the query', () => {
  for (const name of [
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
    'X_HTTP_METHOD_OVERRIDE',
    'x_http-method',
    'x.method.override',
  ]) {
    assert.equal(isGuarded('/', [[name, 'DELETE']]), true, name);
  }
  for (const query of [
    '_method=DELETE',
    '_METHOD=delete',
    '_method',
    'a=1&_method=PUT',
    'a=1;_method=PUT',
    'X-HTTP-Method-Override=DELETE',
    'x-http-method=DELETE',
    'X-Method-Override=DELETE',
    '$httpMethod=DELETE',
    '%24HTTPMethod=DELETE',
    '%5Fmethod=DELETE',
    '_%6D%45thod=DELETE',
    'x%2dhttp%2Dmethod=DELETE',
    '+_method=DELETE',
    '%20%09_method=DELETE',
    '_method[]=DELETE',
    '_method%5b0%5d=DELETE',
    '_method%00x=DELETE',
    '.method=DELETE',
    '[method=DELETE',
    'X_HTTP_Method_Override=DELETE',
    'x.http%5Fmethod=DELETE',
    'x+method%20override=DELETE',
    'x[http_method=DELETE',
    'x_http_method[]=DELETE',
  ]) {
    assert.equal(isGuarded(`/items?${query}`), true, query);
  }
});

test('what only looks like a method override is not guarded', () => {
  for (const query of [
    'method=DELETE',
    'a=_method',
    'a=X-HTTP-Method',
    '_methods=1',
    'the_method=1',
    '__method=1',
    'httpMethod=GET',
    'x-http-method-overrides=1',
    '%255fmethod=1',
  ]) {
    assert.equal(isGuarded(`/items?${query}`), false, query);
  }
  assert.equal(isGuarded('/_method=DELETE'), false);
  for (const name of [
    'x-http-methods',
    'xhttpmethod',
    'x-method',
    '_x-http-method',
    'method-override',
  ]) {
    assert.equal(isGuarded('/', [[name, 'DELETE']]), false, name);
  }
});

test('the keys of a route are guarded in addition, as keys and as keys of a list', () => {
  for (const query of ['code=1', 'CODE', 'code[]=1', 'filter[X]=1']) {
    assert.equal(isGuarded(`/?${query}`), true, query);
  }
  for (const query of ['codes=1', 'filter=1', 'filter[y]=1']) {
    assert.equal(isGuarded(`/?${query}`), false, query);
  }
  const bare = compileSideEffectGuard({ queryKeys: [], paths: [] }, '/**');
  assert.equal(isGuarded('/?code=1', [], bare), false);
  assert.equal(isGuarded('/?_method=PUT', [], bare), true);
});

test('a GraphQL mutation or subscription in the query is guarded, a query is not', () => {
  for (const query of [
    'query=mutation{buy}',
    'query=mutation%20%7Bbuy%7D&operationName=Read',
    'operationName=Read&query=query+Read{a}+mutation+Write{b}',
    'Query=subscription{a}',
    '%71uery=%6Dutation{buy}',
    'query[]=mutation{buy}',
    'query=%23%0Amutation{buy}',
    'query=fragment+F+on+Cart{id}mutation{buy{...F}}',
    'query={a}&query=mutation{b}',
    'a=1;query=mutation{b}',
    'query={a(b:";")}mutation{c}',
    'query=%EF%BB%BFmutation{buy}',
  ]) {
    assert.equal(isGuarded(`/graphql?${query}`), true, query);
  }
  for (const query of [
    'query={a}',
    'query=query+Read{mutation}',
    'query=mutation',
    'query=BRCA1+mutation',
    'mutation={a}',
    'other=mutation{a}',
    'query=%7Ba(b:%22%7D+mutation%7B%22)%7D',
    'query',
    'extensions={"persistedQuery":{"version":1,"sha256Hash":"mutation"}}',
  ]) {
    assert.equal(isGuarded(`/graphql?${query}`), false, query);
  }
});

test('one parameter with several GraphQL documents is guarded, whatever they are', () => {
  assert.equal(isGuarded('/graphql?query={a};query={b}'), true);
  assert.equal(isGuarded('/graphql?query={a}&query={b}'), false);
});

test('a query of more than 1,000 parameters is guarded, since it is not read to its end', () => {
  for (const separator of ['&', ';']) {
    const parameters = Array.from({ length: 1000 }, (_, index) => `p${index}=1`);
    assert.equal(isGuarded(`/?${parameters.join(separator)}`), false);
    assert.equal(isGuarded(`/?${[...parameters, 'x=1'].join(separator)}`), true);
  }
});
