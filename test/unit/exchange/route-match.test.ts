import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import { compilePathTemplate, compileRouteMatch } from '../../../src/exchange/route-match.ts';

test('a template matches the raw bytes of the path before its query', () => {
  const cases: readonly (readonly [template: string, matching: string[], other: string[]])[] = [
    ['/', ['/', '/?a'], ['', '//', '/a']],
    [
      '/health',
      ['/health', '/health?x=/y'],
      ['/health/', '/Health', '/healthy', 'health', '/%68ealth'],
    ],
    ['/v1/{id}', ['/v1/7', '/v1/a%2Fb', '/v1/{id}', '/v1/.'], ['/v1/', '/v1', '/v1/a/b', '/v1/?x']],
    [
      '/v1/models/{model}:predict',
      ['/v1/models/iris:predict', '/v1/models/a:b:predict', '/v1/models/:predict:predict?x=1'],
      ['/v1/models/:predict', '/v1/models/iris:explain', '/v1/models/iris:predict/x'],
    ],
    ['/a/{x}-{y}/b', ['/a/1-2/b', '/a/1--/b', '/a/---/b'], ['/a/1-/b', '/a/-2/b', '/a/--/b']],
    [
      '/{x}.{y}.json',
      ['/a.b.json', '/a.b.c.json', '/..json.json'],
      ['/a.json', '/..json', '/a..json'],
    ],
    ['/v1/**', ['/v1', '/v1/', '/v1/a', '/v1/a/b?c'], ['/', '/v1x', '/v1x/a', '/v2/a']],
    ['/v1/{tenant}/**', ['/v1/t', '/v1/t/', '/v1/t/a/b'], ['/v1', '/v1/', '/v1//a']],
    ['/**', ['/', '/a', '/a/b', '//'], []],
    ['/a.b', ['/a.b'], ['/aXb']],
    ['/a+(b)$', ['/a+(b)$'], ['/aa(b)$']],
  ];
  for (const [template, matching, other] of cases) {
    const matches = compilePathTemplate(template);
    for (const path of matching) assert.equal(matches(path), true, `${template} and ${path}`);
    for (const path of other) assert.equal(matches(path), false, `${template} and ${path}`);
  }
});

test('a hostile path is matched in time that grows with its length alone', () => {
  const matches = compilePathTemplate('/{a}-{b}-{c}-{d}-{e}-{f}-{g}-{h}x');
  const path = `/${'-'.repeat(100_000)}y`;
  const startedAt = performance.now();
  assert.equal(matches(path), false);
  // Backtracking would take years.
  assert.ok(performance.now() - startedAt < 5000);
});

function hostMatches(hosts: string[], authority: string): boolean {
  const match = compileRouteMatch({ path: '/**', hosts, headers: {} });
  return match('/', authority, HeaderList.empty);
}

test('a host is compared without its port and without regard to case', () => {
  for (const authority of ['shop.example', 'SHOP.example:8080', 'shop.example:']) {
    assert.equal(hostMatches(['Shop.Example'], authority), true, authority);
  }
  for (const authority of ['', 'example', 'shop.example.evil', 'a.shop.example', ':8080']) {
    assert.equal(hostMatches(['shop.example'], authority), false, authority);
  }
  assert.equal(hostMatches(['[::1]'], '[::1]:9000'), true);
  assert.equal(hostMatches(['[::1]'], '[::1]'), true);
  assert.equal(hostMatches(['[::1]'], '[::2]'), false);
});

test('a wildcard host is every name below it and not the name itself', () => {
  for (const authority of ['a.internal', 'a.b.internal:443']) {
    assert.equal(hostMatches(['*.internal'], authority), true, authority);
  }
  for (const authority of ['internal', '.internal', 'xinternal', 'a.internal.evil']) {
    assert.equal(hostMatches(['*.internal'], authority), false, authority);
  }
});

test('one of the hosts suffices, and no hosts are any host', () => {
  assert.equal(hostMatches(['a.example', 'b.example'], 'b.example'), true);
  assert.equal(hostMatches([], 'whatever'), true);
});

test('every required header must have exactly its value, in one of its fields', () => {
  const match = compileRouteMatch({
    path: '/**',
    hosts: [],
    headers: { 'x-api': '2', 'x-tenant': 'gold' },
  });
  const matches = (...flat: string[]): boolean => match('/', 'a', new HeaderList(flat));
  assert.equal(matches('x-api', '2', 'x-tenant', 'gold'), true);
  assert.equal(matches('x-api', '1', 'x-tenant', 'gold', 'x-api', '2'), true);
  assert.equal(matches('x-api', '2'), false);
  assert.equal(matches('x-api', '22', 'x-tenant', 'gold'), false);
  assert.equal(matches('x-api', '2', 'x-tenant', 'Gold'), false);
});
