/**
 * The suite's end of a service process: starts it, changes its manners, and asks which requests came. A process that
 * loses the suite ends by itself.
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
  | 'answers 507';

/** From the suite to the process. */
export type Order =
  | { readonly kind: 'change'; readonly mode: ShadowMode | CollectorMode }
  | { readonly kind: 'take' };

/** From the process to the suite. */
export type Report =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'changed' }
  | { readonly kind: 'taken'; readonly ids: readonly string[] };

export interface Service<Mode> {
  readonly port: number;
  /** Resolves once the port behaves so. Connections that were open are cut. */
  change(mode: Mode): Promise<void>;
  /** The `x-request-id` of each request that came since the last call. */
  takeIds(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Starts the process; it is well. Rejects when it ends before it listens. */
export async function startService<Mode extends ShadowMode | CollectorMode>(
  role: Role,
): Promise<Service<Mode>> {
  const child = fork(join(import.meta.dirname, 'service.ts'), [role]);
  const listening = await ask(child, 'listening');
  return {
    port: listening.port,
    async change(mode) {
      child.send({ kind: 'change', mode } satisfies Order);
      await ask(child, 'changed');
    },
    async takeIds() {
      child.send({ kind: 'take' } satisfies Order);
      return (await ask(child, 'taken')).ids;
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
