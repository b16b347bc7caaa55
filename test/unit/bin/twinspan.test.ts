import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';

import { isAtLeast } from '../../../bin/node-version.js';
import { version } from '../../../src/base/version.ts';

const repository = resolve(import.meta.dirname, '..', '..', '..');
const launcher = join(repository, 'bin', 'twinspan.js');

/**
 * A package with this launcher and a program that tells what reaches it. It asks for a Node that does not exist, so
 * that the one that runs this test is too old for it; `.bin/node` claims to be that Node when `installed` is true.
 */
function packageFolder(t: TestContext, program: string, installed: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), 'twinspan-bin-'));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(join(repository, 'bin'), join(folder, 'bin'), { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ type: 'module', engines: { node: '>=999.1.2' } }),
  );
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src', 'main.js'), program);
  if (installed) {
    const places = join(folder, 'node_modules', '.bin');
    mkdirSync(places, { recursive: true });
    const script = `#!/bin/sh\nif [ "$1" = --version ]; then echo v999.1.2; else exec "${process.execPath}" "$@"; fi\n`;
    writeFileSync(join(places, 'node'), script);
    chmodSync(join(places, 'node'), 0o755);
  }
  return folder;
}

function launch(folder: string, ...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [join(folder, 'bin', 'twinspan.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function outputOf(stream: Readable): Promise<string> {
  let output = '';
  for await (const chunk of stream) output += String(chunk);
  return output;
}

test('on a Node that is new enough the program runs in this process', () => {
  const { stdout, status } = spawnSync(process.execPath, [launcher, '--version'], {
    encoding: 'utf8',
  });
  assert.equal(stdout, `${version}\n`);
  assert.equal(status, 0);
});

test('on a Node that is too old another one gets the arguments, and its exit code is ours', (t) => {
  const folder = packageFolder(
    t,
    'console.log(JSON.stringify(process.argv.slice(2))); process.exit(7);',
    true,
  );
  const args = ['serve', '--config', 'a b.yaml', ''];
  const { stdout, status } = spawnSync(
    process.execPath,
    [join(folder, 'bin', 'twinspan.js'), ...args],
    { encoding: 'utf8' },
  );
  assert.deepEqual(JSON.parse(stdout), args);
  assert.equal(status, 7);
});

test('SIGUSR1 opens no debugger, neither of the program that was started nor of this one', async (t) => {
  const program = `
    setTimeout(() => process.exit(9), 60_000);
    process.on('SIGTERM', () => process.exit(0));
    console.log(JSON.stringify(process.execArgv));
  `;
  const child = launch(packageFolder(t, program, true));
  const exit = once(child, 'exit');
  const errors = outputOf(child.stderr);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  assert.deepEqual(JSON.parse(line.toString()), ['--disable-sigusr1']);
  child.kill('SIGUSR1');
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null]);
  assert.equal(await errors, '');
});

test('signals reach the program, which decides what they mean', async (t) => {
  const program = `
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']) {
      process.on(signal, () => {
        console.log(signal);
        if (signal === 'SIGTERM') process.exit(0);
      });
    }
    setTimeout(() => process.exit(9), 60_000);
    console.log('ready');
  `;
  const child = launch(packageFolder(t, program, true));
  const exit = once(child, 'exit');
  const lines: string[] = [];
  const next = {
    SIGUSR2: 'SIGHUP',
    SIGHUP: 'SIGINT',
    SIGINT: 'SIGTERM',
    ready: 'SIGUSR2',
  } as const;
  for await (const chunk of child.stdout) {
    for (const line of String(chunk).trim().split('\n')) {
      lines.push(line);
      if (line in next) child.kill(next[line as keyof typeof next]);
    }
  }
  assert.deepEqual(lines, ['ready', 'SIGUSR2', 'SIGHUP', 'SIGINT', 'SIGTERM']);
  assert.deepEqual(await exit, [0, null]);
});

test('a program that dies of a signal looks like that from outside', async (t) => {
  const program = `process.kill(process.pid, 'SIGKILL'); setTimeout(() => process.exit(9), 60_000);`;
  const child = launch(packageFolder(t, program, true));
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
});

test('where no Node is new enough, one line says so, and the exit code is 2', async (t) => {
  const child = launch(packageFolder(t, 'console.log("ran")', false), 'serve');
  const [stdout, stderr, exit] = await Promise.all([
    outputOf(child.stdout),
    outputOf(child.stderr),
    once(child, 'exit'),
  ]);
  assert.equal(stdout, '');
  assert.equal(
    stderr,
    `twinspan needs Node 999.1.2 or newer: this is ${process.version}, and node_modules has none; install Node 999\n`,
  );
  assert.deepEqual(exit, [2, null]);
});

test('every older Node of this machine starts twinspan on the newer one, or says that there is none', () => {
  const brought = existsSync(join(repository, 'node_modules', '.bin', 'node'));
  for (const node of olderNodes()) {
    const { stdout, status, stderr } = spawnSync(node, [launcher, '--version'], {
      encoding: 'utf8',
    });
    assert.equal(stdout, brought ? `${version}\n` : '', `${node}: ${stderr}`);
    assert.equal(status, brought ? 0 : 2);
  }
});

function olderNodes(): Set<string> {
  const paths = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .filter((path) => existsSync(path))
    .map((path) => realpathSync(path));
  return new Set(
    paths.filter((path) => {
      const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
      return !isAtLeast(stdout.trim(), '24.18.1');
    }),
  );
}
