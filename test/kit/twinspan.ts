/**
 * A whole twinspan in the test's own process, on free ports: real gRPC, real HTTP, real OTLP. Ends with the test.
 */
import { Writable } from 'node:stream';

import { startOtlpSink, type OtlpSink } from '../../demo/otlp-sink.ts';
import { startApp, type App } from '../../src/app.ts';
import { createLog } from '../../src/base/log.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Lifetime } from './http-service.ts';

export interface TestTwinspan {
  readonly app: App;
  readonly collector: OtlpSink;
  /** Everything logged so far, a parsed line each. */
  readonly log: readonly Record<string, unknown>[];
  /** Resolves once everything that was seen has an outcome and, when given, as many were seen. */
  settled(seen?: number): Promise<void>;
  /** JSON of a path on the admin port. */
  admin(path: string): Promise<unknown>;
}

/** What a test configures: sections of the file, over defaults that keep everything and disturb nothing. */
export type Sections = Readonly<Record<string, unknown>> & {
  readonly shadow: Readonly<Record<string, unknown>>;
};

/** Checks sections as a file would be, and fails the test with its errors. */
export function configOf(
  sections: Sections,
  collectorUrl?: string,
): { config: Config; hash: string } {
  const file = {
    version: 1,
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    ops: { listen: '127.0.0.1:0' },
    live: { name: 'orders', version: '1' },
    routes: [
      { name: 'all', match: { path: '/**', methods: ['GET', 'HEAD', 'POST'] }, effects: 'none' },
    ],
    ...sections,
    // A busy test machine is late all the time; that alone must not shed anything.
    shadow: { name: 'orders-next', version: '2', timeout: '20s', ...sections.shadow },
    capture: { maxLoopDelay: '60s', ...(sections['capture'] as object) },
    telemetry: {
      keepMatches: 1,
      maxPairsPerSecond: 1000,
      ...(collectorUrl !== undefined && { otlp: collectorUrl }),
      ...(sections['telemetry'] as object),
    },
  };
  const loaded = loadConfig({
    path: 'twinspan.json',
    env: {},
    readFile: () => Buffer.from(JSON.stringify(file)),
  });
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.errors, undefined, 1));
  return loaded;
}

export async function twinspan(lifetime: Lifetime, sections: Sections): Promise<TestTwinspan> {
  const collector = await startOtlpSink();
  const { config, hash } = configOf(sections, collector.url);
  const log: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n')) {
        if (line !== '') log.push(JSON.parse(line) as Record<string, unknown>);
      }
      done();
    },
  });
  const app = await startApp({
    config,
    configHash: hash,
    env: {},
    log: createLog({ destination }),
  }).catch(async (error: unknown) => {
    await collector.stop();
    throw error;
  });
  lifetime.after(async () => {
    await app.stop();
    await collector.stop();
  });
  return {
    app,
    collector,
    log,
    async settled(seen = 0) {
      const until = performance.now() + 20_000;
      for (;;) {
        const { exchanges } = app.status();
        if (exchanges.in_flight === 0 && exchanges.seen >= seen) return;
        if (performance.now() > until) {
          throw new Error(`not settled: ${JSON.stringify(app.status(), undefined, 1)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async admin(path) {
      const response = await fetch(`http://${app.addresses.admin}${path}`);
      return response.json();
    },
  };
}
