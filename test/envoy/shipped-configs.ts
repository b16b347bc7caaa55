/**
 * Every Envoy configuration that the project ships, as a whole bootstrap that an Envoy can be given. Where a file holds
 * parts for somebody else's Envoy (Istio's patches, Envoy Gateway's policies) the parts are put into the least bootstrap
 * that they fit into.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse, parseAllDocuments } from 'yaml';

export type Json = Readonly<Record<string, unknown>>;

export interface Bootstrap extends Json {
  readonly static_resources: {
    readonly listeners: readonly Named[];
    readonly clusters: readonly Named[];
  };
}

export interface Named extends Json {
  readonly name: string;
}

export interface ShippedConfig {
  /** The file that a user reads, and the variant of it. */
  readonly name: string;
  readonly bootstrap: Bootstrap;
}

interface KubernetesDocument {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Json;
}

/** What `envoy-gateway-translation.ts` writes. */
export interface GatewayTranslation {
  readonly note: string;
  /** SHA-256 of what was translated. */
  readonly inputSha256: string;
  readonly filter: Named;
  readonly route: Json;
  readonly cluster: Named;
}

const repository = join(import.meta.dirname, '..', '..');
const hcmType =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const router = {
  name: 'envoy.filters.http.router',
  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
};

export function readText(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

/** The documents of a Kubernetes manifest. */
export function readManifest(path: string): KubernetesDocument[] {
  return parseAllDocuments(readText(path)).map((document) => document.toJS() as KubernetesDocument);
}

export function readTranslation(): GatewayTranslation {
  return JSON.parse(readText('test/fixtures/envoy-gateway-translated.json')) as GatewayTranslation;
}

export function staticConfig(): Bootstrap {
  return parse(readText('envoy/static.yaml')) as Bootstrap;
}

export function shippedConfigs(): ShippedConfig[] {
  return [
    { name: 'static.yaml', bootstrap: staticConfig() },
    ...['cluster-unix-socket.yaml', 'cluster-several-processes.yaml'].map((name) => ({
      name: `static.yaml with ${name}`,
      bootstrap: withCluster(staticConfig(), parse(readText(`envoy/${name}`)) as Named),
    })),
    { name: 'istio.yaml', bootstrap: istioConfig() },
    { name: 'kubernetes.yaml', bootstrap: kubernetesConfig() },
    { name: 'envoy-gateway.yaml', bootstrap: gatewayConfig() },
    { name: 'compose/envoy.yaml', bootstrap: parse(readText('compose/envoy.yaml')) as Bootstrap },
  ];
}

/** All objects of a protobuf type in a configuration, wherever they stand; the type by its last part. */
export function findByType(value: unknown, type: string): Json[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap((item) => findByType(item, type));
  return String((value as Json)['@type']).endsWith(`.${type}`) ? [value as Json, ...below] : below;
}

/** The bootstrap with one cluster in place of that of the same name. */
export function withCluster(bootstrap: Bootstrap, cluster: Named): Bootstrap {
  const { listeners, clusters } = bootstrap.static_resources;
  return {
    ...bootstrap,
    static_resources: {
      listeners,
      clusters: clusters.map((other) => (other.name === cluster.name ? cluster : other)),
    },
  };
}

/** A cluster at an address of this machine. */
export function localCluster(name: string, port: number): Named {
  const address = { socket_address: { address: '127.0.0.1', port_value: port } };
  return {
    name,
    type: 'STATIC',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
    },
  };
}

function istioConfig(): Bootstrap {
  const [filter] = readManifest('envoy/istio.yaml');
  const patches = filter?.spec?.['configPatches'] as readonly {
    readonly applyTo: string;
    readonly patch: { readonly value: Named };
  }[];
  const valuesFor = (applyTo: string): Named[] =>
    patches.filter((patch) => patch.applyTo === applyTo).map(({ patch }) => patch.value);
  return {
    static_resources: {
      listeners: [inboundListener(valuesFor('HTTP_FILTER'), liveRoute), ...valuesFor('LISTENER')],
      clusters: [
        ...valuesFor('CLUSTER'),
        localCluster('live', 8080),
        // Istio's own, from its discovery.
        localCluster('outbound|8080||model-v2.shop.svc.cluster.local', 8081),
      ],
    },
  };
}

function kubernetesConfig(): Bootstrap {
  const texts = readManifest('envoy/kubernetes.yaml').flatMap(
    ({ data }) => data?.['envoy.yaml'] ?? [],
  );
  return parse(texts[0] ?? '') as Bootstrap;
}

function gatewayConfig(): Bootstrap {
  const { filter, route, cluster } = readTranslation();
  const liveCluster = (route['route'] as Json)['cluster'] as string;
  return {
    static_resources: {
      listeners: [inboundListener([filter], route)],
      clusters: [cluster, localCluster(liveCluster, 8080)],
    },
  };
}

const liveRoute = { match: { prefix: '/' }, route: { cluster: 'live' } };

function inboundListener(filters: readonly Named[], route: Json): Named {
  const manager = {
    '@type': hcmType,
    stat_prefix: 'inbound',
    route_config: { virtual_hosts: [{ name: 'live', domains: ['*'], routes: [route] }] },
    http_filters: [...filters, router],
  };
  return {
    name: 'inbound',
    address: { socket_address: { address: '127.0.0.1', port_value: 15_006 } },
    filter_chains: [
      {
        filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }],
      },
    ],
  };
}
