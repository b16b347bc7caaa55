/**
 * twinspan as it runs in production, with a log that cannot be relied upon: standard output goes where the test says, so
 * the ports are chosen beforehand and everything is asked over HTTP. Killed with the test.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Status } from '../../src/status.ts';
import { freePorts } from './free-ports.ts';
import type { Lifetime } from './http-service.ts';
import { servedFile, temporaryFolder } from './serve.ts';
import { until } from './until.ts';

export interface Unheard {
  readonly extProc: string;
  readonly child: ChildProcess;
  /** Exit code, `null` after a signal that ended it. */
  readonly ended: Promise<number | null>;
  /** Replaces its file with sections beside those of the start, or with a text. */
  write(content: object | string): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  status(): Promise<Status>;
  resume(): Promise<Response>;
  linesLost(): Promise<number>;
}

export interface UnheardOptions {
  readonly stdout: number | 'pipe';
  readonly shadowUrl: string;
  /** Options of Node before the program. */
  readonly node?: readonly string[];
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Wraps the command, such as `sh -c '…; exec "$@"' sh`. */
  readonly through?: readonly string[];
}

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Resolves when it is ready. */
export async function unheard(lifetime: Lifetime, options: UnheardOptions): Promise<Unheard> {
  const { stdout, shadowUrl, node = [], env = {}, through = [] } = options;
  const [extProc, admin, ops] = (await freePorts(3)).map((port) => `127.0.0.1:${port}`);
  const path = join(await temporaryFolder(lifetime), 'twinspan.json');
  const write = (content: object | string): Promise<void> => {
    const listens = { listen: extProc, admin: { listen: admin }, ops: { listen: ops } };
    return writeFile(
      path,
      typeof content === 'string' ? content : servedFile(shadowUrl, { ...listens, ...content }),
    );
  };
  await write({});
  const [command, ...args] = [...through, process.execPath, ...node, main, 'serve', '-c', path];
  const child = spawn(command, args, {
    stdio: ['ignore', stdout, 'inherit'],
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  lifetime.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let gone = false;
  void ended.then(() => (gone = true));
  await until('twinspan to be ready', async () => {
    if (gone) throw new Error(`twinspan ended with ${await ended} before it was ready`);
    const ready = await fetch(`http://${ops}/readyz`).catch(() => undefined);
    return ready?.ok === true ? true : undefined;
  });
  return {
    extProc: extProc!,
    child,
    ended,
    write,
    signal: (name) => void child.kill(name),
    status: async () => (await (await fetch(`http://${admin}/status`)).json()) as Status,
    resume: () => fetch(`http://${admin}/v1/resume`, { method: 'POST' }),
    async linesLost() {
      const text = await (await fetch(`http://${ops}/metrics`)).text();
      const [, count] = /^twinspan_log_lines_lost_total (\d+)$/m.exec(text) ?? [];
      if (count === undefined) throw new Error('/metrics does not count lost log lines');
      return Number(count);
    },
  };
}
