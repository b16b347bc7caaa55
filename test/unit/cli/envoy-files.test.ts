import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { parse, parseAllDocuments } from 'yaml';

import { envoyFiles, fitEnvoyFile, type EnvoyKind } from '../../../src/cli/envoy-files.ts';
import { configOf, configurationWith, type Plain } from '../config/loading.ts';

/** As the shipped files have it, with these sections. */
function configText(over: Plain): string {
  const shadow = { url: 'http://127.0.0.1:10001', egress: true };
  const envoy = { adminUrl: 'http://127.0.0.1:9901' };
  return JSON.stringify(configurationWith({ listen: '127.0.0.1:9002', shadow, envoy, ...over }));
}

function shippedFile(kind: EnvoyKind): string {
  return readFileSync(join(import.meta.dirname, '../../../envoy', envoyFiles[kind]), 'utf8');
}

function fit(kind: EnvoyKind, over: Plain = {}) {
  const text = configText(over);
  const config = configOf(text);
  return fitEnvoyFile({ kind, shipped: shippedFile(kind), config, configText: text });
}

/** The objects of a file that have this name, wherever they stand, as text to look for addresses in. */
function named(text: string, name: string): string {
  const found: unknown[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ((value as { name?: unknown }).name === name) found.push(value);
    for (const below of Object.values(value)) visit(below);
  };
  for (const document of parseAllDocuments(text)) visit(document.toJS());
  return JSON.stringify(found);
}

test('for the addresses that the shipped files have, they are printed as they are', () => {
  assert.equal(fit('static').text, shippedFile('static'));
  assert.equal(fit('istio').text, shippedFile('istio'));
});

test('each kind says first what only its user knows', () => {
  for (const kind of Object.keys(envoyFiles) as EnvoyKind[]) {
    const over = kind === 'gateway' ? { listen: '0.0.0.0:9002', insecure: true } : {};
    assert.match(fit(kind, over).toAdapt[0] ?? '', /^the (?:address|namespace)/, kind);
  }
});

test('the cluster twinspan has the address that twinspan listens on, also a socket and IPv6', () => {
  for (const [listen, expected] of [
    ['127.0.0.1:7001', '{"socket_address":{"address":"127.0.0.1","port_value":7001}}'],
    ['localhost:7001', '{"socket_address":{"address":"127.0.0.1","port_value":7001}}'],
    ['[::1]:7001', '{"socket_address":{"address":"::1","port_value":7001}}'],
    ['unix:/run/other/t.sock', '{"pipe":{"path":"/run/other/t.sock"}}'],
  ] as const) {
    for (const kind of ['static', 'istio'] as const) {
      const cluster = named(fit(kind, { listen }).text, 'twinspan');
      assert.ok(cluster.includes(expected), `${kind}: ${listen}`);
      assert.ok(!cluster.includes('9002'), `${kind}: ${listen}`);
    }
  }
});

test('the way out to the shadow and the admin interface have the addresses of the configuration', () => {
  const { text } = fit('static', {
    shadow: {
      url: 'http://127.0.0.1:7002',
      egress: true,
      host: 'preserve',
      timeout: '40s',
      concurrency: 600,
    },
    envoy: { adminUrl: 'http://127.0.0.1:7003' },
  });
  assert.match(named(text, 'shadow_egress'), /"port_value":7002/);
  assert.doesNotMatch(named(text, 'shadow_egress'), /auto_host_rewrite/);
  assert.match(named(text, 'shadow_egress'), /"timeout":"80s"/);
  assert.match(named(text, 'shadow'), /"max_requests":1200/);
  assert.match(JSON.stringify((parse(text) as { admin: unknown }).admin), /"port_value":7003/);
  assert.doesNotMatch(text, /:9901/);
});

test('in Kubernetes the configuration itself becomes the ConfigMap', () => {
  for (const kind of ['kubernetes', 'gateway'] as const) {
    const over = { listen: '0.0.0.0:9100', insecure: true };
    const { text } = fit(kind, over);
    const maps = parseAllDocuments(text)
      .map((document) => document.toJS() as { data?: Record<string, string> })
      .flatMap(({ data }) => data?.['twinspan.yaml'] ?? []);
    assert.deepEqual(
      maps.map((map) => parse(map) as unknown),
      [parse(configText(over))],
    );
    const said = text.replaceAll(/^ *#.*$/gm, '');
    assert.doesNotMatch(said, /9002/, 'the port is that of the configuration everywhere');
  }
});

test('a file that is no use is refused: what the pods of a gateway cannot reach, and port 0', () => {
  for (const [kind, listen] of [
    ['gateway', 'unix:/run/twinspan/ext_proc.sock'],
    ['gateway', '127.0.0.1:9002'],
    ['static', '127.0.0.1:0'],
  ] as const) {
    assert.throws(() => fit(kind, { listen }), {
      code: 'configuration',
      message: /^envoy: listen /,
    });
  }
});

test('what the file cannot say is told: TLS, a shadow that is called directly, names for addresses', () => {
  const direct = fit('static', { shadow: { url: 'http://model.internal' }, envoy: {} });
  assert.match(direct.toAdapt.join('\n'), /shadow\.egress is false/);
  assert.match(direct.toAdapt.join('\n'), /envoy\.adminUrl is not set/);
  const secured = fit('static', {
    listen: {
      address: 'twinspan.internal:9002',
      tls: { certFile: 'a', keyFile: 'b', clientCaFile: 'c' },
    },
    shadow: { url: 'https://egress.internal', egress: true },
    envoy: { adminUrl: 'http://envoy.internal:9901' },
  });
  const told = secured.toAdapt.join('\n');
  for (const part of [
    /listen\.tls/,
    /STRICT_DNS/,
    /`shadow_egress` a transport_socket/,
    /egress\.internal/,
    /envoy\.internal/,
  ])
    assert.match(told, part);
});
