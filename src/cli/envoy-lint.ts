/**
 * What a running Envoy's configuration says about the ext_proc filter, read from its admin's `/config_dump`. A
 * finding is `broken` when customers or the data would suffer, `warning` when something is lost or costs more than
 * it has to. The facts behind each are in envoy/README.md.
 */
import { isRecord } from '../base/untrusted-json.ts';

export interface Finding {
  readonly level: 'broken' | 'warning';
  /** Stable word for the check. */
  readonly check: string;
  readonly message: string;
}

/** The part of twinspan's own configuration that the filter has to fit. */
export interface Expectations {
  readonly requireObservability: boolean;
}

type Json = Readonly<Record<string, unknown>>;

const neededModes: readonly [mode: string, value: string][] = [
  ['request_header_mode', 'SEND'],
  ['response_header_mode', 'SEND'],
  ['request_body_mode', 'STREAMED'],
  ['response_body_mode', 'STREAMED'],
  ['request_trailer_mode', 'SEND'],
  ['response_trailer_mode', 'SEND'],
];

/** DEFAULT of a HeaderSendMode: headers are sent, trailers are not (processing_mode.proto). */
const modeDefaults: Readonly<Record<string, string>> = {
  request_header_mode: 'SEND',
  response_header_mode: 'SEND',
  request_body_mode: 'NONE',
  response_body_mode: 'NONE',
  request_trailer_mode: 'SKIP',
  response_trailer_mode: 'SKIP',
};

/** @param dump the parsed answer of `/config_dump` */
export function lintEnvoy(dump: unknown, expectations: Expectations): Finding[] {
  const filters = find(dump, 'envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor');
  if (filters.length === 0) {
    return [
      {
        level: 'broken',
        check: 'filter_missing',
        message:
          'this Envoy has no ext_proc filter: nothing reaches twinspan. Add the filter of envoy/static.yaml to the http_filters',
      },
    ];
  }
  const findings = [
    ...filters.flatMap((filter) => lintFilter(filter, expectations)),
    ...filters.flatMap((filter) => lintCluster(dump, clusterOf(filter))),
    ...lintUpgrades(dump),
  ];
  // A dump has a static filter twice: in the bootstrap and in the listener that was made of it.
  return [...new Map(findings.map((finding) => [finding.message, finding])).values()];
}

function lintFilter(filter: Json, { requireObservability }: Expectations): Finding[] {
  const findings: Finding[] = [];
  const add = (level: Finding['level'], check: string, message: string): void => {
    findings.push({ level, check, message });
  };
  if (filter['failure_mode_allow'] !== true) {
    add(
      'broken',
      'failure_mode_allow',
      'failure_mode_allow is not true: customers get 500 while twinspan is away, in observability mode too. Set it to true',
    );
  }
  if (filter['observability_mode'] !== true) {
    add(
      requireObservability ? 'broken' : 'warning',
      'observability_mode',
      'observability_mode is not true: every part of a live exchange waits for twinspan. Set it to true (Envoy 1.31 or newer)',
    );
  }
  const modes = record(filter['processing_mode']);
  for (const [mode, wanted] of neededModes) {
    const set = typeof modes[mode] === 'string' ? modes[mode] : 'DEFAULT';
    const found = set === 'DEFAULT' ? modeDefaults[mode]! : set;
    if (found === wanted) continue;
    const buffered = found !== 'NONE' && found !== 'SKIP';
    add(
      buffered || mode.endsWith('header_mode') ? 'broken' : 'warning',
      'processing_mode',
      `processing_mode.${mode} is ${found}: ${modeConsequence(mode, buffered)}. Set it to ${wanted}`,
    );
  }
  const attributes = [
    ...list(filter['request_attributes']),
    ...list(filter['response_attributes']),
  ];
  if (!list(filter['response_attributes']).includes('response.code_details')) {
    add(
      'warning',
      'code_details',
      "response_attributes lacks response.code_details: Envoy's own answers (503, timeouts) cannot be told from live's. Add it and upstream.request_attempt_count",
    );
  }
  if (attributes.includes('xds.node')) {
    add('warning', 'xds_node', 'the attribute xds.node is 33 KB a request. Remove it');
  }
  const deferred = secondsOf(filter['deferred_close_timeout']);
  if (deferred !== undefined && deferred < 5) {
    add(
      deferred === 0 ? 'broken' : 'warning',
      'deferred_close_timeout',
      `deferred_close_timeout is ${deferred} s: large bodies are lost when twinspan pauses longer. Keep the default of 5 s, it costs nothing`,
    );
  }
  return findings;
}

function modeConsequence(mode: string, buffered: boolean): string {
  if (buffered) {
    return 'in observability mode Envoy then sends no body at all, and without it customers lose bodies or get 413';
  }
  if (mode.endsWith('header_mode')) return 'nothing of the exchange can be followed';
  if (mode === 'request_body_mode') return 'requests with a body cannot be sent to the shadow';
  if (mode === 'response_body_mode') return 'only status and headers can be compared';
  return 'a message with trailers has no end mark, so it is not compared unless it has a content-length';
}

function lintCluster(dump: unknown, name: string | undefined): Finding[] {
  if (name === undefined) return [];
  const clusters = findByKey(dump, 'cluster').filter((cluster) => cluster['name'] === name);
  const cluster = clusters[0];
  if (cluster === undefined) {
    return [
      {
        level: 'broken',
        check: 'cluster_missing',
        message: `the filter names the cluster ${name}, which this Envoy does not have`,
      },
    ];
  }
  const findings: Finding[] = [];
  if (cluster['outlier_detection'] !== undefined) {
    findings.push({
      level: 'warning',
      check: 'outlier_detection',
      message: `cluster ${name} has outlier_detection: it blinds Envoy for seconds after a restart and helps in no stall. Remove it`,
    });
  }
  const thresholds = list(record(cluster['circuit_breakers'])['thresholds']);
  if (!thresholds.some((threshold) => record(threshold)['max_requests'] !== undefined)) {
    findings.push({
      level: 'warning',
      check: 'max_requests',
      message: `cluster ${name} has no circuit_breakers max_requests: set it, it bounds what Envoy holds while twinspan stalls`,
    });
  }
  const options = JSON.stringify(cluster['typed_extension_protocol_options'] ?? {});
  const window = Number(/"initial_stream_window_size":(\d+)/.exec(options)?.[1] ?? 0);
  const buffer = Number(cluster['per_connection_buffer_limit_bytes'] ?? 0);
  if (window < stallBytes || buffer < stallBytes) {
    findings.push({
      level: 'warning',
      check: 'stall',
      message: `cluster ${name} lets a twinspan that stands still hold up customers' large bodies, in observability mode too: set per_connection_buffer_limit_bytes and http2_protocol_options.initial_stream_window_size to ${stallBytes}`,
    });
  }
  return findings;
}

/** Measured on Envoy 1.40: below it uploads of 10 to 40 MB hang while twinspan is stopped (envoy/README.md). */
const stallBytes = 268_435_456;

function lintUpgrades(dump: unknown): Finding[] {
  const managers = find(
    dump,
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  );
  return managers
    .filter((manager) => list(manager['http_filters']).some(takesUpgrades))
    .flatMap((manager) => list(manager['upgrade_configs']).map(record))
    .filter((upgrade) => list(upgrade['filters']).length === 0)
    .map((upgrade) => ({
      level: 'warning',
      check: 'upgrade',
      message: `upgrade_configs for ${String(upgrade['upgrade_type'])} has no filters of its own: every frame of the connection is copied to twinspan. List the filters there without ext_proc, or leave upgrades out by a matcher as envoy/static.yaml does`,
    }));
}

/** True of an ext_proc filter that is not behind a matcher that looks at the upgrade header. */
function takesUpgrades(filter: unknown): boolean {
  const text = JSON.stringify(filter);
  return (
    text.includes('ext_proc.v3.ExternalProcessor') && !text.includes('"header_name":"upgrade"')
  );
}

function clusterOf(filter: Json): string | undefined {
  const name = record(record(filter['grpc_service'])['envoy_grpc'])['cluster_name'];
  return typeof name === 'string' ? name : undefined;
}

/** All objects of a protobuf type, wherever they stand. A dump is as deep as Envoy's configuration, never hostile. */
function find(value: unknown, type: string): Json[] {
  if (Array.isArray(value)) return value.flatMap((item) => find(item, type));
  if (typeof value !== 'object' || value === null) return [];
  const here = value as Json;
  const below = Object.values(here).flatMap((item) => find(item, type));
  return String(here['@type']).endsWith(`/${type}`) ? [here, ...below] : below;
}

function findByKey(value: unknown, key: string): Json[] {
  if (Array.isArray(value)) return value.flatMap((item) => findByKey(item, key));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const below = findByKey(item, key);
    return name === key && typeof item === 'object' && item !== null
      ? [item as Json, ...below]
      : below;
  });
}

function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** protobuf JSON durations are seconds with an `s` (`5s`, `0.500s`). */
function secondsOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^[\d.]+s$/.test(value)) return undefined;
  return Number(value.slice(0, -1));
}
