/**
 * Drives every budget of a running twinspan to its limit at once, with traffic that is made to cost memory, and
 * measures what the process really uses. twinspan is a process of its own: the live side, the shadow and the collector
 * are in this one, and their memory does not count.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { worstCaseMemory } from '../../src/memory.ts';
import {
  encodePart,
  ExtProcClient,
  partsOf,
  type HeaderPairs,
  type StreamEnd,
} from '../kit/ext-proc-client.ts';
import type { Lifetime } from '../kit/http-service.ts';
import { configOf } from '../kit/twinspan.ts';

interface Status {
  readonly exchanges: {
    readonly seen: number;
    readonly in_flight: number;
    readonly outcomes: Readonly<Record<string, number>>;
  };
  readonly limits: Readonly<Record<string, { readonly used: number; readonly max: number }>>;
  readonly balance: Readonly<Record<string, boolean>>;
}

interface Answer {
  readonly headers: HeaderPairs;
  readonly body: string | Buffer;
}

const mebibyte = 1024 * 1024;
const connections = 64;
const maxExchanges = 4000;
const spans = 6144;

/** Envoy takes 60 KiB of headers in 100 fields by default. */
const largeHeaders = headersOf(90, 590);
/** They take nothing from the byte budget. */
const smallHeaders = headersOf(16, 60);
const json = ['content-type', 'application/json'] as const;
const gzip = ['content-encoding', 'gzip'] as const;

/** What live and the shadow answer, by path. */
const answers: Readonly<Record<string, readonly [live: Answer, shadow: Answer]>> = {
  '/match': bothAnswer({ headers: smallHeaders, body: 'same' }),
  '/mismatch': [
    { headers: [...largeHeaders, json], body: manyFields('é') },
    { headers: [...largeHeaders, json], body: manyFields('ü') },
  ],
  '/costly': [
    { headers: [json, gzip], body: manyItems(0) },
    { headers: [json, gzip], body: manyItems(1) },
  ],
  '/hanging': bothAnswer({ headers: smallHeaders, body: 'b'.repeat(16 * 1024) }),
  '/endless': bothAnswer({ headers: smallHeaders, body: 'never sent' }),
};

test(
  'with every budget at its limit the process stays below the sum that it logged',
  { timeout: 180_000 },
  async (t) => {
    const shadow = createHttpServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
      request.resume();
      if (request.url === '/hanging') return;
      const { headers, body } = answers[request.url!]![1];
      response.writeHead(200, headers.flat() as string[]).end(body);
    });
    const collector = createServer((socket) => socket.on('error', () => {}).resume());
    const sections = {
      shadow: {
        url: `http://127.0.0.1:${await listeningOn(shadow, t)}`,
        connections,
        timeout: '5m',
        queue: { requests: 1000, bytes: '16MiB' },
        breaker: { failures: 10_000 },
      },
      capture: {
        maxBytesInFlight: '48MiB',
        maxExchanges,
        idle: '5m',
        maxDuration: '5m',
        maxLoopDelay: '60s',
      },
      routes: [
        {
          name: 'all',
          match: { path: '/**', methods: ['POST'] },
          effects: 'none',
          compare: { show: 'values' },
        },
      ],
      telemetry: {
        otlp: `http://127.0.0.1:${await listeningOn(collector, t)}`,
        maxPairsPerSecond: 100_000,
        keepMatches: 1,
        queue: { spans, bytes: '32MiB' },
      },
    };
    const sum = worstCaseMemory(configOf(sections).config);
    const { pid, extProc, status } = await serve(t, sections, sum.totalBytes);
    const client = await ExtProcClient.connect(extProc);
    t.after(() => client.close());
    let sent = 0;
    const send = (messages: readonly Buffer[]) => {
      sent += 1;
      const exchange = client.open();
      for (const message of messages) exchange.sendMessage(message);
      return exchange.ended;
    };
    const sendWhole = async (count: number, messages: readonly Buffer[]) => {
      for (let rest = count; rest > 0; rest -= connections) {
        await Promise.all(
          Array.from({ length: Math.min(rest, connections) }, () => send(messages)),
        );
      }
    };
    /** They stay open, but for those that twinspan ends. */
    const sendOpen = async (count: number, messages: readonly Buffer[]) => {
      for (let rest = count; rest > 0; rest -= 250) {
        for (let index = 0; index < 250; index += 1) void send(messages);
        await until(({ exchanges }) => exchanges.seen === sent);
      }
    };
    const until = async (isReached: (status: Status) => boolean): Promise<Status> => {
      for (;;) {
        const now = await status();
        if (isReached(now)) return now;
        await setTimeout(20);
      }
    };

    // Spans that nobody takes, then pairs with as many differences as are kept.
    await sendWhole(spans / 3 + connections, messagesOf('/match', largeHeaders));
    await sendWhole(1000, messagesOf('/mismatch', largeHeaders));
    await until(({ exchanges }) => exchanges.in_flight === 0);
    // Answers that keep the worker busy with documents as large as are read, one after the other.
    await sendWhole(12, messagesOf('/costly', smallHeaders));
    await until(
      ({ limits, exchanges }) => limits['comparisons']!.used > 0 || exchanges.in_flight === 0,
    );
    // A shadow that hangs on every connection, and a full queue behind them.
    await sendWhole(1500, messagesOf('/hanging', smallHeaders, 'b'.repeat(16 * 1024)));
    await until(({ limits }) => limits['shadow_concurrency']!.used === connections);
    // Exchanges without an end: while there is room for their headers, and then as many as may be open.
    const endless = (headers: typeof largeHeaders) => messagesOf('/endless', headers).slice(0, 2);
    const isFull = ({ used, max }: { used: number; max: number }) => used >= 0.99 * max;
    await sendOpen(maxExchanges, endless(largeHeaders));
    let full = await status();
    // A comparison that ends gives its bodies back.
    while (!isFull(full.limits['bytes_in_flight']!)) {
      await sendOpen(250, endless(largeHeaders));
      full = await status();
    }
    await sendOpen(maxExchanges, endless(smallHeaders));
    const { limits, balance } = await status();

    const peakBytes = peakBytesOf(pid);
    t.diagnostic(
      `peak RSS ${Math.round(peakBytes / mebibyte)} MiB, sum ${Math.round(sum.totalBytes / mebibyte)} MiB, ${JSON.stringify(limits)}`,
    );
    for (const [name, least] of Object.entries({
      exchanges: 1,
      queue_bytes: 0.99,
      shadow_concurrency: 1,
      // Of a batch that is given up the spans are gone, and what comes next takes their place.
      span_queue: 0.9,
    })) {
      const { used, max } = limits[name]!;
      assert.ok(used >= least * max && used <= max, `${name}: ${used} of ${max}`);
    }
    const captured = limits['bytes_in_flight']!;
    assert.ok(captured.used <= captured.max, `bytes_in_flight: ${captured.used}`);
    assert.ok(peakBytes < sum.totalBytes, 'the process is below its sum');
    assert.ok(Object.values(balance).every(Boolean), JSON.stringify(balance));
  },
);

test(
  'messages of which the last byte never comes are in the byte budget, and those beyond it end with OK',
  { timeout: 60_000 },
  async (t) => {
    const sections = {
      shadow: { url: 'http://127.0.0.1:9', connections },
      capture: {
        maxBytesInFlight: '32MiB',
        maxExchanges,
        idle: '5m',
        maxDuration: '5m',
        maxLoopDelay: '60s',
      },
      routes: [{ name: 'all', match: { path: '/**' } }],
      telemetry: { queue: { spans, bytes: '8MiB' } },
    };
    const sum = worstCaseMemory(configOf(sections).config);
    const { pid, extProc, status } = await serve(t, sections, sum.totalBytes);
    const message = Buffer.alloc(5 + 2 * mebibyte - 1);
    message.writeUInt32BE(2 * mebibyte, 1);
    const ends: StreamEnd[] = [];
    const all = 400;
    for (let client = 0; client < 4; client += 1) {
      const envoy = await ExtProcClient.connect(extProc);
      t.after(() => envoy.close());
      for (let index = 0; index < all / 4; index += 1) {
        const exchange = envoy.open();
        exchange.sendBytes(message);
        void exchange.ended.then((end) => ends.push(end));
      }
    }
    const fitting = 15;
    let now = await status();
    while (now.exchanges.seen < all - fitting) {
      await setTimeout(20);
      now = await status();
    }
    const { limits, exchanges, balance } = now;
    const peakBytes = peakBytesOf(pid);
    t.diagnostic(
      `peak RSS ${Math.round(peakBytes / mebibyte)} MiB, sum ${Math.round(sum.totalBytes / mebibyte)} MiB, ${JSON.stringify(limits)}`,
    );
    assert.deepEqual(limits['bytes_in_flight'], {
      used: fitting * (5 + 2 * mebibyte),
      max: 32 * mebibyte,
    });
    // Node's client loses a status that arrives together with the reset while it still has to write.
    assert.ok(ends.every(({ status: code }) => code === 0 || code === undefined));
    assert.ok(peakBytes < sum.totalBytes, 'the process is below its sum');
    assert.deepEqual(exchanges, {
      seen: all - fitting,
      in_flight: 0,
      outcomes: { bytes_exhausted: all - fitting },
    });
    assert.ok(Object.values(balance).every(Boolean), JSON.stringify(balance));
  },
);

/**
 * Starts twinspan in a process of its own, with the heap that V8 takes for itself in a container of so many bytes:
 * without one it would let garbage pile up as the whole machine allows.
 */
async function serve(lifetime: Lifetime, sections: object, containerBytes: number) {
  const directory = await mkdtemp(join(tmpdir(), 'twinspan-memory-'));
  lifetime.after(() => rm(directory, { recursive: true }));
  const path = join(directory, 'twinspan.json');
  const anyPort = '127.0.0.1:0';
  const doors = { listen: anyPort, admin: { listen: anyPort }, ops: { listen: anyPort } };
  await writeFile(path, JSON.stringify({ ...doors, ...sections }));
  const heap = `--max-heap-size=${Math.floor(containerBytes / 2 / mebibyte)}`;
  const main = join(import.meta.dirname, '../../src/main.ts');
  const child = spawn(process.execPath, [heap, main, 'serve', '--config', path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  lifetime.after(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  const { extProc, admin } = await new Promise<{ extProc: string; admin: string }>(
    (resolve, reject) => {
      void gone.then(() => reject(new Error('twinspan ended')));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const entry = JSON.parse(line) as { event: string; extProc: string; admin: string };
        if (entry.event === 'ready') resolve(entry);
      });
    },
  );
  const status = async () => {
    const answer = await fetch(`http://${admin}/status`);
    return (await answer.json()) as Status;
  };
  return { pid: child.pid!, extProc, status };
}

/** The most that was resident at any time. */
function peakBytesOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

async function listeningOn(server: Server, lifetime: Lifetime): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  lifetime.after(async () => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** The messages of an exchange as bytes; encoding them thousands of times would take longer than reading them. */
function messagesOf(path: string, headers: HeaderPairs, body = ''): Buffer[] {
  const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
  const request = { headers: [...headers, ['traceparent', traceparent] as const], body };
  const parts = partsOf({
    request: { method: 'POST', path, ...request },
    response: answers[path]![0],
  });
  return parts.map((part) => encodePart(part));
}

function headersOf(count: number, length: number): HeaderPairs {
  return Array.from(
    { length: count },
    (_, index) => [`x-header-${index}`, 'v'.repeat(length)] as const,
  );
}

function bothAnswer(answer: Answer): readonly [Answer, Answer] {
  return [answer, answer];
}

/** As many differences as are kept, at the end of long paths, with values that are longer than what is shown. */
function manyFields(text: string): string {
  const fields = Array.from({ length: 120 }, (_, index) => [`field_${index}`, text.repeat(300)]);
  const inner = JSON.stringify(Object.fromEntries(fields));
  return `${'['.repeat(500)}${inner}${']'.repeat(500)}`;
}

/** Just below 8 MiB and 250,000 nodes, where it would be given up. */
function manyItems(first: number): Buffer {
  const items = Array.from({ length: 45_000 }, (_, index) => ({
    id: first + index,
    text: `${index}`.padEnd(140, 'x'),
  }));
  return gzipSync(JSON.stringify(items));
}
