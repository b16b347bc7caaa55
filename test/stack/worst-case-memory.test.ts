/**
 * Drives every budget of a running twinspan to its limit at once and measures what the process really uses: open
 * exchanges, captured bytes, the queue, a shadow that hangs on every connection, a collector that hangs.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { configOf } from '../kit/twinspan.ts';
import { ExtProcClient, partsOf, type OpenExchange } from '../kit/ext-proc-client.ts';
import { worstCaseMemory } from '../../src/memory.ts';

const mebibyte = 1024 * 1024;

test('with every budget at its limit the process stays below the sum that it logged', async (t) => {
  const hanging = createServer((socket) => socket.on('error', () => {}).resume());
  hanging.listen(0, '127.0.0.1');
  await once(hanging, 'listening');
  t.after(() => hanging.close());
  const { port } = hanging.address() as AddressInfo;
  const sections = {
    shadow: {
      url: `http://127.0.0.1:${port}`,
      timeout: '60s',
      connections: 64,
      concurrency: 256,
      queue: { requests: 1000, bytes: '32MiB' },
      breaker: { failures: 10_000 },
    },
    capture: {
      maxBytesInFlight: '64MiB',
      maxExchanges: 4000,
      idle: '60s',
      maxDuration: '120s',
      maxLoopDelay: '60s',
    },
    telemetry: { otlp: `http://127.0.0.1:${port}`, maxPairsPerSecond: 10_000, keepMatches: 1 },
  };
  const sum = worstCaseMemory(configOf(sections).config);
  const directory = await mkdtemp(join(tmpdir(), 'twinspan-memory-'));
  t.after(() => rm(directory, { recursive: true }));
  const path = join(directory, 'twinspan.json');
  await writeFile(
    path,
    JSON.stringify({
      listen: '127.0.0.1:0',
      admin: { listen: '127.0.0.1:0' },
      ops: { listen: '127.0.0.1:0' },
      routes: [{ name: 'all', match: { path: '/**', methods: ['POST'] }, effects: 'none' }],
      ...sections,
    }),
  );
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../src/main.ts'), 'serve', '--config', path],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  let addresses: { extProc: string; admin: string } | undefined;
  lines.on('line', (line) => {
    const entry = JSON.parse(line) as { event: string; extProc: string; admin: string };
    if (entry.event === 'ready') addresses = entry;
  });
  while (addresses === undefined) await setTimeout(20);
  const { extProc, admin } = addresses;
  const status = async () =>
    (await (await fetch(`http://${admin}/status`)).json()) as {
      limits: Record<string, { used: number; max: number }>;
      balance: Record<string, boolean>;
    };

  const client = await ExtProcClient.connect(extProc);
  t.after(() => client.close());
  const headers = Array.from(
    { length: 25 },
    (_, index) => [`x-header-${index}`, 'v'.repeat(60)] as const,
  );
  const body = 'b'.repeat(30 * 1024);
  // Complete exchanges wait for the shadow with their bodies; when the queue is full they end by name.
  for (let count = 0; count < 2000; count += 1) {
    await client.replay({
      request: { method: 'POST', headers, body },
      response: { headers, body },
    });
  }
  // Exchanges that never end hold a stream and their headers.
  const open: OpenExchange[] = [];
  const parts = partsOf({ request: { method: 'POST', headers, body } });
  for (let count = 0; count < 4000; count += 1) {
    const exchange = client.open();
    exchange.send(...parts.slice(0, 1));
    open.push(exchange);
    if (count % 200 === 0) await setTimeout(5);
  }
  let used = (await status()).limits;
  for (let attempt = 0; attempt < 200 && used['exchanges']!.used < 4000; attempt += 1) {
    await setTimeout(50);
    used = (await status()).limits;
  }
  const rss = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
  const peakBytes = rss * 1024;
  t.diagnostic(
    `peak RSS ${Math.round(peakBytes / mebibyte)} MiB, sum ${Math.round(sum.totalBytes / mebibyte)} MiB, ${JSON.stringify(used)}`,
  );
  assert.ok(used['exchanges']!.used >= 3900, 'exchanges reach their limit');
  assert.ok(
    used['bytes_in_flight']!.used > 0.9 * used['bytes_in_flight']!.max,
    'bytes reach theirs',
  );
  assert.equal(used['shadow_concurrency']!.used, 64, 'one on each connection');
  assert.ok(used['queue_requests']!.used > 900, 'the queue reaches its limit');
  assert.ok(peakBytes < sum.totalBytes, 'the process is below its sum');
  assert.deepEqual((await status()).balance, { exchanges: true, shadow: true, spans: true });
});
