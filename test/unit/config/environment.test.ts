import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isSettable, overlayEnvironment, variableOf } from '../../../src/config/environment.ts';
import { fields } from '../../../src/config/schema-fields.ts';
import { configOf, errorsOf, minimal } from './loading.ts';

test('a variable is the path in capitals, split where the key has one', () => {
  assert.equal(variableOf(['capture', 'maxBodyBytes']), 'TWINSPAN_CAPTURE_MAX_BODY_BYTES');
  assert.equal(variableOf(['shadow', 'url']), 'TWINSPAN_SHADOW_URL');
  assert.equal(
    variableOf(['verdict', 'margins', 'latency_p95']),
    'TWINSPAN_VERDICT_MARGINS_LATENCY_P95',
  );
});

test('no two keys share a variable', () => {
  const variables = fields.filter(isSettable).map(({ path }) => variableOf(path));
  assert.equal(new Set(variables).size, variables.length);
});

test('the environment wins over the file and makes sections that are not there', () => {
  const config = configOf(
    { ...minimal, shadow: { url: 'http://127.0.0.1:1', rate: 5 } },
    {
      TWINSPAN_SHADOW_URL: 'http://127.0.0.1:2',
      TWINSPAN_SHADOW_RATE: '7.5',
      TWINSPAN_SHADOW_VERSION: '2',
      TWINSPAN_CAPTURE_MAX_BODY_BYTES: '64KiB',
      TWINSPAN_PAUSED: 'true',
      TWINSPAN_STORE_PATH: 'pairs.db',
      TWINSPAN_VERDICT_MARGINS_ERRORS: 'null',
      HOME: '/root',
    },
  );
  assert.equal(config.shadow.url, 'http://127.0.0.1:2');
  assert.equal(config.shadow.rate, 7.5);
  assert.equal(config.shadow.version, '2');
  assert.equal(config.capture.maxBodyBytes, 65_536);
  assert.equal(config.paused, true);
  assert.equal(config.store?.path, 'pairs.db');
  assert.equal(config.verdict.margins.errors, null);
});

test('an empty variable counts as unset', () => {
  assert.equal(configOf(minimal, { TWINSPAN_SHADOW_RATE: '' }).shadow.rate, 0);
});

test('TLS from the environment joins an address of the file', () => {
  const config = configOf(
    { ...minimal, listen: '0.0.0.0:9002' },
    {
      TWINSPAN_LISTEN_TLS_CERT_FILE: 'a.pem',
      TWINSPAN_LISTEN_TLS_KEY_FILE: 'a.key',
      TWINSPAN_LISTEN_TLS_CLIENT_CA_FILE: 'ca.pem',
    },
  );
  assert.deepEqual(config.listen, {
    address: '0.0.0.0:9002',
    tls: { certFile: 'a.pem', keyFile: 'a.key', clientCaFile: 'ca.pem', allowedSans: [] },
  });
});

test('an unknown variable is an error that suggests the near one', () => {
  const [error] = errorsOf(minimal, { TWINSPAN_SHADOW_ULR: 'x' });
  assert.equal(error?.source, 'TWINSPAN_SHADOW_ULR');
  assert.match(error?.message ?? '', /TWINSPAN_SHADOW_URL\?/);
});

test('lists, routes and the name of the file have no variable', () => {
  for (const variable of [
    'TWINSPAN_CONFIG',
    'TWINSPAN_ROUTES_0_NAME',
    'TWINSPAN_ROUTES',
    'TWINSPAN_ADMIN_HOSTS',
    'TWINSPAN_SEGMENTS_TENANT_HEADER',
    'TWINSPAN_',
  ]) {
    assert.equal(errorsOf(minimal, { [variable]: 'x' }).length, 1, variable);
  }
});

test('variables of binaries and of applications are no configuration', () => {
  configOf(minimal, {
    TWINSPAN_BIN_ENVOY: '/envoy',
    TWINSPAN_BIN_JAEGER: '/jaeger',
    TWINSPAN_BIN_TEMPO: '/tempo',
    TWINSPAN_ENVOY: '/envoy',
    TWINSPAN_INTAKE_URL: 'http://127.0.0.1:9465',
  });
});

test('a value of the wrong kind is an error of its variable', () => {
  const errors = errorsOf(minimal, {
    TWINSPAN_SHADOW_RATE: 'many',
    TWINSPAN_PAUSED: 'yes',
    TWINSPAN_CAPTURE_IDLE: '10',
  });
  assert.deepEqual(
    errors.map(({ path, source }) => [path, source]),
    [
      ['shadow.rate', 'TWINSPAN_SHADOW_RATE'],
      ['capture.idle', 'TWINSPAN_CAPTURE_IDLE'],
      ['paused', 'TWINSPAN_PAUSED'],
    ],
  );
});

test('a section of the file that is none stays as it is, for the schema to refuse', () => {
  const stated = { capture: 5, routes: [] };
  const { value } = overlayEnvironment(stated, { TWINSPAN_CAPTURE_IDLE: '1s' });
  assert.deepEqual(value, stated);
});

test('the file’s own value is not changed', () => {
  const stated = { shadow: { url: 'a' } };
  overlayEnvironment(stated, { TWINSPAN_SHADOW_URL: 'b' });
  assert.deepEqual(stated, { shadow: { url: 'a' } });
});
