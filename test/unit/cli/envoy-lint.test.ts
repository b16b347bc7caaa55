import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lintEnvoy } from '../../../src/cli/envoy-lint.ts';

const good = {
  '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor',
  grpc_service: { envoy_grpc: { cluster_name: 'twinspan' } },
  observability_mode: true,
  failure_mode_allow: true,
  processing_mode: {
    request_header_mode: 'SEND',
    response_header_mode: 'SEND',
    request_body_mode: 'STREAMED',
    response_body_mode: 'STREAMED',
    request_trailer_mode: 'SEND',
    response_trailer_mode: 'SEND',
  },
  request_attributes: ['request.id'],
  response_attributes: ['response.code_details', 'upstream.request_attempt_count'],
};

const goodCluster = {
  name: 'twinspan',
  circuit_breakers: { thresholds: [{ max_requests: 1000 }] },
  per_connection_buffer_limit_bytes: 268_435_456,
  typed_extension_protocol_options: {
    options: {
      explicit_http_config: {
        http2_protocol_options: { initial_stream_window_size: 268_435_456 },
      },
    },
  },
};

function dumpOf(filter: object, cluster: object = goodCluster, manager: object = {}): unknown {
  return {
    configs: [
      {
        static_listeners: [
          {
            listener: {
              filter_chains: [
                {
                  filters: [
                    {
                      typed_config: {
                        '@type':
                          'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                        http_filters: [
                          { name: 'envoy.filters.http.ext_proc', typed_config: filter },
                        ],
                        ...manager,
                      },
                    },
                  ],
                },
              ],
            },
          },
        ],
      },
      { static_clusters: [{ cluster }] },
    ],
  };
}

function checksOf(dump: unknown, requireObservability = false): string[] {
  return lintEnvoy(dump, { requireObservability }).map(({ level, check }) => `${level} ${check}`);
}

test('the filter of the shipped configurations is without complaint', () => {
  assert.deepEqual(checksOf(dumpOf(good)), []);
});

test('an Envoy without the filter is broken: nothing reaches twinspan', () => {
  assert.deepEqual(checksOf({ configs: [] }), ['broken filter_missing']);
});

const cases: [title: string, dump: unknown, expected: string[]][] = [
  [
    'failure_mode_allow that is left out gives customers 500',
    dumpOf({ ...good, failure_mode_allow: undefined }),
    ['broken failure_mode_allow'],
  ],
  [
    'a synchronous filter makes live wait',
    dumpOf({ ...good, observability_mode: false }),
    ['warning observability_mode'],
  ],
  [
    'a buffered body turns large uploads away',
    dumpOf({
      ...good,
      processing_mode: { ...good.processing_mode, request_body_mode: 'BUFFERED' },
    }),
    ['broken processing_mode'],
  ],
  [
    'trailers that are not sent leave answers without an end mark',
    dumpOf({
      ...good,
      processing_mode: { ...good.processing_mode, response_trailer_mode: 'DEFAULT' },
    }),
    ['warning processing_mode'],
  ],
  [
    "without code_details Envoy's own answers cannot be told from live's",
    dumpOf({ ...good, response_attributes: [] }),
    ['warning code_details'],
  ],
  [
    'xds.node costs 33 KB a request',
    dumpOf({ ...good, request_attributes: ['xds.node'] }),
    ['warning xds_node'],
  ],
  [
    'a short deferred close loses large bodies',
    dumpOf({ ...good, deferred_close_timeout: '1s' }),
    ['warning deferred_close_timeout'],
  ],
  [
    'a deferred close of 0 loses every body beyond the first window',
    dumpOf({ ...good, deferred_close_timeout: '0s' }),
    ['broken deferred_close_timeout'],
  ],
  [
    'a filter that names no cluster of this Envoy reaches nobody',
    dumpOf(good, { ...goodCluster, name: 'other' }),
    ['broken cluster_missing'],
  ],
  [
    'outlier detection and a missing cap are told',
    dumpOf(good, { name: 'twinspan', outlier_detection: {} }),
    ['warning outlier_detection', 'warning max_requests', 'warning stall'],
  ],
  [
    'marks that a stalled twinspan can reach are told',
    dumpOf(good, { ...goodCluster, per_connection_buffer_limit_bytes: 1_048_576 }),
    ['warning stall'],
  ],
  [
    'an upgrade without filters of its own copies every frame',
    dumpOf(good, goodCluster, { upgrade_configs: [{ upgrade_type: 'websocket' }] }),
    ['warning upgrade'],
  ],
];

for (const [title, dump, expected] of cases) {
  test(title, () => assert.deepEqual(checksOf(dump), expected));
}

test('a synchronous filter is broken where observability is required', () => {
  assert.deepEqual(checksOf(dumpOf({ ...good, observability_mode: false }), true), [
    'broken observability_mode',
  ]);
});

test('an upgrade that a matcher keeps off the filter is without complaint', () => {
  const composite = {
    matcher: { input: { typed_config: { header_name: 'upgrade' } } },
    action: { typed_config: good },
  };
  const manager = { upgrade_configs: [{ upgrade_type: 'websocket' }] };
  assert.deepEqual(checksOf(dumpOf(composite, goodCluster, manager)), []);
});

test('a dump of any shape is read without an exception', () => {
  for (const dump of [undefined, null, [], 'text', { configs: [null, { a: [1, { b: null }] }] }]) {
    assert.deepEqual(checksOf(dump), ['broken filter_missing']);
  }
});
