/**
 * Each Envoy configuration that the project ships is one that a real Envoy accepts, and keeps what the README of
 * envoy/ promises to customers.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { findEnvoy } from '../../demo/envoy-finder.ts';
import { inputSha256 } from './envoy-gateway-translation.ts';
import {
  findByType,
  readTranslation,
  shippedConfigs,
  staticConfig,
  type Json,
  type Named,
  type ShippedConfig,
} from './shipped-configs.ts';

const requestAttributes = [
  'request.id',
  'request.protocol',
  'request.time',
  'source.address',
  'xds.cluster_name',
  'xds.route_name',
];
const responseAttributes = [
  'response.code_details',
  'response.flags',
  'upstream.address',
  'upstream.request_attempt_count',
];

/** 256 MiB: above what Envoy can be told to hold for a twinspan that stands still. */
const markBytes = 268_435_456;

describe('the shipped Envoy configurations', () => {
  let envoy: string;
  let folder: string;

  before(async () => {
    envoy = await findEnvoy({ log: (line) => console.error(line) });
    folder = await mkdtemp(join(tmpdir(), 'twinspan-shipped-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const config of shippedConfigs()) {
    describe(config.name, () => {
      it('is accepted by Envoy', async () => {
        const file = join(folder, 'bootstrap.json');
        await writeFile(file, JSON.stringify(config.bootstrap));
        await promisify(execFile)(envoy, ['--mode', 'validate', '-l', 'error', '-c', file]);
      });

      it('never lets a customer wait for twinspan or feel that it is gone', () => {
        const filter = extProcFilter(config);
        assert.equal(filter['observability_mode'], true);
        assert.equal(filter['failure_mode_allow'], true);
      });

      it('leaves twinspan no way to answer, change or reroute, were it ever waited for', () => {
        const filter = extProcFilter(config);
        assert.equal(filter['disable_immediate_response'], true);
        assert.deepEqual(filter['mutation_rules'], { disallow_all: true });
        assert.equal(filter['route_cache_action'], 'RETAIN');
        assert.ok(Number.parseFloat(String(filter['message_timeout'])) <= 0.05);
        assert.equal(filter['allow_mode_override'] ?? false, false);
        assert.equal(filter['metadata_options'], undefined);
      });

      it('sends all six parts, none of them gathered first', () => {
        assert.deepEqual(extProcFilter(config)['processing_mode'], {
          request_header_mode: 'SEND',
          request_body_mode: 'STREAMED',
          request_trailer_mode: 'SEND',
          response_header_mode: 'SEND',
          response_body_mode: 'STREAMED',
          response_trailer_mode: 'SEND',
        });
        assert.doesNotMatch(JSON.stringify(config.bootstrap), /BUFFERED/);
      });

      it('asks for the attributes that twinspan reads and no others', () => {
        const filter = extProcFilter(config);
        assert.deepEqual(sorted(filter['request_attributes']), requestAttributes);
        assert.deepEqual(sorted(filter['response_attributes']), responseAttributes);
      });

      it('keeps the five seconds that a large body has to arrive', () => {
        assert.equal(extProcFilter(config)['deferred_close_timeout'] ?? '5s', '5s');
      });

      it('has one cluster for twinspan: capped, over HTTP/2, without retries or outlier detection', () => {
        const cluster = twinspanCluster(config);
        const [threshold] = (cluster['circuit_breakers'] as { thresholds: readonly Json[] })
          .thresholds;
        assert.ok(Number(threshold?.['max_requests']) > 0);
        assert.equal(cluster['outlier_detection'], undefined);
        assert.ok(http2Options(cluster));
        const service = extProcFilter(config)['grpc_service'] as Json;
        assert.equal(service['retry_policy'], undefined);
      });

      it('does not hold up customers when twinspan stands still', () => {
        const cluster = twinspanCluster(config);
        assert.equal(cluster['per_connection_buffer_limit_bytes'], markBytes);
        assert.equal(http2Options(cluster)?.['initial_stream_window_size'], markBytes);
      });

      it('has no ext_proc filter on any way out, so that no shadow request is shadowed', () => {
        const showing = config.bootstrap.static_resources.listeners.filter(
          (listener) => findByType(listener, 'ExternalProcessor').length > 0,
        );
        assert.equal(showing.length, 1);
        assert.doesNotMatch(showing[0]!.name, /egress/);
      });
    });
  }

  for (const config of shippedConfigs().filter(hasEgress)) {
    it(`${config.name} has a way to the shadow that only this machine reaches and that never sends twice`, () => {
      const listener = egressListener(config);
      const { address } = listener as unknown as {
        readonly address: { readonly socket_address: { readonly address: string } };
      };
      assert.equal(address.socket_address.address, '127.0.0.1');
      assert.doesNotMatch(JSON.stringify(listener), /retry|mirror/);
      for (const { route } of routesOf(listener)) {
        assert.ok(Number.parseFloat(String(route['timeout'])) >= 30, 'above shadow.timeout');
      }
    });
  }

  for (const config of shippedConfigs().filter(({ name }) => !name.startsWith('static.yaml'))) {
    if (hasEgress(config)) {
      it(`${config.name} has the filter and the way to the shadow of static.yaml`, () => {
        const model = { name: 'static.yaml', bootstrap: staticConfig() };
        assert.deepEqual(
          findByType(config.bootstrap, 'ExtensionWithMatcher'),
          findByType(model.bootstrap, 'ExtensionWithMatcher'),
        );
        assert.deepEqual(
          withoutShadow(egressListener(config)),
          withoutShadow(egressListener(model)),
        );
      });
    }
  }

  it('the fixture for Envoy Gateway was made from the shipped policies', () => {
    assert.equal(
      readTranslation().inputSha256,
      inputSha256(),
      'envoy/envoy-gateway.yaml has changed: see test/envoy/envoy-gateway-translation.ts',
    );
  });
});

function extProcFilter(config: ShippedConfig): Json {
  const filters = findByType(config.bootstrap, 'ExternalProcessor');
  assert.equal(filters.length, 1, `${config.name} has ${filters.length} ext_proc filters`);
  return filters[0]!;
}

function twinspanCluster(config: ShippedConfig): Named {
  const service = extProcFilter(config)['grpc_service'] as {
    readonly envoy_grpc: { readonly cluster_name: string };
  };
  const cluster = config.bootstrap.static_resources.clusters.find(
    ({ name }) => name === service.envoy_grpc.cluster_name,
  );
  assert.ok(cluster, `${config.name} lacks the cluster ${service.envoy_grpc.cluster_name}`);
  return cluster;
}

function http2Options(cluster: Json): Json | undefined {
  const [options] = findByType(cluster, 'HttpProtocolOptions');
  const explicit = options?.['explicit_http_config'] as Json | undefined;
  return explicit?.['http2_protocol_options'] as Json | undefined;
}

function hasEgress(config: ShippedConfig): boolean {
  return config.bootstrap.static_resources.listeners.some(({ name }) => name === 'shadow_egress');
}

function egressListener(config: ShippedConfig): Named {
  return config.bootstrap.static_resources.listeners.find(({ name }) => name === 'shadow_egress')!;
}

function routesOf(listener: Named): { readonly route: Record<string, unknown> }[] {
  const [manager] = findByType(listener, 'HttpConnectionManager');
  const { virtual_hosts: hosts } = manager!['route_config'] as {
    readonly virtual_hosts: readonly { readonly routes: { route: Record<string, unknown> }[] }[];
  };
  return hosts.flatMap(({ routes }) => routes);
}

/** The listener with everything that says where the shadow is taken out. */
function withoutShadow(listener: Named): Named {
  const copy = structuredClone(listener);
  for (const { route } of routesOf(copy)) {
    for (const key of ['cluster', 'auto_host_rewrite', 'host_rewrite_literal']) delete route[key];
  }
  return copy;
}

function sorted(value: unknown): string[] {
  return (value as readonly string[]).toSorted();
}
