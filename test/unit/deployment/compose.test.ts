/** What docker-compose.yml and compose/ promise, as far as it can be told without a container engine. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { parse, parseDocument } from 'yaml';

import { mountsOf, readComposeFile, readRepositoryFile, type Service } from './compose-file.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

describe('docker-compose.yml', () => {
  const { services, volumes } = readComposeFile();
  const all = Object.entries(services);

  it('has everything that it takes to see a comparison', () => {
    assert.deepEqual(Object.keys(services).toSorted(), [
      'collector',
      'envoy',
      'grafana',
      'jaeger',
      'model-v1',
      'model-v2',
      'prometheus',
      'tempo',
      'traffic',
      'twinspan',
    ]);
  });

  it('names the exact version of each image', () => {
    for (const [name, { image }] of all) assert.match(image, /:v?\d+\.\d+\.\d+$/, name);
  });

  it('builds its own images from stages that the Dockerfile has', () => {
    const stages = [...readRepositoryFile('Dockerfile').matchAll(/^FROM \S+ AS (\S+)$/gm)].map(
      ([, stage]) => stage,
    );
    const built = all.filter(([, { build }]) => build !== undefined);
    assert.equal(built.length, 4);
    for (const [name, { build }] of built) assert.ok(stages.includes(build!.target), name);
  });

  it('publishes on loopback alone, and nothing but what a person looks at', () => {
    const published = all.flatMap(([, { ports }]) => ports ?? []).toSorted();
    assert.deepEqual(published, [
      '127.0.0.1:10000:10000',
      '127.0.0.1:16686:16686',
      '127.0.0.1:3000:3000',
      '127.0.0.1:9003:8003',
      '127.0.0.1:9090:9090',
    ]);
  });

  it('mounts files that exist, read-only, and volumes that it declares', () => {
    for (const [name, service] of all) {
      for (const { source, readOnly } of mountsOf(service)) {
        if (source.startsWith('./')) {
          assert.ok(existsSync(join(repository, source)), `${name}: ${source}`);
          assert.ok(readOnly, `${name}: ${source}`);
        } else assert.ok(Object.hasOwn(volumes, source), `${name}: ${source}`);
      }
    }
  });

  it('mounts configurations that parse', () => {
    const paths = all
      .flatMap(([, service]) => mountsOf(service))
      .flatMap(({ source }) => (source.startsWith('./') ? filesIn(source) : []));
    assert.ok(paths.length >= 8);
    for (const path of paths) {
      const text = readRepositoryFile(path);
      if (path.endsWith('.json')) JSON.parse(text);
      else assert.deepEqual(parseDocument(text).errors, [], path);
    }
  });

  it('starts each service with the configuration that it mounts', () => {
    for (const [name, service] of all) {
      const targets = mountsOf(service).map(({ target }) => target);
      for (const argument of service.command ?? []) {
        const [path] = /\/etc\/\S+$/.exec(argument) ?? [];
        if (path !== undefined) assert.ok(targets.includes(path), `${name}: ${path}`);
      }
    }
  });

  it('runs programs of the repository that exist', () => {
    for (const [name, { image, command }] of all) {
      if (!image.startsWith('twinspan-demo')) continue;
      const program = command?.find((word) => word.endsWith('.ts'));
      assert.ok(program !== undefined && existsSync(join(repository, program)), name);
    }
  });

  it('waits only for services that it has', () => {
    for (const [name, { depends_on: needed = [] }] of all) {
      for (const other of Array.isArray(needed) ? needed : Object.keys(needed)) {
        assert.ok(Object.hasOwn(services, String(other)), `${name} waits for ${String(other)}`);
      }
    }
  });

  it('keeps no customer waiting for twinspan', () => {
    assert.doesNotMatch(JSON.stringify(services['envoy']?.depends_on), /twinspan/);
  });

  it('has twinspan beside Envoy as in a pod: one network, one user, one socket', () => {
    const { envoy, twinspan } = services as { envoy: Service; twinspan: Service };
    assert.equal(twinspan.network_mode, 'service:envoy');
    assert.deepEqual(envoy.networks?.default?.aliases, ['twinspan']);
    const user = /^USER (\S+)$/m.exec(readRepositoryFile('Dockerfile').split(' AS twinspan\n')[1]!);
    assert.equal(envoy.user, user?.[1]);
    for (const service of [envoy, twinspan]) {
      const socket = mountsOf(service).find(({ source }) => source === 'socket');
      assert.equal(socket?.target, '/run/twinspan');
    }
  });
});

describe('the configurations in compose/', () => {
  it('send spans through a pipeline whose parts are all there', () => {
    const collector = parse(readRepositoryFile('compose/collector.yaml')) as {
      readonly [part: string]: Readonly<Record<string, unknown>>;
      readonly service: { readonly pipelines: Readonly<Record<string, Record<string, string[]>>> };
    };
    const used = new Set<string>();
    for (const pipeline of Object.values(collector.service.pipelines)) {
      for (const [part, names] of Object.entries(pipeline)) {
        for (const name of names) {
          assert.ok(Object.hasOwn(collector[part] ?? {}, name), `${part}: ${name}`);
          used.add(`${part} ${name}`);
        }
      }
    }
    for (const part of ['receivers', 'processors', 'exporters']) {
      for (const name of Object.keys(collector[part] ?? {})) {
        assert.ok(used.has(`${part} ${name}`), `${part}: ${name} is in no pipeline`);
      }
    }
  });

  it('name each other by the services of docker-compose.yml', () => {
    const { services } = readComposeFile();
    const aliases = Object.values(services).flatMap(
      (service) => service.networks?.default?.aliases ?? [],
    );
    const hosts = new Set([...Object.keys(services), ...aliases]);
    const named = [
      ...['collector', 'tempo', 'prometheus', 'twinspan'].map((name) => `compose/${name}.yaml`),
      'compose/grafana/provisioning/datasources/datasources.yaml',
    ].flatMap((path) => hostsIn(readRepositoryFile(path)));
    assert.ok(named.length >= 8);
    for (const host of named) assert.ok(hosts.has(host), host);
  });

  it('hide nothing of the newest traces from a search in Tempo', () => {
    const tempo = parse(readRepositoryFile('compose/tempo.yaml')) as {
      readonly query_frontend: { readonly query_end_cutoff: string };
      readonly live_store: { readonly fail_on_high_lag: boolean };
    };
    assert.equal(tempo.query_frontend.query_end_cutoff, '0s');
    // Tempo refuses to start with the one and not the other.
    assert.equal(tempo.live_store.fail_on_high_lag, false);
  });
});

/** The file itself, or those in the folder, as paths of the repository. */
function filesIn(path: string): string[] {
  if (!statSync(join(repository, path)).isDirectory()) return [path];
  return readdirSync(join(repository, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(repository.length + 1));
}

/** Host names in `host:port`, without addresses of the container itself. */
function hostsIn(text: string): string[] {
  return [...text.matchAll(/(?:https?:\/\/|[\s[])([a-z][a-z0-9-]*):\d{2,5}\b/g)].map(
    ([, host]) => host!,
  );
}
