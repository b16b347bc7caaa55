/**
 * What customers notice of twinspan: the same Envoy and the same live service, through a listener with the filter and one
 * without, in blocks that alternate, open loop (latency counts from the intended send time, so that a stall is not
 * forgotten). Also what twinspan itself uses. Bounded: `--rate` requests a second, `--blocks` pairs of blocks of
 * `--seconds` each.
 *
 *     node bench/customer-impact.ts --rate 300 --blocks 6 --seconds 5
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { startEnvoy } from '../demo/envoy.ts';
import { envoyConfig } from '../demo/envoy-config.ts';
import { findEnvoy } from '../demo/envoy-finder.ts';
import { startOtlpSink } from '../demo/otlp-sink.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '300' },
    blocks: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '5' },
  },
});
const rate = Number(values.rate);
const blocks = Number(values.blocks);
const seconds = Number(values.seconds);

const body = JSON.stringify({ instances: [[5.1, 3.5, 1.4, 0.2]], padding: 'x'.repeat(970) });
const directory = await mkdtemp(join(tmpdir(), 'twinspan-bench-'));

const services = fork(join(import.meta.dirname, 'services.ts'), { silent: true });
const { live, shadow } = (await firstLine(services.stdout!)) as { live: number; shadow: number };
const sink = await startOtlpSink({ maxSpans: 0 });
const configPath = join(directory, 'twinspan.json');
await writeFile(
  configPath,
  JSON.stringify({
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    ops: { listen: '127.0.0.1:0' },
    shadow: { url: `http://127.0.0.1:${shadow}` },
    routes: [{ name: 'predict', match: { path: '/**', methods: ['POST'] }, effects: 'none' }],
    telemetry: { otlp: sink.url },
  }),
);
const sidecar = spawn(
  process.execPath,
  [join(import.meta.dirname, '../src/main.ts'), 'serve', '--config', configPath],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const ready = (await firstLine(sidecar.stdout, 'ready')) as { extProc: string; admin: string };
const config = envoyConfig({
  ingress: '127.0.0.1:0',
  egress: '127.0.0.1:0',
  admin: '127.0.0.1:0',
  live: `127.0.0.1:${live}`,
  shadow: `127.0.0.1:${shadow}`,
  twinspan: ready.extProc,
});
const envoy = await startEnvoy({
  binary: await findEnvoy({ log: () => {} }),
  directory,
  config: withPlainListener(config),
  concurrency: 1,
});
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

const plain: number[] = [];
const filtered: number[] = [];
let errors = 0;
let cpuSeconds = 0;
await run('plain', 2, []);
await run('ingress', 2, []);
const seenBefore = await seen();
for (let block = 0; block < blocks; block += 1) {
  await run('plain', seconds, plain);
  const before = cpuOf(sidecar.pid!);
  await run('ingress', seconds, filtered);
  await setTimeout(300);
  cpuSeconds += cpuOf(sidecar.pid!) - before;
}
const followed = (await seen()) - seenBefore;
const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${sidecar.pid}/status`, 'utf8'))?.[1]);
const outcomes = (await status()).exchanges.outcomes;

const row = (name: string, latencies: number[]): string =>
  `| ${name} | ${latencies.length} | ${at(latencies, 0.5)} | ${at(latencies, 0.9)} | ${at(latencies, 0.99)} | ${at(latencies, 0.999)} |`;
process.stdout.write(
  [
    `${rate} requests/s, 1 KB each way, ${blocks} x ${seconds} s each, ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.version}`,
    '',
    '| listener | requests | p50 ms | p90 ms | p99 ms | p99.9 ms |',
    '| --- | --- | --- | --- | --- | --- |',
    row('without the filter', plain),
    row('with twinspan', filtered),
    '',
    `customer errors: ${errors}`,
    `twinspan: ${((cpuSeconds / followed) * 1e6).toFixed(0)} us CPU an exchange, ${((cpuSeconds / (blocks * seconds)) * 100).toFixed(1)} % of a core, RSS ${(rss / 1024).toFixed(0)} MiB`,
    `outcomes: ${JSON.stringify(outcomes)}`,
    '',
  ].join('\n'),
);

agent.destroy();
await envoy.stop();
sidecar.kill('SIGTERM');
await once(sidecar, 'exit');
services.disconnect();
await sink.stop();
await rm(directory, { recursive: true });

/** Sends at a fixed rate for a time, and waits for the last answer. */
async function run(listener: string, forSeconds: number, latencies: number[]): Promise<void> {
  const [host, port] = envoy.listeners[listener]!.split(':');
  const began = performance.now();
  const total = rate * forSeconds;
  const open = new Set<Promise<boolean>>();
  for (let sent = 0; sent < total; sent += 1) {
    const intended = began + (sent * 1000) / rate;
    const wait = intended - performance.now();
    if (wait > 1) await setTimeout(wait);
    open.add(
      post(host!, Number(port))
        .catch(() => false)
        .then((ok) => {
          if (ok) latencies.push(performance.now() - intended);
          else errors += 1;
          return ok;
        }),
    );
  }
  await Promise.all(open);
}

function post(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host,
        port,
        agent,
        method: 'POST',
        path: '/v1/models/iris:predict',
        headers: { 'content-type': 'application/json', 'content-length': body.length },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode === 200));
        response.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function status(): Promise<{ exchanges: { seen: number; outcomes: object } }> {
  return (await (await fetch(`http://${ready.admin}/status`)).json()) as never;
}

async function seen(): Promise<number> {
  return (await status()).exchanges.seen;
}

/** User and system seconds of a process so far (proc(5), fields 14 and 15, in hundredths). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function at(latencies: number[], quantile: number): string {
  const sorted = latencies.toSorted((left, right) => left - right);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? 0).toFixed(
    2,
  );
}

async function firstLine(stream: NodeJS.ReadableStream, event?: string): Promise<unknown> {
  for await (const line of createInterface({ input: stream })) {
    const parsed = JSON.parse(line) as { event?: string };
    if (event === undefined || parsed.event === event) return parsed;
  }
  throw new Error('a process ended before it was ready');
}

/** The same ingress once more under the name `plain`, without ext_proc. */
function withPlainListener(bootstrap: ReturnType<typeof envoyConfig>): typeof bootstrap {
  const copy = structuredClone(bootstrap) as {
    static_resources: {
      listeners: {
        name: string;
        filter_chains: { filters: { typed_config: { http_filters: { name: string }[] } }[] }[];
      }[];
    };
  };
  const { listeners } = copy.static_resources;
  const without = structuredClone(listeners.find(({ name }) => name === 'ingress')!);
  without.name = 'plain';
  const manager = without.filter_chains[0]!.filters[0]!.typed_config;
  manager.http_filters = manager.http_filters.filter(({ name }) => !name.includes('ext_proc'));
  listeners.push(without);
  return copy;
}
