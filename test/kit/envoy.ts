/**
 * A real Envoy with the ext_proc filter, the way to the shadow and the cluster of envoy/static.yaml, and with the
 * listeners, routes and clusters that a test needs. It has one worker and so one connection to twinspan: exchanges
 * begin there in the order in which they were made. Ends with the test.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse } from 'yaml';

import { findEnvoy } from '../../demo/envoy-finder.ts';
import { startEnvoy } from '../../demo/envoy.ts';
import type { Lifetime } from './http-service.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface EnvoyTopology {
  readonly listeners: Readonly<Record<string, ListenerOptions>>;
  readonly clusters: readonly Json[];
  /** Values of Envoy's runtime. */
  readonly runtime?: Json;
}

export interface ListenerOptions {
  readonly routes: readonly Json[];
  /** Fields that replace those of the shipped ext_proc filter, or no filter at all. */
  readonly filter?: Json | 'none';
  /** The filter without the matcher around it that keeps upgrades and CONNECT away, as in Envoy Gateway. */
  readonly unmatched?: boolean;
  /** Fields that replace those of the connection manager. */
  readonly manager?: Json;
}

export interface TestEnvoy {
  /** `host:port` of the admin interface. */
  readonly admin: string;
  /** `host:port` of each listener by name. */
  readonly listeners: Readonly<Record<string, string>>;
  /** The value of a counter or gauge, 0 when Envoy does not have it. */
  stat(name: string): Promise<number>;
  /** Everything logged so far. */
  log(): Promise<string>;
}

const types = 'type.googleapis.com';
const managerType = `${types}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`;
const httpOptions = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

const repository = join(import.meta.dirname, '..', '..');
const shipped = parse(readFileSync(join(repository, 'envoy', 'static.yaml'), 'utf8')) as {
  readonly static_resources: {
    readonly listeners: readonly {
      readonly name: string;
      readonly filter_chains: readonly [
        { readonly filters: readonly [{ readonly typed_config: Json }] },
      ];
    }[];
    readonly clusters: readonly (Json & { readonly name: string })[];
  };
};

/** A port on which nothing listens: that of TCPMUX, which this machine does not serve. */
export const closedPort = 1;

let binary: Promise<string> | undefined;

/** Starts it; resolves when its workers take connections. Fails, and never skips, where there is no Envoy. */
export async function envoy(lifetime: Lifetime, topology: EnvoyTopology): Promise<TestEnvoy> {
  binary ??= findEnvoy({ log: (line) => console.error(line) });
  const directory = await mkdtemp(join(tmpdir(), 'twinspan-envoy-'));
  const running = await startEnvoy({
    binary: await binary,
    config: bootstrap(topology),
    directory,
    concurrency: 1,
  });
  lifetime.after(async () => {
    await running.stop();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    admin: running.admin,
    listeners: running.listeners,
    async stat(name) {
      const answer = await fetch(`http://${running.admin}/stats?filter=^${name}$&format=json`);
      const { stats } = (await answer.json()) as { stats: { name?: string; value?: number }[] };
      return stats.find((stat) => stat.name === name)?.value ?? 0;
    },
    log: () => readFile(running.process.logPath, 'utf8'),
  };
}

/** All of the prefix to a cluster; `extra` are further fields of the route, `action` of its route action. */
export function route(prefix: string, cluster: string, action: Json = {}, extra: Json = {}): Json {
  return { name: `to-${cluster}`, match: { prefix }, route: { cluster, ...action }, ...extra };
}

/** A cluster at a port of this machine, or without any endpoint. `http2` by prior knowledge. */
export function cluster(
  name: string,
  port: number | undefined,
  options: { readonly http2?: boolean; readonly extra?: Json } = {},
): Json {
  const endpoints = port === undefined ? [] : [{ lb_endpoints: [endpoint(port)] }];
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: { cluster_name: name, endpoints },
    ...(options.http2 === true && {
      typed_extension_protocol_options: {
        [httpOptions]: {
          '@type': `${types}/${httpOptions}`,
          explicit_http_config: { http2_protocol_options: {} },
        },
      },
    }),
    ...options.extra,
  };
}

/** The shipped cluster `twinspan`, at the address that twinspan says it has bound. */
export function twinspanCluster(
  address: string,
  options: { name?: string; extra?: Json } = {},
): Json {
  const { name = 'twinspan', extra } = options;
  const model = shipped.static_resources.clusters.find((other) => other.name === 'twinspan')!;
  const where = address.startsWith('unix:')
    ? { endpoint: { address: { pipe: { path: address.slice('unix:'.length) } } } }
    : endpoint(Number(address.split(':').at(-1)));
  const endpoints = [{ lb_endpoints: [where] }];
  return { ...model, name, load_assignment: { cluster_name: name, endpoints }, ...extra };
}

/** The filter of a listener whose twinspan is behind another cluster. */
export function filterTo(clusterName: string, extra: Json = {}): Json {
  return { grpc_service: { envoy_grpc: { cluster_name: clusterName } }, ...extra };
}

/** The shipped way to the shadow, to a cluster; `timeout` is Envoy's own. */
export function egress(clusterName: string, options: { timeout?: string } = {}): ListenerOptions {
  const manager = structuredClone(managerOf('shadow_egress')) as {
    readonly route_config: {
      readonly virtual_hosts: readonly [{ readonly routes: readonly [{ readonly route: Json }] }];
    };
  };
  const { route: action } = manager.route_config.virtual_hosts[0].routes[0];
  Object.assign(action, { cluster: clusterName, ...options });
  return { routes: [], filter: 'none', manager };
}

function bootstrap({ listeners, clusters, runtime = {} }: EnvoyTopology): Json {
  return {
    node: { id: 'twinspan', cluster: 'twinspan' },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
    layered_runtime: { layers: [{ name: 'test', static_layer: runtime }] },
    static_resources: {
      listeners: Object.entries(listeners).map(([name, options]) => listener(name, options)),
      clusters,
    },
  };
}

function listener(name: string, options: ListenerOptions): Json {
  const { routes, manager } = options;
  const { http_filters: shippedFilters } = managerOf('ingress');
  const [showing, router] = shippedFilters as readonly [Json, Json];
  const typed_config = {
    '@type': managerType,
    stat_prefix: name,
    upgrade_configs: [{ upgrade_type: 'websocket' }],
    route_config: { name, virtual_hosts: [{ name, domains: ['*'], routes }] },
    http_filters: [...showingFilter(showing, options), router],
    ...manager,
  };
  return {
    name,
    address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
    filter_chains: [
      { filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config }] },
    ],
  };
}

function managerOf(name: string): Json {
  const found = shipped.static_resources.listeners.find((other) => other.name === name)!;
  return found.filter_chains[0].filters[0].typed_config;
}

/** The shipped filter, which is inside a matcher, with fields of the ExternalProcessor replaced. */
function showingFilter(filter: Json, { filter: fields, unmatched }: ListenerOptions): Json[] {
  if (fields === 'none') return [];
  const copy = structuredClone(filter);
  const processor = Object.assign(externalProcessorIn(copy)!, fields);
  return [unmatched === true ? { ...copy, typed_config: processor } : copy];
}

function externalProcessorIn(value: unknown): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (String((value as Json)['@type']).endsWith('.ExternalProcessor')) return value;
  for (const inner of Object.values(value)) {
    const found = externalProcessorIn(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function endpoint(port: number): Json {
  return { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } };
}
