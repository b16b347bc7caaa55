/** A real HTTP service on a free port whose answers the test writes; it remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

/** Whatever ends what was started: a test, or a file of tests. */
export interface Lifetime {
  after(stop: () => Promise<void>): void;
}

export interface Asked {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  /** Alternating name and value, as they came. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface HttpService {
  readonly url: string;
  readonly port: number;
  /** Requests that were read to their end, in order. */
  readonly asked: readonly Asked[];
}

/** Ends with the test, with all its connections. */
export async function httpService(
  lifetime: Lifetime,
  answer: (request: Asked, response: ServerResponse) => void,
): Promise<HttpService> {
  const asked: Asked[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request: Asked = {
        method: incoming.method ?? '',
        url: incoming.url ?? '',
        rawHeaders: incoming.rawHeaders,
        headers: incoming.headers,
        body: Buffer.concat(chunks),
      };
      asked.push(request);
      answer(request, response);
    });
  });
  // Otherwise a test that stands still for some seconds ends idle connections just as they are used again.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  lifetime.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, asked };
}

/** Answers 200 with a JSON value. */
export function json(value: unknown): (request: Asked, response: ServerResponse) => void {
  const body = JSON.stringify(value);
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  };
}
