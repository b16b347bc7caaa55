import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { TwinspanError } from '../../../src/base/errors.ts';
import { readOtelEnvironment } from '../../../src/telemetry/otel-environment.ts';

const read = readOtelEnvironment;
const isError = (code: string, text: string) => (thrown: unknown) =>
  thrown instanceof TwinspanError && thrown.code === code && thrown.message.includes(text);

test('without a collector anywhere there is no destination', () => {
  assert.deepEqual(read({}, undefined), { disabled: false, resourceAttributes: {}, unused: [] });
  assert.deepEqual(read({ OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, undefined).destination, undefined);
});

test('the path of the signal is added to a base URL, whatever path it has already', () => {
  const url = (baseUrl: string) => read({}, baseUrl).destination?.url;
  assert.equal(url('http://127.0.0.1:4318'), 'http://127.0.0.1:4318/v1/traces');
  assert.equal(url('http://127.0.0.1:4318/'), 'http://127.0.0.1:4318/v1/traces');
  assert.equal(url('https://collector.example/otlp/'), 'https://collector.example/otlp/v1/traces');
});

test('the environment wins over the configuration, and the variable for traces over the one for all', () => {
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://all:4318',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:4318/as/it/is',
  };
  assert.equal(
    read(environment, 'http://file:4318').destination?.url,
    'http://traces:4318/as/it/is',
  );
  const { OTEL_EXPORTER_OTLP_ENDPOINT } = environment;
  assert.equal(
    read({ OTEL_EXPORTER_OTLP_ENDPOINT }, 'http://file:4318').destination?.url,
    'http://all:4318/v1/traces',
  );
});

test('headers, timeout and compression come from the environment, with defaults of 3 s and none', () => {
  assert.deepEqual(read({}, 'http://c').destination, {
    url: 'http://c/v1/traces',
    headers: {},
    timeoutMs: 3000,
    compression: 'none',
    tls: {},
  });
  const { destination } = read(
    {
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1,b=2%20',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'b=3',
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    },
    'http://c',
  );
  assert.deepEqual(destination?.headers, { a: '1', b: '3' });
  assert.equal(destination.timeoutMs, 500);
  assert.equal(destination.compression, 'gzip');
});

test('a collector that is no URL stops the start, and the error names who said it', () => {
  for (const endpoint of ['collector:4317', 'not a url', 'ftp://collector']) {
    assert.throws(
      () => read({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, undefined),
      isError('configuration', 'OTEL_EXPORTER_OTLP_ENDPOINT'),
    );
    assert.throws(() => read({}, endpoint), isError('configuration', 'telemetry.otlp'));
  }
});

test('certificates are read at the start; one that cannot be read stops it', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'otel-environment-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'ca.pem');
  writeFileSync(file, 'certificate');
  const { destination } = read({ OTEL_EXPORTER_OTLP_CERTIFICATE: file }, 'https://c');
  assert.deepEqual(destination?.tls, { ca: Buffer.from('certificate') });
  assert.throws(
    () => read({ OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: join(directory, 'none') }, 'https://c'),
    isError('unreadable_file', 'OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY'),
  );
});

test('OTEL_SDK_DISABLED means no destination, whatever else is set', () => {
  const { disabled, destination } = read({ OTEL_SDK_DISABLED: 'True' }, 'http://c');
  assert.equal(disabled, true);
  assert.equal(destination, undefined);
  assert.equal(read({ OTEL_SDK_DISABLED: 'no' }, 'http://c').disabled, false);
});

test('resource attributes are decoded, and OTEL_SERVICE_NAME stands over the one among them', () => {
  const { resourceAttributes } = read(
    {
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other, team = a%2Cb ,',
      OTEL_SERVICE_NAME: 'edge',
    },
    undefined,
  );
  assert.deepEqual(resourceAttributes, { 'service.name': 'edge', team: 'a,b' });
});

test('one bad entry makes all resource attributes void, and the variable is named', () => {
  for (const text of ['a=1,b', 'a=1,=2', 'a=1,b=2=3', 'a=1,b=%zz']) {
    const { resourceAttributes, unused } = read({ OTEL_RESOURCE_ATTRIBUTES: text }, undefined);
    assert.deepEqual(resourceAttributes, {}, text);
    assert.deepEqual(unused, ['OTEL_RESOURCE_ATTRIBUTES'], text);
  }
});

test('variables that are set and have no effect are named, in order', () => {
  const { unused } = read(
    {
      OTEL_TRACES_SAMPLER: 'always_on',
      OTEL_BSP_MAX_QUEUE_SIZE: '1',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_TIMEOUT: 'soon',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://m',
      OTEL_LOG_LEVEL: '',
      OTEL_SERVICE_NAME: 'edge',
      OTHER: 'x',
    },
    'http://c',
  );
  assert.deepEqual(unused, [
    'OTEL_BSP_MAX_QUEUE_SIZE',
    'OTEL_EXPORTER_OTLP_COMPRESSION',
    'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    'OTEL_EXPORTER_OTLP_TIMEOUT',
    'OTEL_TRACES_SAMPLER',
  ]);
  assert.deepEqual(
    read({ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' }, 'http://c').unused,
    [],
  );
});
