/**
 * Envoy's bootstrap for one service with twinspan beside it, as the JSON that `envoy -c FILE.json` reads. Two
 * listeners: `ingress` takes the customers' requests, shows them to twinspan through the ext_proc filter in
 * observability mode (Envoy never waits for it, and serves on when it is down) and routes them to the live service;
 * `egress` is twinspan's way to the shadow and has no such filter, so that no copy is ever copied again.
 */

/** Any part of the bootstrap. */
export type JsonObject = { readonly [key: string]: unknown };

/** Host and port, as `127.0.0.1:8080`. */
export type Address = string;

/** The addresses of a topology. Port 0 lets Envoy choose. */
export type EnvoyConfigOptions = {
  readonly ingress: Address;
  readonly egress: Address;
  readonly admin: Address;
  readonly live: Address;
  readonly shadow: Address;
  /** twinspan's ext_proc address, or the path of its Unix socket. */
  readonly twinspan: Address;
  /** Fields that replace those of the ext_proc filter, of the customers' connection manager, of twinspan's cluster. */
  readonly overrides?: {
    readonly externalProcessor?: JsonObject;
    readonly connectionManager?: JsonObject;
    readonly twinspanCluster?: JsonObject;
  };
};

const TYPES = 'type.googleapis.com';
const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const CONNECTION_MANAGER = 'envoy.extensions.filters.network.http_connection_manager.v3';

/** Held in memory only while twinspan stands still. */
const STALL_BYTES = 268_435_456;

const EGRESS_HEADER: JsonObject = {
  header: { key: 'x-twinspan-egress', value: '%RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%' },
  append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
};

const ROUTER: JsonObject = {
  name: 'envoy.filters.http.router',
  typed_config: { '@type': `${TYPES}/envoy.extensions.filters.http.router.v3.Router` },
};

/** The whole bootstrap. */
export function envoyConfig(options: EnvoyConfigOptions): JsonObject {
  return {
    node: { id: 'twinspan', cluster: 'twinspan' },
    admin: { address: socketAddress(options.admin) },
    static_resources: {
      listeners: [ingressListener(options), egressListener(options)],
      clusters: [
        cluster('live', options.live),
        shadowCluster(options.shadow),
        twinspanCluster(options),
      ],
    },
  };
}

function ingressListener(options: EnvoyConfigOptions): JsonObject {
  return listener('ingress', options.ingress, {
    stat_prefix: 'ingress',
    // The customer's x-request-id is the key under which live and shadow are found again.
    preserve_external_request_id: true,
    always_set_request_id_in_response: true,
    // An upgraded connection has a filter chain of its own without ext_proc: every frame would be copied.
    upgrade_configs: [{ upgrade_type: 'websocket', filters: [ROUTER] }],
    route_config: routes('live', { cluster: 'live', timeout: '15s' }),
    http_filters: [externalProcessor(options.overrides?.externalProcessor), ROUTER],
    ...options.overrides?.connectionManager,
  });
}

function egressListener(options: EnvoyConfigOptions): JsonObject {
  return listener('egress', options.egress, {
    stat_prefix: 'egress',
    // twinspan sends the live request's id; Envoy must not put another in its place.
    generate_request_id: false,
    preserve_external_request_id: true,
    route_config: {
      // No retry policy: a copy is sent once. Longer than twinspan's own timeout, so that twinspan is the one to decide.
      ...routes('shadow', { cluster: 'shadow', timeout: '10s' }),
      // Says whether the shadow answered or Envoy did in its place, which a 503 alone would not.
      response_headers_to_add: [EGRESS_HEADER],
    },
    // The same for what Envoy refuses before it has a route.
    local_reply_config: {
      mappers: [
        {
          filter: {
            status_code_filter: {
              comparison: {
                op: 'GE',
                value: { default_value: 0, runtime_key: 'twinspan.unused' },
              },
            },
          },
          headers_to_add: [EGRESS_HEADER],
        },
      ],
    },
    http_filters: [ROUTER],
  });
}

function externalProcessor(override: JsonObject | undefined): JsonObject {
  return {
    name: 'envoy.filters.http.ext_proc',
    typed_config: {
      '@type': `${TYPES}/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor`,
      stat_prefix: 'twinspan',
      grpc_service: { envoy_grpc: { cluster_name: 'twinspan', authority: 'twinspan' } },
      observability_mode: true,
      // With false every customer gets a 500 while twinspan is down, also in observability mode.
      failure_mode_allow: true,
      disable_immediate_response: true,
      mutation_rules: { disallow_all: true },
      // The longest pause of twinspan that a body larger than the HTTP/2 window survives.
      deferred_close_timeout: '5s',
      processing_mode: {
        request_header_mode: 'SEND',
        request_body_mode: 'STREAMED',
        request_trailer_mode: 'SEND',
        response_header_mode: 'SEND',
        response_body_mode: 'STREAMED',
        response_trailer_mode: 'SEND',
      },
      request_attributes: [
        'request.id',
        'request.time',
        'request.protocol',
        'source.address',
        'xds.route_name',
        'xds.cluster_name',
      ],
      response_attributes: [
        'response.code_details',
        'response.flags',
        'upstream.address',
        'upstream.request_attempt_count',
      ],
      ...override,
    },
  };
}

function shadowCluster(address: Address): JsonObject {
  return {
    ...cluster('shadow', address),
    circuit_breakers: {
      thresholds: [
        { max_connections: 64, max_pending_requests: 64, max_requests: 256, max_retries: 0 },
      ],
    },
  };
}

function twinspanCluster(options: EnvoyConfigOptions): JsonObject {
  return {
    ...cluster('twinspan', options.twinspan),
    connect_timeout: '0.25s',
    // The marks at which Envoy stops reading from customers when twinspan stands still. With its own defaults
    // (1 MiB, 16 MiB) a large upload hangs for as long as it does.
    per_connection_buffer_limit_bytes: STALL_BYTES,
    typed_extension_protocol_options: {
      [HTTP_OPTIONS]: {
        '@type': `${TYPES}/${HTTP_OPTIONS}`,
        explicit_http_config: {
          http2_protocol_options: { initial_stream_window_size: STALL_BYTES },
        },
      },
    },
    // The hard cap: beyond it a request is served without being shown to twinspan. No outlier detection, which only
    // makes Envoy blind for longer after a restart.
    circuit_breakers: { thresholds: [{ max_requests: 4096, max_pending_requests: 4096 }] },
    ...options.overrides?.twinspanCluster,
  };
}

function listener(name: string, address: Address, connectionManager: JsonObject): JsonObject {
  return {
    name,
    address: socketAddress(address),
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type': `${TYPES}/${CONNECTION_MANAGER}.HttpConnectionManager`,
              ...connectionManager,
            },
          },
        ],
      },
    ],
  };
}

function routes(name: string, action: JsonObject): JsonObject {
  return {
    name,
    virtual_hosts: [
      { name, domains: ['*'], routes: [{ name, match: { prefix: '/' }, route: action }] },
    ],
  };
}

function cluster(name: string, address: Address): JsonObject {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(address) } }] }],
    },
  };
}

function socketAddress(address: Address): JsonObject {
  if (address.startsWith('/')) return { pipe: { path: address } };
  const colon = address.lastIndexOf(':');
  return {
    socket_address: {
      address: address.slice(0, colon),
      port_value: Number(address.slice(colon + 1)),
    },
  };
}
