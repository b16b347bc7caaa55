import assert from 'node:assert/strict';
import { test } from 'node:test';

import { envoyConfig, type EnvoyConfigOptions } from '../../../demo/envoy-config.ts';

const options: EnvoyConfigOptions = {
  ingress: '127.0.0.1:0',
  egress: '127.0.0.1:10001',
  admin: '127.0.0.1:9901',
  live: '127.0.0.1:9101',
  shadow: '127.0.0.1:9102',
  twinspan: '127.0.0.1:9002',
};

/** The parts of a bootstrap that the tests look at. */
type Bootstrap = {
  static_resources: {
    listeners: {
      name: string;
      address: unknown;
      filter_chains: { filters: { typed_config: ConnectionManager }[] }[];
    }[];
    clusters: Record<string, unknown>[];
  };
};
type ConnectionManager = {
  stat_prefix: string;
  preserve_external_request_id: boolean;
  upgrade_configs?: { filters: { name: string }[] }[];
  http_filters: { name: string; typed_config: Record<string, unknown> }[];
};

function build(overrides?: EnvoyConfigOptions['overrides']): Bootstrap {
  return envoyConfig({ ...options, ...(overrides && { overrides }) }) as unknown as Bootstrap;
}

function connectionManager(bootstrap: Bootstrap, listener: string): ConnectionManager {
  const found = bootstrap.static_resources.listeners.find(({ name }) => name === listener);
  const filter = found?.filter_chains[0]?.filters[0];
  assert.ok(filter);
  return filter.typed_config;
}

function processor(bootstrap: Bootstrap): Record<string, unknown> {
  const filter = connectionManager(bootstrap, 'ingress').http_filters[0];
  assert.equal(filter?.name, 'envoy.filters.http.ext_proc');
  return filter.typed_config;
}

function clusterNamed(bootstrap: Bootstrap, name: string): Record<string, unknown> {
  const found = bootstrap.static_resources.clusters.find((cluster) => cluster['name'] === name);
  assert.ok(found);
  return found;
}

test('the filter only observes and lets customers pass when twinspan is down', () => {
  const filter = processor(build());
  assert.equal(filter['observability_mode'], true);
  assert.equal(filter['failure_mode_allow'], true);
});

test('all six parts of an exchange are sent', () => {
  const modes = processor(build())['processing_mode'] as Record<string, string>;
  assert.equal(Object.keys(modes).length, 6);
  assert.ok(Object.values(modes).every((mode) => mode === 'SEND' || mode === 'STREAMED'));
});

test('copies on their way to the shadow are not observed again', () => {
  const names = connectionManager(build(), 'egress').http_filters.map(({ name }) => name);
  assert.deepEqual(names, ['envoy.filters.http.router']);
});

test('upgraded connections are not observed', () => {
  const [upgrade] = connectionManager(build(), 'ingress').upgrade_configs ?? [];
  assert.deepEqual(
    upgrade?.filters.map(({ name }) => name),
    ['envoy.filters.http.router'],
  );
});

test("the customer's request id is kept on both ways", () => {
  for (const listener of ['ingress', 'egress']) {
    assert.equal(connectionManager(build(), listener).preserve_external_request_id, true);
  }
});

test('overrides replace the fields they name and no others', () => {
  const changed = build({
    externalProcessor: { deferred_close_timeout: '1s' },
    connectionManager: { stat_prefix: 'changed' },
    twinspanCluster: { connect_timeout: '3s' },
  });
  assert.deepEqual(processor(changed), { ...processor(build()), deferred_close_timeout: '1s' });
  assert.deepEqual(connectionManager(changed, 'ingress').stat_prefix, 'changed');
  assert.deepEqual(clusterNamed(changed, 'twinspan'), {
    ...clusterNamed(build(), 'twinspan'),
    connect_timeout: '3s',
  });
});

test('a path is the address of a Unix socket, an IPv6 address may hold colons', () => {
  const addressOf = (twinspan: string) =>
    JSON.stringify(
      (envoyConfig({ ...options, twinspan }) as unknown as Bootstrap).static_resources.clusters[2],
    );
  assert.match(addressOf('/run/twinspan.sock'), /"pipe":\{"path":"\/run\/twinspan.sock"\}/);
  assert.match(addressOf('::1:9002'), /"address":"::1","port_value":9002/);
});
