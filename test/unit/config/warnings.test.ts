import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fields } from '../../../src/config/schema-fields.ts';
import { notYetInEffect, postponed } from '../../../src/config/warnings.ts';
import { configurationWith, loadedFrom, minimal } from './loading.ts';

test('the minimal configuration has no warning', () => {
  assert.deepEqual(loadedFrom(minimal).warnings, []);
});

test('a key without effect is told where it is stated', () => {
  const stated = {
    telemetry: { logs: 'otlp', metrics: 'prometheus', bodies: 'excerpt' },
  };
  assert.deepEqual(
    notYetInEffect(stated).map((warning) => warning.split(' ')[0]),
    ['telemetry.logs', 'telemetry.bodies'],
  );
});

test('the environment states keys too', () => {
  const { warnings } = loadedFrom(minimal, { TWINSPAN_STORE_PATH: 'a.db' });
  assert.match(warnings.join(), /^store /);
});

test('every key without effect is a key of the schema', () => {
  const known = new Set(fields.map(({ path }) => path.join('.')));
  for (const { path } of postponed) assert.ok(known.has(path.join('.')), path.join('.'));
});

test('TLS to a shadow over plain http has no effect', () => {
  const { warnings } = loadedFrom(configurationWith({ shadow: { tls: { caFile: 'a.pem' } } }));
  assert.match(warnings.join(), /shadow\.tls has no effect/);
});

test('a margin of mismatch has no effect in mode noninferior', () => {
  const verdict = { mode: 'noninferior', margins: { mismatch: 0.1 } };
  const { warnings } = loadedFrom(configurationWith({ verdict }));
  assert.match(warnings.join(), /verdict\.margins\.mismatch has no effect/);
});

test('whatever a file holds, the search for warnings ends', () => {
  for (const value of [null, 5, 'routes', [], { routes: null }, { routes: [null, 1] }]) {
    assert.deepEqual(notYetInEffect(value), []);
  }
});
