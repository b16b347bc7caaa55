/**
 * Everything that the fault suite runs, started in order and ended in reverse: live service, shadow and collector,
 * twinspan, Envoy, each a process of its own. Envoy has the filter of the demo's bootstrap and passes the live service's
 * `server` header, so that an answer can be held against that of the live service alone.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { envoyConfig } from '../../demo/envoy-config.ts';
import { startEnvoy, type Envoy } from '../../demo/envoy.ts';
import { getJson } from '../../demo/http-json.ts';
import type { Question } from './answers.ts';
import { answersOf } from './load.ts';
import { startService, type CollectorMode, type Service } from './service-orders.ts';
import type { ShadowMode } from './shadow-modes.ts';
import { TwinspanProcess, type Sections } from './twinspan-process.ts';

export interface Suite {
  readonly shadow: Service<ShadowMode>;
  readonly collector: Service<CollectorMode>;
  readonly twinspan: TwinspanProcess;
  /** What the live service alone answers. */
  readonly expected: ReadonlyMap<Question, string>;
  readonly envoyVersion: string;
  /** Where customers connect at the moment. */
  customers(): string;
  /**
   * Starts an Envoy, moves the customers to it once `started` has resolved, and ends the one before a second after
   * that and once `moved` has resolved.
   */
  replaceEnvoy(meanwhile?: {
    readonly started: () => Promise<void>;
    readonly moved: () => Promise<void>;
  }): Promise<void>;
  /** Bytes that Envoy's allocator has handed out, in MiB. */
  envoyHeapMiB(): Promise<number>;
  /** Requests that the Envoy of the customers has had from them. */
  requestsAtEnvoy(): Promise<number>;
  /** How often Envoy itself has cut a connection to twinspan because too many frames waited to be sent on it. */
  envoyCuts(): Promise<number>;
  stop(): Promise<void>;
}

/** Time for the answers that are under way at the Envoy which is replaced. */
const movingMs = 1000;

/** Starts all; nothing stays when a part does not start. `directory` exists. */
export async function startSuite(envoyBinary: string, directory: string): Promise<Suite> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) await next();
  };
  const service = async <Mode extends ShadowMode | CollectorMode>(
    ...which: Parameters<typeof startService>
  ): Promise<Service<Mode>> => {
    const started = await startService<Mode>(...which);
    stops.push(() => started.stop());
    return started;
  };
  try {
    const live = await service<ShadowMode>('live');
    const shadow = await service<ShadowMode>('shadow');
    const disk = join(directory, 'collector-disk');
    await mkdir(disk);
    const collector = await service<CollectorMode>('collector', disk);
    const twinspan = await TwinspanProcess.start(directory, sections(shadow.port, collector.port));
    stops.push(() => twinspan.stop());

    let envoys = 0;
    const start = async (): Promise<Envoy> => {
      envoys += 1;
      const folder = join(directory, `envoy-${envoys}`);
      await mkdir(folder, { recursive: true });
      return startEnvoy({
        binary: envoyBinary,
        directory: folder,
        config: envoyConfig({
          ingress: '127.0.0.1:0',
          egress: '127.0.0.1:0',
          admin: '127.0.0.1:0',
          live: `127.0.0.1:${live.port}`,
          shadow: `127.0.0.1:${shadow.port}`,
          twinspan: twinspan.address,
          overrides: { connectionManager: { server_header_transformation: 'PASS_THROUGH' } },
        }),
      });
    };
    const first = await start();
    stops.push(() => first.stop());
    let envoy = first;
    const { version } = (await getJson(`http://${envoy.admin}/server_info`)) as { version: string };

    const sumOfStats = async (filter: string): Promise<number> => {
      const { stats } = (await getJson(
        `http://${envoy.admin}/stats?format=json&filter=${encodeURIComponent(filter)}`,
      )) as { stats: readonly { readonly value?: number }[] };
      return stats.reduce((sum, { value }) => sum + (value ?? 0), 0);
    };

    return {
      shadow,
      collector,
      twinspan,
      expected: await answersOf(`127.0.0.1:${live.port}`),
      envoyVersion: version.split('/')[1] ?? version,
      customers: () => envoy.listeners['ingress']!,
      async replaceEnvoy(meanwhile) {
        const [old, next] = [envoy, await start()];
        stops.push(() => next.stop());
        await meanwhile?.started();
        envoy = next;
        await new Promise((resolve) => setTimeout(resolve, movingMs));
        await meanwhile?.moved();
        await old.stop();
      },
      async envoyHeapMiB() {
        const { allocated } = (await getJson(`http://${envoy.admin}/memory`)) as {
          allocated: string;
        };
        return Number(allocated) / 1024 / 1024;
      },
      requestsAtEnvoy: () => sumOfStats(String.raw`^http\.ingress\.downstream_rq_total$`),
      envoyCuts: () =>
        sumOfStats(String.raw`^cluster\.twinspan\.http2\.outbound(_control)?_flood$`),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The defaults, but for times that are short enough to see what comes after them, and for spans of every pair. */
function sections(shadowPort: number, collectorPort: number): Sections {
  return {
    admin: { listen: '127.0.0.1:0' },
    ops: { listen: '127.0.0.1:0' },
    live: { name: 'live', version: '1' },
    shadow: {
      name: 'shadow',
      version: '2',
      url: `http://127.0.0.1:${shadowPort}`,
      timeout: '1s',
      breaker: { failures: 5, window: '10s', open: '500ms' },
    },
    capture: { idle: '6s' },
    telemetry: {
      otlp: `http://127.0.0.1:${collectorPort}`,
      keepMatches: 1,
      maxPairsPerSecond: 1000,
    },
  };
}
