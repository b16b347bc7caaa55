/**
 * One of the three neighbours of the fault suite, as a process of its own: the live service, the shadow or the
 * collector. It listens on one port for good and changes its manners when the suite tells it to over IPC; it ends when
 * the suite does.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { startOtlpSink } from '../../demo/otlp-sink.ts';
import { startRudeServer } from '../kit/rude-server.ts';
import { answerTo, slowAnswerMs, slowPath, type Question } from './answers.ts';
import type { CollectorMode, Order, Report, Role } from './service-orders.ts';
import { scripts, type ShadowMode } from './shadow-modes.ts';

/** What listens on the port at the moment. */
interface Listener {
  readonly port: number;
  /** Request ids that came since the last time, one for each request. */
  takeIds(): string[];
  close(): Promise<void>;
}

const slowCollectorMs = 2000;

let current: Listener | undefined;
let ids: string[] = [];

const role = process.argv[2] as Role;
await change('well', 0);
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
      ids.push(...current!.takeIds());
      report({ kind: 'taken', ids });
      ids = [];
  }
}

async function change(mode: string, port: number): Promise<void> {
  if (current !== undefined) {
    ids.push(...current.takeIds());
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
    takeIds() {
      const fresh = server.requests.slice(taken).map(idOf);
      taken = server.requests.length;
      return fresh;
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
  if (mode === 'well') {
    const sink = await startOtlpSink({ port, maxSpans: 0 });
    return { port: Number(new URL(sink.url).port), takeIds: () => [], close: () => sink.stop() };
  }
  return http(port, (incoming, response) => {
    incoming.resume();
    if (mode === 'hangs') return;
    incoming.on('end', () => {
      if (mode === 'is slow') {
        setTimeout(() => response.writeHead(200, protobuf).end(), slowCollectorMs);
      } else response.writeHead(Number(mode.slice('answers '.length)), protobuf).end();
    });
  });
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
    takeIds() {
      const taken = fresh;
      fresh = [];
      return taken;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function nobody(port: number): Listener {
  return { port, takeIds: () => [], close: () => Promise.resolve() };
}

function report(message: Report): void {
  process.send!(message);
}
