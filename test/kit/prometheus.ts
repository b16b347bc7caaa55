/**
 * A real Prometheus for tests: the binary of Debian's package on PATH. Nothing is skipped: without it the test fails and
 * says what to install. It scrapes as often as it can, since tests wait for what it has seen.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { freePorts } from './free-ports.ts';
import type { Lifetime } from './http-service.ts';

export interface RealPrometheus {
  readonly url: string;
  /** Resolves when an instant query has this value in each of its series. */
  until(query: string, value: number): Promise<void>;
}

const scrapeInterval = '200ms';
const patienceMs = 30_000;

/** @param targets `host:port`, each with a label that tells it from the others */
export async function startPrometheus(
  lifetime: Lifetime,
  targets: readonly string[],
): Promise<RealPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'twinspan-prometheus-'));
  lifetime.after(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, 'prometheus.json');
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: scrapeInterval, scrape_timeout: scrapeInterval },
      scrape_configs: [{ job_name: 'twinspan', static_configs: [{ targets }] }],
    }),
  );
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4000);
  });
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', (error) =>
      reject(new Error(`Prometheus cannot be run (${error.message}): install "prometheus"`)),
    );
    child.once('exit', (code) => reject(new Error(`Prometheus ended with ${code}: ${log}`)));
  });
  failed.catch(() => {});
  lifetime.after(async () => {
    if (child.exitCode !== null || child.pid === undefined) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await Promise.race([untilTrue(() => isReady(url), 'Prometheus to be ready'), failed]);
  return {
    url,
    until: (query, value) =>
      Promise.race([
        untilTrue(async () => {
          const values = await valuesOf(url, query);
          return values.length > 0 && values.every((each) => each === value);
        }, `${query} to be ${value}`),
        failed,
      ]),
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/-/ready`)).ok;
  } catch {
    // It does not listen yet.
    return false;
  }
}

async function valuesOf(url: string, query: string): Promise<number[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
  return data.result.map(({ value: [, text] }) => Number(text));
}

/** Prometheus has no word for "everything was scraped": ask until it is so. */
async function untilTrue(holds: () => Promise<boolean>, what: string): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`waited in vain for ${what}`);
    await setTimeout(50);
  }
}
