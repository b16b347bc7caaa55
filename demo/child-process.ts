/**
 * One process that the demo started: its output goes to a log file, it is ready when it says so, its end is known, and
 * stopping it is bounded (SIGTERM, then SIGKILL). It runs in a process group of its own, so that Ctrl-C at the
 * terminal reaches the demo alone, which then stops its processes in order.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** What to start and how to tell that it is ready. */
export type ChildProcessOptions<Ready> = {
  /** For people: "Envoy", "live model". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<NodeJS.ProcessEnv>;
  /** File for standard output and standard error; replaced, or with `appendLog` continued. */
  readonly logPath: string;
  readonly appendLog?: boolean;
  /** Looks at each line of output; the first that is not `undefined` means ready. */
  readonly ready: (line: string) => Ready | undefined;
  readonly readyTimeoutMs?: number;
  /** How long `stop` waits after SIGTERM before SIGKILL. */
  readonly stopTimeoutMs?: number;
};

/** How a process ended: `code` or `signal`. */
export type ProcessEnd = {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
};

/** A process that has said it is ready. */
export type RunningProcess<Ready> = {
  readonly name: string;
  readonly logPath: string;
  readonly ready: Ready;
  /** Settles when the process has ended, for whatever reason; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Ends the process and resolves when it has ended and its log is complete. May be called twice. */
  stop(): Promise<ProcessEnd>;
  /** The same with SIGKILL: the process can do nothing any more, not even say so. */
  kill(): Promise<ProcessEnd>;
};

/** A process did not start or ended by itself. The message has the reason and the end of its log. */
export class ProcessFailure extends Error {
  override readonly name = 'ProcessFailure';
}

const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;
const TAIL_LINES = 12;

/** Starts the process; resolves when it is ready. Throws `ProcessFailure`, and then nothing is left running. */
export async function startProcess<Ready>(
  options: ChildProcessOptions<Ready>,
): Promise<RunningProcess<Ready>> {
  const child = spawn(options.command, options.args, {
    env: { ...(options.environment ?? process.env) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const killWithParent = () => child.kill('SIGKILL');
  process.once('exit', killWithParent);
  const log = createWriteStream(options.logPath, { flags: options.appendLog === true ? 'a' : 'w' });
  const ended = endOf(child, log).finally(() => process.removeListener('exit', killWithParent));
  const stop = () => stopProcess(child, ended, options.stopTimeoutMs ?? STOP_TIMEOUT_MS);
  const kill = () => {
    child.kill('SIGKILL');
    return ended;
  };
  try {
    const ready = await becomeReady(child, ended, options);
    return { name: options.name, logPath: options.logPath, ready, ended, stop, kill };
  } catch (error) {
    await stop();
    throw new ProcessFailure(
      await withLogTail(`${options.name} ${(error as Error).message}`, options.logPath),
    );
  }
}

/** The failure to report for a process that ended although nobody stopped it. */
export async function unexpectedEnd(
  process: RunningProcess<unknown>,
  end: ProcessEnd,
): Promise<ProcessFailure> {
  const message = `${process.name} ended unexpectedly (${describeEnd(end)})`;
  return new ProcessFailure(await withLogTail(message, process.logPath));
}

/** "exit code 1" or "SIGSEGV". */
export function describeEnd(end: ProcessEnd): string {
  return end.signal ?? `exit code ${end.code ?? 'unknown'}`;
}

function becomeReady<Ready>(
  child: ChildProcess,
  ended: Promise<ProcessEnd>,
  options: ChildProcessOptions<Ready>,
): Promise<Ready> {
  const timeoutMs = options.readyTimeoutMs ?? READY_TIMEOUT_MS;
  const readiness = new Promise<Ready>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`was not ready within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    void ended.finally(() => clearTimeout(timer));
    child.once('error', (error) => reject(new Error(`could not be started: ${error.message}`)));
    for (const output of [child.stdout, child.stderr] as Readable[]) {
      createInterface({ input: output }).on('line', (line) => {
        const ready = options.ready(line);
        if (ready === undefined) return;
        clearTimeout(timer);
        resolve(ready);
      });
    }
  });
  const earlyEnd = ended.then((end) => {
    throw new Error(`ended before it was ready (${describeEnd(end)})`);
  });
  return Promise.race([readiness, earlyEnd]);
}

/** Resolves when the process is gone and all that it wrote is in the log. */
async function endOf(child: ChildProcess, log: WriteStream): Promise<ProcessEnd> {
  // A full disk must not take the demo down; the log is then just shorter.
  log.on('error', () => {});
  for (const output of [child.stdout, child.stderr] as Readable[]) output.pipe(log, { end: false });
  const end = await new Promise<ProcessEnd>((resolve) => {
    child.once('error', () => {
      if (child.pid === undefined) resolve({ code: undefined, signal: undefined });
    });
    child.once('close', (code, signal) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined }),
    );
  });
  await new Promise<void>((resolve) => {
    log.once('error', () => resolve()).end(resolve);
  });
  return end;
}

async function stopProcess(
  child: ChildProcess,
  ended: Promise<ProcessEnd>,
  timeoutMs: number,
): Promise<ProcessEnd> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
  }
}

async function withLogTail(message: string, logPath: string): Promise<string> {
  const log = await readFile(logPath, 'utf8').catch(() => '');
  const lines = log.trimEnd().split('\n').slice(-TAIL_LINES);
  return [`${message}; its log is ${logPath}:`, ...lines.map((line) => `  | ${line}`)].join('\n');
}
