/** The switches of a running process, as a person or a supervisor throws them: signals and the file. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';

import type { Status } from '../../src/status.ts';
import { ExtProcClient } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';

interface Line {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** `serve` in a process of its own, its log, and a way to wait for a line of it. */
async function serve(t: TestContext, config: string) {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../src/main.ts'), 'serve', '--config', config],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => void child.kill('SIGKILL'));
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line) as Line);
    for (const look of waiting) look();
  });
  const logged = (event: string, after = 0): Promise<Line> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = lines.slice(after).find((line) => line.event === event);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const ready = await logged('ready');
  const client = await ExtProcClient.connect(String(ready['extProc']));
  t.after(() => client.close());
  return {
    child,
    logged,
    get lineCount() {
      return lines.length;
    },
    exchange: () =>
      client.replay({
        request: { path: '/a' },
        response: { headers: [['content-type', 'application/json']], body: '{"a":1}' },
      }),
    async status(): Promise<Status> {
      return (await (await fetch(`http://${String(ready['admin'])}/status`)).json()) as Status;
    },
  };
}

function fileOf(shadow: string, more: object = {}): string {
  return JSON.stringify({
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    ops: { listen: '127.0.0.1:0' },
    shadow: { url: shadow },
    capture: { maxLoopDelay: '60s' },
    routes: [{ name: 'all', match: { path: '/**' } }],
    ...more,
  });
}

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'twinspan-switches-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

test('SIGUSR2 stops what goes to the shadow, and SIGTERM ends with 0', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const path = join(await folder(t), 'twinspan.json');
  await writeFile(path, fileOf(shadow.url));
  const sidecar = await serve(t, path);
  await sidecar.exchange();
  while ((await sidecar.status()).exchanges.outcomes['match'] !== 1);
  sidecar.child.kill('SIGUSR2');
  await sidecar.logged('paused');
  await sidecar.exchange();
  const { exchanges, paused } = await sidecar.status();
  assert.equal(paused, true);
  assert.deepEqual(exchanges.outcomes, { match: 1, paused: 1 });
  assert.equal(shadow.asked.length, 1);
  sidecar.child.kill('SIGTERM');
  const [code] = (await once(sidecar.child, 'exit')) as [number | null];
  assert.equal(code, 0);
});

test('a signal that comes while twinspan starts is not lost', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const path = join(await folder(t), 'twinspan.json');
  await writeFile(path, fileOf(shadow.url));
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../src/main.ts'), 'serve', '--config', path],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => void child.kill('SIGKILL'));
  const events: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { event } = JSON.parse(line) as Line;
    // Its first line comes before it listens.
    if (events.length === 0) {
      child.kill('SIGUSR2');
      child.kill('SIGTERM');
    }
    events.push(event);
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0);
  assert.ok(events.includes('ready') && events.includes('paused') && events.includes('stopped'));
});

test('a file that changes is taken over without a signal, and a broken one is refused', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const directory = await folder(t);
  const path = join(directory, 'twinspan.json');
  await writeFile(path, fileOf(shadow.url));
  const sidecar = await serve(t, path);
  // Editors write beside and rename over.
  await writeFile(`${path}.new`, fileOf(shadow.url, { paused: true }));
  await rename(`${path}.new`, path);
  assert.deepEqual((await sidecar.logged('reloaded'))['changed'], ['paused']);
  await sidecar.exchange();
  const before = await sidecar.status();
  assert.deepEqual(before.exchanges.outcomes, { paused: 1 });
  const seen = sidecar.lineCount;
  await writeFile(path, '{"routes": 5}');
  await sidecar.logged('reload_refused', seen);
  const after = await sidecar.status();
  assert.equal(after.configHash, before.configHash);
  assert.equal(after.paused, true);
});

test('the swap of a ConfigMap counts as a change, and SIGHUP asks for one', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const directory = await folder(t);
  // As kubelet lays a volume: the file is a link into ..data, which is a link to a folder with a date.
  for (const [name, more] of [
    ['..1', {}],
    ['..2', { paused: true }],
  ] as const) {
    await mkdir(join(directory, name));
    await writeFile(join(directory, name, 'twinspan.json'), fileOf(shadow.url, more));
  }
  await symlink('..1', join(directory, '..data'));
  await symlink(join('..data', 'twinspan.json'), join(directory, 'twinspan.json'));
  const sidecar = await serve(t, join(directory, 'twinspan.json'));
  await symlink('..2', join(directory, '..data_tmp'));
  await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  assert.deepEqual((await sidecar.logged('reloaded'))['changed'], ['paused']);
  const seen = sidecar.lineCount;
  await rm(join(directory, '..2', 'twinspan.json'));
  sidecar.child.kill('SIGHUP');
  await sidecar.logged('reload_refused', seen);
});
