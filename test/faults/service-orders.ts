/**
 * The suite's end of a service process: starts it, changes its manners, and asks what it has seen. A process that loses
 * the suite ends by itself.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { ShadowMode } from './shadow-modes.ts';

export type Role = 'live' | 'shadow' | 'collector';

export type CollectorMode =
  | 'well'
  | 'refuses'
  | 'hangs'
  | 'is slow'
  | 'answers 413'
  | 'answers 429'
  | 'answers 503'
  | 'answers 507'
  | 'has a full disk';

/** From the suite to the process. */
export type Order =
  | { readonly kind: 'change'; readonly mode: ShadowMode | CollectorMode }
  | { readonly kind: 'take' };

/** From the process to the suite. */
export type Report =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'changed' }
  | ({ readonly kind: 'taken' } & Sightings);

/** What a service has seen since it was asked last. */
export interface Sightings {
  /** The `x-request-id` of each request; none of a collector. */
  readonly ids: readonly string[];
  /** What it did, numbers by name. */
  readonly counts: Readonly<{ [name: string]: number }>;
}

export interface Service<Mode> {
  readonly port: number;
  /** Resolves once the port behaves so. Connections that were open are cut. */
  change(mode: Mode): Promise<void>;
  /** What it has seen since the last call. */
  take(): Promise<Sightings>;
  stop(): Promise<void>;
}

/**
 * A file system of 256 KiB that this process alone sees, where the system lets its users have one; else a file may have
 * no more than that. Either way the kernel refuses to write on.
 */
const smallDisk = `
if unshare --user --map-root-user --mount mount -t tmpfs -o size=256k none "$DISK" 2>/dev/null; then
  exec unshare --user --map-root-user --mount \\
    sh -c 'mount -t tmpfs -o size=256k none "$DISK" && exec "$NODE" "$@"' sh "$@"
fi
ulimit -f 512
exec "$NODE" "$@"`;

/** Starts the process; it is well. With a `disk`, a folder, that is small. Rejects when it ends before it listens. */
export async function startService<Mode extends ShadowMode | CollectorMode>(
  role: Role,
  disk?: string,
): Promise<Service<Mode>> {
  const path = join(import.meta.dirname, 'service.ts');
  const child =
    disk === undefined
      ? fork(path, [role])
      : fork(path, [role, disk], {
          execPath: '/bin/sh',
          execArgv: ['-c', smallDisk, 'sh'],
          env: { ...process.env, NODE: process.execPath, DISK: disk },
        });
  const listening = await ask(child, 'listening');
  return {
    port: listening.port,
    async change(mode) {
      child.send({ kind: 'change', mode } satisfies Order);
      await ask(child, 'changed');
    },
    async take() {
      child.send({ kind: 'take' } satisfies Order);
      return ask(child, 'taken');
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

/** The next report of the kind. */
function ask<Kind extends Report['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<Report, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => {
      reject(new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${code}`));
    };
    const onMessage = (report: Report): void => {
      if (report.kind !== kind) return;
      child.off('exit', onExit);
      child.off('message', onMessage);
      resolve(report as Extract<Report, { kind: Kind }>);
    };
    child.on('exit', onExit);
    child.on('message', onMessage);
  });
}
