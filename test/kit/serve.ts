/**
 * twinspan as it runs in production: `node src/main.ts serve`, a process of its own with a file of its own. Its log is
 * read line by line, signals reach it, and its books are read from its admin port. Killed with the test.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { Status } from '../../src/status.ts';
import type { Lifetime } from './http-service.ts';
import { until } from './until.ts';

export interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface ServedTwinspan {
  /** As bound. */
  readonly extProc: string;
  readonly admin: string;
  /** Everything that it wrote to standard output so far. */
  readonly lines: readonly LogLine[];
  /** The first line of an event from line `after` on, once it is there. */
  logged(event: string, after?: number): Promise<LogLine>;
  signal(signal: NodeJS.Signals): void;
  /** Its exit code once it has ended and all its output was read; `null` after a signal that ended it. */
  readonly ended: Promise<number | null>;
  status(): Promise<Status>;
  /** Its books once it has seen so many exchanges and none is open. */
  settled(seen: number): Promise<Status>;
  /** The value of a gauge without labels, `undefined` when `/metrics` does not have it. */
  gauge(name: string): Promise<number | undefined>;
}

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface ServeOptions {
  /** What Node loads before it (`--import`). */
  readonly modules?: readonly string[];
  /** Beside this process's own variables. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Called with its first line of output, which comes before it listens. */
  readonly onFirstLine?: (signal: ServedTwinspan['signal']) => void;
}

/**
 * Starts it; resolves when it is ready, rejects when it ends before.
 * @param config path of its file
 */
export async function serve(
  lifetime: Lifetime,
  config: string,
  { modules = [], env = {}, onFirstLine }: ServeOptions = {},
): Promise<ServedTwinspan> {
  const child = spawn(
    process.execPath,
    [...modules.flatMap((module) => ['--import', module]), main, 'serve', '--config', config],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } },
  );
  const closed = once(child, 'close').then(([code]) => code as number | null);
  lifetime.after(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const signal = (name: NodeJS.Signals): void => void child.kill(name);
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (lines.length === 0) onFirstLine?.(signal);
    lines.push(JSON.parse(line) as LogLine);
    for (const look of waiting) look();
  });
  const logged = (event: string, after = 0): Promise<LogLine> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.slice(after).find((line) => line.event === event);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void closed.then((code) => reject(new Error(`ended with ${code} before "${event}"`)));
    });
  const ready = await logged('ready');
  const admin = String(ready['admin']);
  const status = async (): Promise<Status> =>
    (await (await fetch(`http://${admin}/status`)).json()) as Status;
  return {
    extProc: String(ready['extProc']),
    admin,
    lines,
    logged,
    signal,
    ended: closed,
    status,
    settled: (seen) =>
      until(`${seen} exchanges to be seen and to end`, async () => {
        const books = await status();
        const { exchanges } = books;
        return exchanges.seen >= seen && exchanges.in_flight === 0 ? books : undefined;
      }),
    async gauge(name) {
      const text = await (await fetch(`http://${admin}/metrics`)).text();
      const line = text.split('\n').find((other) => other.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.slice(name.length + 1));
    },
  };
}

/** A configuration file for `serve`, as JSON: every exchange is followed, on free ports, whatever the machine is doing. */
export function servedFile(shadowUrl: string, sections: object = {}): string {
  return JSON.stringify({
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    ops: { listen: '127.0.0.1:0' },
    // A busy test machine is late all the time; that alone must not shed anything, nor open the breaker.
    shadow: { url: shadowUrl, timeout: '60s' },
    capture: { maxLoopDelay: '60s' },
    routes: [{ name: 'all', match: { path: '/**' } }],
    ...sections,
  });
}

/** A folder that goes with the test. */
export async function temporaryFolder(lifetime: Lifetime): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'twinspan-test-'));
  lifetime.after(() => rm(path, { recursive: true }));
  return path;
}
