/** Collectors that answer as a test wants, on real sockets. Stopped with the test, whatever is still open. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import type { TestContext } from 'node:test';

export interface ReceivedExport {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface RudeCollector {
  readonly url: string;
  readonly received: ReceivedExport[];
}

/** Reads each export, then answers it. */
export async function startCollector(
  context: TestContext,
  answer: (response: ServerResponse, received: ReceivedExport) => void,
): Promise<RudeCollector> {
  const received: ReceivedExport[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      const one = { path, headers, body: Buffer.concat(chunks) };
      received.push(one);
      answer(response, one);
    });
  });
  const url = await listen(server);
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url, received };
}

/** Answers below HTTP; without `onData` it reads and says nothing. */
export async function startSocketServer(
  context: TestContext,
  onData: (socket: Socket) => void = () => {},
): Promise<{ readonly url: string; readonly connections: () => number }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createTcpServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', () => onData(socket));
    socket.resume();
  });
  const url = await listen(server);
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url, connections: () => connections };
}

/** Begins an answer and adds to it again and again, faster than any idle timeout. */
export function trickle(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n');
  const timer = setInterval(() => socket.write('x'), 10);
  socket.on('close', () => clearInterval(timer));
}

/** A port of loopback on which nothing listens. */
export async function closedPort(): Promise<string> {
  const server = createTcpServer();
  const url = await listen(server);
  server.close();
  await once(server, 'close');
  return url;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
