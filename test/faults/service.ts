/**
 * One of the three neighbours of the fault suite, as a process of its own: the live service, the shadow or the
 * collector. It listens on one port for good and changes its manners when the suite tells it to over IPC; it ends when
 * the suite does.
 */
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { startOtlpSink } from '../../demo/otlp-sink.ts';
import { startRudeServer } from '../kit/rude-server.ts';
import { answerTo, slowAnswerMs, slowPath, type Question } from './answers.ts';
import type { CollectorMode, Order, Report, Role, Sightings } from './service-orders.ts';
import { scripts, type ShadowMode } from './shadow-modes.ts';
import { onSteadyPort } from './steady-port.ts';

/** What listens on the port at the moment. */
interface Listener {
  readonly port: number;
  /** What was seen since the last time. */
  take(): Sightings;
  close(): Promise<void>;
}

const slowCollectorMs = 2000;

let current: Listener | undefined;
let ids: string[] = [];
let counts: Record<string, number> = {};

const role = process.argv[2] as Role;
/** Of the collector: where its span file is. */
const disk = process.argv[3] ?? '';
await onSteadyPort(
  (port) => change('well', port),
  (error) => (error as NodeJS.ErrnoException).code === 'EADDRINUSE',
);
report({ kind: 'listening', port: current!.port });

process.on('disconnect', () => process.exit());
let orders = Promise.resolve();
process.on('message', (order: Order) => {
  orders = orders.then(() => obey(order));
});

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'change':
      await change(order.mode, current!.port);
      return report({ kind: 'changed' });
    case 'take':
      keep(current!.take());
      report({ kind: 'taken', ids, counts });
      ids = [];
      counts = {};
  }
}

function keep(sightings: Sightings): void {
  ids.push(...sightings.ids);
  for (const [name, count] of Object.entries(sightings.counts)) add(name, count);
}

function add(name: string, count = 1): void {
  counts[name] = (counts[name] ?? 0) + count;
}

async function change(mode: string, port: number): Promise<void> {
  if (current !== undefined) {
    keep(current.take());
    await current.close();
  }
  current =
    role === 'collector'
      ? await collector(mode as CollectorMode, port)
      : await service(mode as ShadowMode, port);
}

async function service(mode: ShadowMode, port: number): Promise<Listener> {
  if (mode === 'refuses') return nobody(port);
  if (mode === 'well' || mode === 'never answers') {
    return http(port, (incoming, response) => {
      if (mode === 'well') respond(incoming, response);
    });
  }
  const server = await startRudeServer(scripts[mode](), undefined, port);
  let taken = 0;
  return {
    port,
    take() {
      const fresh = server.requests.slice(taken).map(idOf);
      taken = server.requests.length;
      return { ids: fresh, counts: {} };
    },
    close: () => server.close(),
  };
}

function idOf(request: Buffer): string {
  return /^x-request-id: (\S+)/im.exec(request.toString('latin1', 0, 4096))?.[1] ?? 'no id';
}

function respond(incoming: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    const { method, url: path = '/' } = incoming;
    const answer = answerTo({
      method: method as Question['method'],
      path,
      body: Buffer.concat(chunks),
    });
    const send = (): void => {
      response.writeHead(answer.status, [...answer.rawHeaders]);
      if (path === '/chunked') response.write(answer.body.subarray(0, 500));
      response.end(path === '/chunked' ? answer.body.subarray(500) : answer.body);
    };
    if (path === slowPath) setTimeout(send, slowAnswerMs);
    else send();
  });
}

async function collector(mode: CollectorMode, port: number): Promise<Listener> {
  if (mode === 'refuses') return nobody(port);
  if (mode === 'well' || mode === 'has a full disk') return sink(mode === 'has a full disk', port);
  return http(port, (incoming, response) => {
    incoming.resume();
    incoming.on('end', () => {
      add('exports');
      if (mode === 'hangs') return;
      const status = mode === 'is slow' ? 200 : Number(mode.slice('answers '.length));
      const send = (): void => {
        response.writeHead(status, protobuf).end(() => add(`answers ${status}`));
      };
      if (mode === 'is slow') setTimeout(send, slowCollectorMs);
      else send();
    });
  });
}

/** The demo's collector, which writes what it gets to a file. */
async function sink(writes: boolean, port: number): Promise<Listener> {
  const file = { path: join(disk, 'spans.jsonl'), maxBytes: Number.MAX_SAFE_INTEGER };
  const started = await startOtlpSink({ port, maxSpans: 0, ...(writes && { file }) });
  let lost = 0;
  return {
    port,
    take() {
      const fresh = started.dropped.lines - lost;
      lost += fresh;
      return { ids: [], counts: writes ? { 'lost lines': fresh, ...refusalOfDisk() } : {} };
    },
    close: () => started.stop(),
  };
}

/** What the kernel says to a write beside the span file, by name. */
function refusalOfDisk(): Record<string, number> {
  const file = openSync(join(disk, 'spans.jsonl'), 'a');
  try {
    writeSync(file, 'x');
    return {};
  } catch (error) {
    return { [(error as NodeJS.ErrnoException).code!]: 1 };
  } finally {
    closeSync(file);
  }
}

const protobuf = { 'content-type': 'application/x-protobuf' };

async function http(
  port: number,
  answer: (incoming: IncomingMessage, response: ServerResponse) => void,
): Promise<Listener> {
  let fresh: string[] = [];
  const server: Server = createServer((incoming, response) => {
    fresh.push(String(incoming.headers['x-request-id']));
    // Customers who break off are a part of the suite.
    incoming.on('error', () => {});
    response.on('error', () => {});
    answer(incoming, response);
  });
  server.keepAliveTimeout = 600_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = fresh;
      fresh = [];
      return { ids: taken, counts: {} };
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function nobody(port: number): Listener {
  return { port, take: () => ({ ids: [], counts: {} }), close: () => Promise.resolve() };
}

function report(message: Report): void {
  process.send!(message);
}
