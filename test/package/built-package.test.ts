/**
 * The package that `npm run build` makes, as its user would have it: plain JavaScript, started by its command.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

import { replayExchange } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';

const repository = join(import.meta.dirname, '..', '..');
const parent = mkdtempSync(join(tmpdir(), 'twinspan-package-'));
const folder = join(parent, 'twinspan');
const command = join(folder, 'bin', 'twinspan.js');

type Manifest = Readonly<Record<string, unknown>>;

function manifestOf(root: string): Manifest {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
}

before(() => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(repository, 'build.ts'), folder],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stdout + stderr);
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
});

after(() => rmSync(parent, { recursive: true }));

test('the package holds JavaScript with its types, and no TypeScript', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !path.startsWith('node_modules'),
  );
  for (const path of [
    'package.json',
    'README.md',
    'LICENSE',
    'bin/twinspan.js',
    'bin/node-version.js',
    'src/main.js',
    'src/app.d.ts',
    'envoy/static.yaml',
    'proto/NOTICE',
    'proto/envoy/service/ext_proc/v3/external_processor.proto',
  ]) {
    assert.ok(files.includes(path), path);
  }
  assert.deepEqual(
    files.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts')),
    [],
  );
  assert.ok(!existsSync(join(folder, 'demo')));
});

test('the package brings no Node, and nothing that only its developers need', () => {
  const own = manifestOf(repository);
  const { name, version, dependencies, engines, bin, type, ...rest } = manifestOf(folder);
  assert.deepEqual(
    { name, version, dependencies, engines, bin, type },
    {
      name: own['name'],
      version: own['version'],
      dependencies: own['dependencies'],
      engines: own['engines'],
      bin: own['bin'],
      type: 'module',
    },
  );
  for (const key of ['optionalDependencies', 'devDependencies', 'scripts', 'private']) {
    assert.ok(!(key in rest), key);
  }
});

test('the command says the version of the package', () => {
  const { stdout, status } = spawnSync(process.execPath, [command, '--version'], {
    encoding: 'utf8',
  });
  assert.equal(stdout, `${String(manifestOf(folder)['version'])}\n`);
  assert.equal(status, 0);
});

test('serve is ready on the ports it was given, and ends with 0 when it is told to', async (t) => {
  const config = join(parent, 'twinspan.yaml');
  writeFileSync(
    config,
    [
      'version: 1',
      'listen: 127.0.0.1:0',
      'admin: { listen: "127.0.0.1:0" }',
      'ops: { listen: "127.0.0.1:0" }',
      'shadow: { url: "http://127.0.0.1:9" }',
      'routes: [{ name: all, match: { path: "/**" } }]',
      '',
    ].join('\n'),
  );
  const child = spawn(process.execPath, [command, 'serve', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const events: string[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Record<string, unknown>;
    events.push(String(line['event']));
    if (line['event'] !== 'ready') continue;
    assert.match(String(line['extProc']), /^127\.0\.0\.1:\d+$/);
    const response = await fetch(`http://${String(line['ops'])}/readyz`);
    assert.equal(response.status, 200);
    child.kill('SIGTERM');
  }
  assert.deepEqual(await exit, [0, null]);
  assert.equal(events.at(-1), 'stopped');
});

test('large answers are compared by a thread that the package brings', async (t) => {
  const items = Array.from({ length: 10_000 }, (_, index) => `item ${index} ${'x'.repeat(20)}`);
  const shadow = await httpService(t, json({ value: 2, items }));
  const config = join(parent, 'large.yaml');
  writeFileSync(
    config,
    [
      'version: 1',
      'listen: 127.0.0.1:0',
      'admin: { listen: "127.0.0.1:0" }',
      'ops: { listen: "127.0.0.1:0" }',
      `shadow: { url: "${shadow.url}", timeout: 20s }`,
      'capture: { maxLoopDelay: 60s }',
      'routes: [{ name: all, match: { path: "/**" } }]',
      '',
    ].join('\n'),
  );
  const child = spawn(process.execPath, [command, 'serve', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const events: string[] = [];
  let outcomes: unknown;
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as {
      event: string;
      extProc: string;
      exchanges?: { outcomes: unknown };
    };
    events.push(line.event);
    if (line.event === 'stopped') outcomes = line.exchanges?.outcomes;
    if (line.event !== 'ready') continue;
    const body = JSON.stringify({ value: 1, items });
    const headers = [['content-type', 'application/json']] as const;
    await replayExchange(line.extProc, { response: { headers, body } });
    child.kill('SIGTERM');
  }
  assert.deepEqual(await exit, [0, null]);
  assert.ok(events.includes('comparison_worker'), events.join());
  assert.deepEqual(outcomes, { mismatch: 1 });
});

test('a build never clears a folder that is not its own', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(repository, 'build.ts'), parent], {
    encoding: 'utf8',
  });
  assert.equal(status, 2);
  assert.match(stderr, /is not empty/);
  assert.ok(existsSync(command));
});
