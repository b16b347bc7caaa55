/**
 * The Envoy configurations of `envoy/`, fitted to one configuration of twinspan. They are changed as text, so that
 * their comments stay, and only where they and the configuration must agree; what only the user knows is told beside.
 */
import { isIP } from 'node:net';

import { TwinspanError } from '../base/errors.ts';
import { isLoopbackHost, parseListenAddress } from '../config/listen-address.ts';
import type { Config } from '../config/schema.ts';

/** What `--for` names, and the file that it stands for. */
export const envoyFiles = {
  static: 'static.yaml',
  istio: 'istio.yaml',
  gateway: 'envoy-gateway.yaml',
  kubernetes: 'kubernetes.yaml',
} as const;

export type EnvoyKind = keyof typeof envoyFiles;

export interface FittedFile {
  readonly text: string;
  /** What must still be adapted, a sentence each. */
  readonly toAdapt: readonly string[];
}

export interface FitSource {
  readonly kind: EnvoyKind;
  /** The shipped file. */
  readonly shipped: string;
  readonly config: Config;
  /** The text that `config` was read from: in Kubernetes it becomes a ConfigMap. */
  readonly configText: string;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

const address = String.raw`\{ (?:socket_address: \{[^}]*\}|pipe: \{[^}]*\}) \}`;
const comments = String.raw`\n(?:\s*#.*\n)*\s*`;
const clusterAddress = new RegExp(
  String.raw`(cluster_name: twinspan\s+endpoints:\s+- lb_endpoints:\s+- endpoint:\s+(?:\{ )?address: )${address}`,
);
const egressAddress = new RegExp(`(name: shadow_egress${comments}address: )${address}`);
const adminAddress = new RegExp(String.raw`(\badmin:${comments}address: )${address}`);
const embeddedConfig = /^( {2}twinspan\.yaml: \|\n)(?: {4}.*\n|\n)+/m;
/** The port, the folder and the bounds that the shipped files have. */
const shippedPort = 9002;
const shippedFolder = '/run/twinspan';
const shippedAdminUrl = 'http://127.0.0.1:9901';
const shippedEgressMs = 30_000;
const shippedRequests = 512;

/** @throws TwinspanError `configuration` when this kind of Envoy could not reach what the configuration names */
export function fitEnvoyFile(source: FitSource): FittedFile {
  const toAdapt = [yours[source.kind]];
  const fitted = [withConfig, withListener, withEgress, withAdmin].reduce(
    (text, fit) => fit(text, source, toAdapt),
    source.shipped,
  );
  return { text: fitted, toAdapt };
}

const yours: Readonly<Record<EnvoyKind, string>> = {
  static:
    'the address of `ingress`, your routes, and the addresses of the clusters `live` and `shadow`',
  istio:
    "the namespace, the workload's labels, the service's port, and the name of the shadow's service",
  gateway: 'the namespace, the names of the Gateway and of the HTTPRoute, and the image',
  kubernetes:
    'the namespace, the names and images, the container `model`, and the address of the cluster `shadow`',
};

function withConfig(text: string, { configText }: FitSource): string {
  const lines = configText.replace(/\r/g, '').trimEnd().split('\n');
  const indented = lines.map((line) => (line === '' ? '' : `    ${line}`)).join('\n');
  return text.replace(embeddedConfig, (_, key: string) => `${key}${indented}\n`);
}

function withListener(text: string, { kind, config }: FitSource, toAdapt: string[]): string {
  const { address: listen, tls } = config.listen;
  if (tls !== undefined) {
    toAdapt.push(
      'TLS to twinspan (`listen.tls`): give the cluster `twinspan` a transport_socket with its CA and a client certificate',
    );
  }
  const reading = parseListenAddress(listen);
  if (reading.kind === 'problem') throw unfit(`listen ${reading.message}`);
  const place = reading.value;
  if (place.kind === 'unix') {
    if (kind === 'gateway') {
      throw unfit(
        'listen is a Unix socket, which the pods of the gateway do not reach: set it to 0.0.0.0:9002 with listen.tls',
      );
    }
    const folder = place.path.slice(0, Math.max(1, place.path.lastIndexOf('/')));
    if (kind === 'istio') toAdapt.push(`a volume at ${folder} in istio-proxy and in twinspan`);
    return text
      .replace(clusterAddress, (_, before: string) => `${before}{ pipe: { path: ${place.path} } }`)
      .replaceAll(`mountPath: ${shippedFolder}`, `mountPath: ${folder}`);
  }
  if (place.port === 0) throw unfit('listen has port 0, which Envoy cannot know beforehand');
  if (kind === 'gateway') {
    if (isLoopbackHost(place.host)) {
      throw unfit(
        'listen is loopback, which the pods of the gateway do not reach: set it to 0.0.0.0:9002 with listen.tls',
      );
    }
    return text.replaceAll(
      new RegExp(String.raw`(\b(?:port|containerPort): )${shippedPort}\b`, 'g'),
      (_, before: string) => `${before}${place.port}`,
    );
  }
  const here = { ...place, host: reached(place.host) };
  if (isIP(here.host) === 0)
    toAdapt.push(`the cluster \`twinspan\`: ${here.host} needs type STRICT_DNS`);
  return text.replace(clusterAddress, (_, before: string) => before + socketAddress(here));
}

function withEgress(text: string, { kind, config }: FitSource, toAdapt: string[]): string {
  const { url, egress, host, timeout, concurrency } = config.shadow;
  if (kind === 'gateway') {
    if (egress) toAdapt.push('shadow.egress is true, and this file has no way out to the shadow');
    return text;
  }
  if (!egress) {
    toAdapt.push(
      'shadow.egress is false: twinspan calls the shadow itself, and `shadow_egress` and the cluster `shadow` can go',
    );
    return text;
  }
  const place = placeOf(url);
  const listener = { ...place, host: reached(place.host) };
  if (isIP(listener.host) === 0) {
    toAdapt.push(`\`shadow_egress\`: it listens on an address, and shadow.url has ${place.host}`);
  }
  if (url.startsWith('https:')) {
    toAdapt.push(
      'shadow.url is https: give `shadow_egress` a transport_socket with its certificate',
    );
  }
  let fitted = text.replace(egressAddress, (_, before: string) => before + socketAddress(listener));
  if (host === 'preserve') {
    fitted = fitted.replace(
      /(?: *# The shadow's own name as Host.*\n)? *(?:auto_host_rewrite|host_rewrite_literal):.*\n/,
      '',
    );
  }
  if (timeout >= shippedEgressMs) {
    const seconds = Math.ceil((2 * timeout) / 1000);
    fitted = fitted.replace('timeout: 30s', `timeout: ${seconds}s`);
  }
  if (concurrency >= shippedRequests) {
    fitted = fitted.replaceAll(`: ${shippedRequests},`, `: ${2 * concurrency},`);
  }
  return fitted;
}

function withAdmin(text: string, { kind, config }: FitSource, toAdapt: string[]): string {
  // Envoys there have an admin interface of their own.
  if (kind === 'gateway' || kind === 'istio') return text;
  const { adminUrl } = config.envoy;
  if (adminUrl === undefined) {
    toAdapt.push(
      "envoy.adminUrl is not set: with the address of Envoy's admin interface twinspan says what Envoy could not deliver",
    );
    return text;
  }
  const place = placeOf(adminUrl);
  if (isIP(reached(place.host)) === 0) {
    toAdapt.push(`\`admin\`: it listens on an address, and envoy.adminUrl has ${place.host}`);
  }
  return text
    .replace(
      adminAddress,
      (_, before: string) => before + socketAddress({ ...place, host: reached(place.host) }),
    )
    .replaceAll(shippedAdminUrl, () => new URL(adminUrl).origin);
}

/** Where something on this machine is reached that listens there; Envoy takes addresses here, no names. */
function reached(host: string): string {
  if (host === '0.0.0.0' || host === 'localhost') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

function placeOf(url: string): Place {
  const { hostname, port, protocol } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  };
}

function socketAddress({ host, port }: Place): string {
  const text = host.includes(':') ? `'${host}'` : host;
  return `{ socket_address: { address: ${text}, port_value: ${port} } }`;
}

function unfit(message: string): TwinspanError {
  return new TwinspanError('configuration', `envoy: ${message}`);
}
