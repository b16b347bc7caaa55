import assert from 'node:assert/strict';
import { test } from 'node:test';

import { childNames, fields } from '../../../src/config/schema-fields.ts';

test('every key says what it is, in sentences', () => {
  for (const { path, description, type } of fields) {
    assert.match(description, /^(?:[A-Z`]|.?OTLP).*[.]$/s, path.join('.'));
    assert.notEqual(type, '', path.join('.'));
  }
});

test('only the shadow, its url and the routes with name and path must be stated', () => {
  const outsideOptional = fields.filter(
    ({ path }) => !['control', 'store', 'intake'].includes(path[0]!) && path[1] !== 'tls',
  );
  assert.deepEqual(
    outsideOptional.filter(({ required }) => required).map(({ path }) => path.join('.')),
    ['shadow', 'shadow.url', 'routes', 'routes.[].name', 'routes.[].match', 'routes.[].match.path'],
  );
});

test('grants, target, ports and TLS are never reloadable', () => {
  const reloadable = new Set(
    fields.filter((field) => field.reloadable).map(({ path }) => path.join('.')),
  );
  for (const key of [
    'shadow.url',
    'shadow.tls.caFile',
    'listen.address',
    'listen.tls.certFile',
    'insecure',
    'admin.tokenFile',
    'routes.[].headers.grant',
    'routes.[].headers.allowPlainHttp',
  ]) {
    assert.equal(reloadable.has(key), false, key);
  }
  assert.equal(reloadable.has('routes.[].match.path'), true);
});

test('the names below a path are those of its section', () => {
  assert.deepEqual(childNames(['live']), ['name', 'version', 'versionHeader', 'canary']);
  assert.ok(childNames(['routes', 0, 'match']).includes('methods'));
  assert.ok(childNames(['segments', 'tenant']).includes('header'));
  assert.ok(childNames([]).includes('shadow'));
  assert.deepEqual(childNames(['zzz']), []);
});
