import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compareForReload } from '../../../src/config/reload.ts';
import { configOf, configurationWith, minimal, type Plain } from './loading.ts';

const before = configOf(minimal);

function compare(sections: Plain, route: Plain = {}) {
  return compareForReload(before, configOf(configurationWith(sections, route)));
}

const routesOf = (...names: string[]) =>
  configOf({ ...minimal, routes: names.map((name) => ({ name, match: { path: `/${name}` } })) });

test('the same configuration changes nothing', () => {
  assert.deepEqual(compare({}), { changed: [], needsRestart: [] });
});

test('limits, rate, timeout, pause, expiry and sampling take effect at once', () => {
  const result = compare({
    paused: true,
    expires: '2027-03-31',
    capture: { maxBodyBytes: '2MiB' },
    shadow: { rate: 5, timeout: '1s' },
    telemetry: { keepMatches: 1 },
  });
  assert.deepEqual([...result.changed].sort(), [
    'capture.maxBodyBytes',
    'expires',
    'paused',
    'shadow.rate',
    'shadow.timeout',
    'telemetry.keepMatches',
  ]);
  assert.deepEqual(result.needsRestart, []);
});

test('target, ports, TLS, files and connections need a restart', () => {
  const { needsRestart } = compare({
    listen: 'unix:/run/a.sock',
    admin: { listen: '127.0.0.1:1', tokenFile: 'token' },
    ops: { listen: '127.0.0.1:2' },
    shadow: { url: 'https://a', tls: { caFile: 'a.pem' }, connections: 1 },
    telemetry: { otlp: 'http://127.0.0.1:1' },
    store: { path: 'a.db' },
  });
  for (const key of [
    'listen.address',
    'admin.listen',
    'admin.tokenFile',
    'ops.listen',
    'shadow.url',
    'shadow.tls.caFile',
    'shadow.connections',
    'telemetry.otlp',
    'store.path',
  ]) {
    assert.ok(needsRestart.includes(key), key);
  }
});

test('a route takes effect at once, its grants need a restart', () => {
  assert.deepEqual(compare({}, { sample: { ratio: 0.5 }, match: { path: '/b' } }), {
    changed: ['routes[all].match.path', 'routes[all].sample.ratio'],
    needsRestart: [],
  });
  assert.deepEqual(compare({}, { headers: { grant: ['cookie'] } }), {
    changed: ['routes[all].headers.grant'],
    needsRestart: ['routes[all].headers.grant'],
  });
});

test('a new route takes effect at once unless it brings a grant', () => {
  const route = { name: 'new', match: { path: '/new' } };
  const routes = [minimal.routes[0], route];
  assert.deepEqual(compareForReload(before, configOf({ ...minimal, routes })), {
    changed: ['routes[new]'],
    needsRestart: [],
  });
  const granting = [minimal.routes[0], { ...route, headers: { grant: ['cookie'] } }];
  assert.deepEqual(
    compareForReload(before, configOf({ ...minimal, routes: granting })).needsRestart,
    ['routes[new].headers.grant'],
  );
});

test('a removed route and another order take effect at once', () => {
  assert.deepEqual(compareForReload(routesOf('a', 'b', 'c'), routesOf('a', 'c')), {
    changed: ['routes[b]'],
    needsRestart: [],
  });
  assert.deepEqual(compareForReload(routesOf('a', 'b'), routesOf('b', 'a')), {
    changed: ['routes'],
    needsRestart: [],
  });
});

test('a mapping with keys of the user is one value', () => {
  const segments = { tenant: { header: 'x-tenant' } };
  assert.deepEqual(compare({ segments }), { changed: ['segments'], needsRestart: ['segments'] });
  assert.deepEqual(compare({}, { match: { path: '/**', headers: { a: 'b' } } }).changed, [
    'routes[all].match.headers',
  ]);
});
