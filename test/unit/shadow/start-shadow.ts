/** A rude server and a client of it, both gone when the test is over. */
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import type { TlsOptions } from 'node:tls';

import { ByteBudget } from '../../../src/base/byte-budget.ts';
import { createLog } from '../../../src/base/log.ts';
import {
  createShadowClient,
  type ShadowClient,
  type ShadowClientOptions,
} from '../../../src/shadow/client.ts';
import { startRudeServer, type RudeServer, type Script } from '../../kit/rude-server.ts';
import { createManualClock, type ManualClock } from '../../kit/manual-clock.ts';

export interface Shadow {
  readonly server: RudeServer;
  readonly client: ShadowClient;
  readonly budget: ByteBudget;
  /** The client's clock: nothing times out by itself. */
  readonly clock: ManualClock;
  /** Lines of the client's log so far. */
  readonly logged: () => string[];
}

export async function startShadow(
  t: TestContext,
  script: Script,
  over: Partial<ShadowClientOptions> & { serverTls?: TlsOptions } = {},
): Promise<Shadow> {
  const { serverTls, ...options } = over;
  const server = await startRudeServer(script, serverTls);
  t.after(() => server.close());
  const clock = createManualClock();
  const budget = new ByteBudget(1_000_000);
  const destination = new PassThrough();
  const client = createShadowClient({
    url: server.url,
    egress: false,
    host: 'shadow',
    timeoutMs: 2000,
    connections: 1,
    maxResponseBytes: 100_000,
    maxBodyBytes: 1000,
    budget,
    clock,
    log: createLog({ destination }),
    ...options,
  });
  t.after(() => client.close());
  let text = '';
  destination.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return {
    server,
    client,
    budget,
    clock,
    logged: () => text.split('\n').filter((line) => line !== ''),
  };
}

/** A signal that is never aborted. */
export function noSignal(): AbortSignal {
  return new AbortController().signal;
}
