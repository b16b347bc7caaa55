/**
 * What Envoy Gateway makes of envoy/envoy-gateway.yaml, kept as a fixture because its translator takes minutes to
 * build. After a change of the policies:
 *
 *   go install github.com/envoyproxy/gateway/cmd/egctl@v1.9.1
 *   EGCTL=$(go env GOPATH)/bin/egctl node test/envoy/envoy-gateway-translation.ts
 *
 * The input is the shipped file together with test/fixtures/envoy-gateway-surroundings.yaml.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readManifest, type GatewayTranslation, type Json, type Named } from './shipped-configs.ts';

const gateway = 'shop/public';
const policyKinds = ['EnvoyExtensionPolicy', 'EnvoyPatchPolicy', 'Service'];

/** The documents to translate: the shipped policies as they are, and what a cluster has around them. */
export function translationInput(): Json[] {
  const policies = readManifest('envoy/envoy-gateway.yaml').filter(({ kind }) =>
    policyKinds.includes(kind),
  );
  return [
    ...readManifest('test/fixtures/envoy-gateway-surroundings.yaml'),
    // A cluster gives each service an address; egctl has no cluster.
    ...policies.map((document) =>
      document.kind === 'Service'
        ? { ...document, spec: { ...document.spec, clusterIP: '10.96.0.20' } }
        : document,
    ),
  ].map((document) => ({ ...document }));
}

/** Changes when the policies or their surroundings do, but not with comments or layout. */
export function inputSha256(): string {
  return createHash('sha256').update(JSON.stringify(translationInput())).digest('hex');
}

function translate(egctl: string): GatewayTranslation {
  const folder = mkdtempSync(join(tmpdir(), 'twinspan-egctl-'));
  try {
    const file = join(folder, 'input.yaml');
    writeFileSync(
      file,
      translationInput()
        .map((document) => JSON.stringify(document))
        .join('\n---\n'),
    );
    const output = execFileSync(
      egctl,
      ['x', 'translate', '--from', 'gateway-api', '--to', 'xds', '-o', 'json', '-f', file],
      { encoding: 'utf8' },
    );
    return trim(JSON.parse(output));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The filter, the route that switches it on, and twinspan's cluster with its addresses in it. */
function trim(output: unknown): GatewayTranslation {
  const everything = snakeCase((output as { xds: Json }).xds[gateway]);
  const filter = theOne('filter', everything, (item) =>
    /ext_proc.*twinspan/.test(String(item['name'])),
  );
  const name = String(filter['name']).replace('envoy.filters.http.ext_proc/', '');
  const route = theOne(
    'route',
    everything,
    (item) => 'typed_per_filter_config' in item && 'match' in item,
  );
  const cluster = theOne(
    'cluster',
    everything,
    (item) => item['name'] === name && 'connect_timeout' in item,
  );
  const assignment = theOne(
    'addresses',
    everything,
    (item) => item['cluster_name'] === name && 'endpoints' in item,
  );
  const { '@type': _type, eds_cluster_config: _discovery, ...rest } = cluster;
  const { '@type': _assignmentType, ...addresses } = assignment;
  return {
    note: 'made by envoy-gateway-translation.ts with egctl v1.9.1: parts of what Envoy Gateway gives its Envoy',
    inputSha256: inputSha256(),
    filter: filter as Named,
    route,
    // By discovery in a cluster; here the same addresses are in the cluster itself.
    cluster: { ...rest, type: 'STATIC', load_assignment: addresses } as unknown as Named,
  };
}

function theOne(what: string, value: unknown, holds: (item: Json) => boolean): Json {
  const found: Json[] = [];
  const walk = (item: unknown): void => {
    if (typeof item !== 'object' || item === null) return;
    if (!Array.isArray(item) && holds(item as Json)) found.push(item as Json);
    for (const below of Object.values(item)) walk(below);
  };
  walk(value);
  if (found.length !== 1) throw new Error(`egctl made ${found.length} of: ${what}`);
  return found[0]!;
}

/** egctl writes field names in camel case, Envoy's documentation and the other files have them with underscores. */
function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      /^[a-z0-9]+(?:[A-Z][a-z0-9]*)+$/.test(key)
        ? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
        : key,
      snakeCase(item),
    ]),
  );
}

if (import.meta.main) {
  const translation = translate(process.env['EGCTL'] ?? 'egctl');
  const file = join(import.meta.dirname, '..', 'fixtures', 'envoy-gateway-translated.json');
  writeFileSync(file, `${JSON.stringify(translation, undefined, 2)}\n`);
}
