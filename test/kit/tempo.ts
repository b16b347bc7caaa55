/**
 * A real Tempo for tests, the binary of `TWINSPAN_BIN_TEMPO`: Tempo is in no package registry, so there is none unless
 * somebody names one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { freePorts } from './free-ports.ts';

export interface Tempo {
  /** Base URL for `telemetry.otlp`. */
  readonly otlp: string;
  /** Trace ids that a TraceQL query finds, as of now. */
  search(traceQl: string): Promise<string[]>;
  /** Names of the spans of a trace. */
  spanNames(traceId: string): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startTempo(binary: string): Promise<Tempo> {
  const [http, grpc, otlp, otlpGrpc] = await freePorts(4);
  const directory = await mkdtemp(join(tmpdir(), 'twinspan-tempo-'));
  const config = {
    server: {
      http_listen_address: '127.0.0.1',
      http_listen_port: http,
      grpc_listen_address: '127.0.0.1',
      grpc_listen_port: grpc,
    },
    distributor: {
      receivers: {
        otlp: {
          protocols: {
            http: { endpoint: `127.0.0.1:${otlp}` },
            grpc: { endpoint: `127.0.0.1:${otlpGrpc}` },
          },
        },
      },
    },
    storage: {
      trace: {
        backend: 'local',
        wal: { path: join(directory, 'wal') },
        local: { path: join(directory, 'blocks') },
      },
    },
    // Search hides the newest 30 s unless told otherwise.
    query_frontend: { query_end_cutoff: '0s' },
    live_store: {
      fail_on_high_lag: false,
      wal: { path: join(directory, 'live') },
      shutdown_marker_dir: join(directory, 'shutdown'),
    },
    usage_report: { reporting_enabled: false },
  };
  const path = join(directory, 'tempo.json');
  await writeFile(path, JSON.stringify(config));
  const child = spawn(binary, ['-target=all', `-config.file=${path}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: directory,
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-6000);
  });
  const base = `http://127.0.0.1:${http}`;
  for (let attempt = 0; ; attempt += 1) {
    if (child.exitCode !== null || attempt === 300) {
      child.kill('SIGKILL');
      throw new Error(`Tempo did not become ready:\n${log}`);
    }
    const ready = await fetch(`${base}/ready`).catch(() => undefined);
    if (ready?.ok) break;
    await setTimeout(200);
  }
  return {
    otlp: `http://127.0.0.1:${otlp}`,
    async search(traceQl) {
      const url = new URL('/api/search', base);
      const now = Math.floor(Date.now() / 1000);
      url.searchParams.set('q', traceQl);
      url.searchParams.set('start', String(now - 600));
      url.searchParams.set('end', String(now + 60));
      url.searchParams.set('limit', '100');
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${traceQl}: ${await response.text()}`);
      const answer = (await response.json()) as { traces?: { traceID: string }[] };
      return (answer.traces ?? []).map(({ traceID }) => traceID);
    },
    async spanNames(traceId) {
      const response = await fetch(`${base}/api/v2/traces/${traceId}`);
      const answer = (await response.json()) as {
        trace: { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] };
      };
      return answer.trace.resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
      );
    },
    async stop() {
      if (child.exitCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(directory, { recursive: true });
    },
  };
}
