/** What the Kubernetes manifests of envoy/ promise: a twinspan in trouble takes nothing away from the live service. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';

import { parseAllDocuments } from 'yaml';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly restartPolicy?: string;
  readonly args?: readonly string[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: { readonly requests: object; readonly limits: { readonly memory?: string } };
  readonly securityContext?: object;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly [probe: string]: unknown;
}

interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly securityContext?: object;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly emptyDir?: object;
  }[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

const repository = join(import.meta.dirname, '..', '..', '..');
const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  version: string;
};

const locked = {
  runAsNonRoot: true,
  runAsUser: 65_532,
  runAsGroup: 65_532,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

describe('envoy/kubernetes.yaml', () => {
  const manifests = read('envoy/kubernetes.yaml');
  const pod = podOf(manifests);
  const [twinspan, envoy] = pod.initContainers ?? [];

  it('runs twinspan and Envoy as native sidecars, twinspan first, so that it stops last', () => {
    assert.deepEqual(
      pod.initContainers?.map(({ name, restartPolicy }) => [name, restartPolicy]),
      [
        ['twinspan', 'Always'],
        ['envoy', 'Always'],
      ],
    );
  });

  it('has no probe on twinspan that could take the live service out of traffic', () => {
    for (const probe of ['readinessProbe', 'startupProbe', 'livenessProbe']) {
      assert.equal(twinspan?.[probe], undefined, probe);
    }
  });

  it('has one user for twinspan and Envoy, who share the socket, and locks both down', () => {
    assert.deepEqual(twinspan?.securityContext, locked);
    assert.deepEqual(envoy?.securityContext, locked);
    const path = (container: Container | undefined) =>
      container?.volumeMounts?.find(({ name }) => name === 'twinspan-socket')?.mountPath;
    assert.equal(path(twinspan), '/run/twinspan');
    assert.equal(path(envoy), '/run/twinspan');
    const socket = pod.volumes.find(({ name }) => name === 'twinspan-socket');
    assert.deepEqual(socket?.emptyDir, { medium: 'Memory', sizeLimit: '1Mi' });
  });

  it('lets Prometheus reach the ops port and nobody the admin port', () => {
    const text = configMap(manifests, 'model-twinspan')['twinspan.yaml'] ?? '';
    assert.match(text, /^ops: \{ listen: 0\.0\.0\.0:9464 \}$/m);
    assert.match(text, /^admin: \{ listen: 127\.0\.0\.1:/m);
    assert.deepEqual(twinspan?.ports, [{ name: 'metrics', containerPort: 9464 }]);
  });

  it('starts twinspan again inside the container, which would otherwise make the pod unready', async () => {
    const sidecar = await startLoop(twinspan!, 'exit 1');
    try {
      for (let start = 0; start < 3; start += 1) {
        assert.equal(
          await sidecar.nextLine(),
          // Without it SIGUSR1 would open a debugger.
          '--disable-sigusr1 bin/twinspan.js serve --config /etc/twinspan/twinspan.yaml',
        );
      }
    } finally {
      await sidecar.end('SIGKILL');
    }
  });

  it('ends twinspan in order when the pod ends, and the container after it', async () => {
    const sidecar = await startLoop(
      twinspan!,
      `trap 'echo stopping; exit 0' TERM; echo up; while :; do :; done`,
    );
    await sidecar.nextLine();
    assert.equal(await sidecar.nextLine(), 'up');
    const end = sidecar.end('SIGTERM');
    assert.equal(await sidecar.nextLine(), 'stopping');
    assert.deepEqual(await end, [0, null]);
  });
});

for (const file of ['envoy/kubernetes.yaml', 'envoy/envoy-gateway.yaml']) {
  describe(`the pods of ${file}`, () => {
    const manifests = read(file);
    const pod = podOf(manifests);
    const containers = [...(pod.initContainers ?? []), ...pod.containers];

    it('have no token for Kubernetes and the default seccomp profile', () => {
      assert.equal(pod.automountServiceAccountToken, false);
      assert.deepEqual(pod.securityContext, { seccompProfile: { type: 'RuntimeDefault' } });
    });

    it('run the image of this version, with bounded memory', () => {
      const twinspan = containers.find(({ name }) => name === 'twinspan');
      assert.equal(twinspan?.image, `twinspan:${version}`);
      assert.deepEqual(twinspan?.securityContext, locked);
      for (const { resources } of containers) assert.ok(resources.limits.memory);
    });

    it('mount only what the file has', () => {
      const volumes = new Map(pod.volumes.map((volume) => [volume.name, volume]));
      for (const { name } of containers.flatMap(({ volumeMounts }) => volumeMounts ?? [])) {
        const volume = volumes.get(name);
        assert.ok(volume, name);
        if (volume.configMap !== undefined) configMap(manifests, volume.configMap.name);
        else assert.ok(volume.emptyDir);
      }
    });

    it('do not limit ephemeral storage, where logs would get the pod evicted', () => {
      assert.doesNotMatch(JSON.stringify(containers), /ephemeral-storage/);
    });
  });
}

function read(path: string): Manifest[] {
  const text = readFileSync(join(repository, path), 'utf8');
  return parseAllDocuments(text).map((document) => {
    assert.deepEqual(document.errors, []);
    return document.toJS() as Manifest;
  });
}

function podOf(manifests: readonly Manifest[]): PodSpec {
  return manifests.find(({ kind }) => kind === 'Deployment')!.spec.template.spec;
}

function configMap(manifests: readonly Manifest[], name: string): Readonly<Record<string, string>> {
  const found = manifests.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name,
  );
  assert.ok(found?.data, `ConfigMap ${name}`);
  return found.data;
}

interface Loop {
  nextLine(): Promise<string>;
  end(signal: NodeJS.Signals): Promise<unknown[]>;
}

/** The container's command with a `node` that prints its arguments and then runs `script`, and a `sleep` of no time. */
async function startLoop({ args }: Container, script: string): Promise<Loop> {
  const folder = await mkdtemp(join(tmpdir(), 'twinspan-loop-'));
  const program = (name: string, text: string) =>
    writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  await program('node', `echo "$@"\n${script}`);
  await program('sleep', ':');
  const shell = spawn('/bin/sh', ['-c', args?.[0] ?? ''], {
    env: { PATH: `${folder}:${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(shell, 'exit');
  const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
  return {
    async nextLine() {
      const { value } = await lines.next();
      return String(value);
    },
    async end(signal) {
      shell.kill(signal);
      const how = await ended;
      await rm(folder, { recursive: true, force: true });
      return how;
    },
  };
}
