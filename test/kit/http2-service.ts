/** A real HTTP/2 service (prior knowledge) on a free port; it remembers what it was asked, trailers included. */
import { once } from 'node:events';
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

import type { Lifetime } from './http-service.ts';

export interface Http2Asked {
  readonly path: string;
  /** Alternating name and value in the order in which they came, pseudo headers first. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** Alternating name and value. */
  readonly rawTrailers: readonly string[];
}

export interface Http2Service {
  readonly port: number;
  /** Requests that were read to their end, in order. */
  readonly asked: readonly Http2Asked[];
}

/** Ends with the test, with all its connections. */
export async function http2Service(
  lifetime: Lifetime,
  answer: (request: Http2Asked, stream: ServerHttp2Stream) => void,
): Promise<Http2Service> {
  const asked: Http2Asked[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers, _flags, rawHeaders) => {
    const chunks: Buffer[] = [];
    let rawTrailers: readonly string[] = [];
    // A customer that goes away resets the stream.
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('trailers', (_trailers, _trailerFlags, raw: string[]) => {
      rawTrailers = raw;
    });
    stream.on('end', () => {
      const path = headers[':path'] ?? '';
      const request = { path, rawHeaders, body: Buffer.concat(chunks), rawTrailers };
      asked.push(request);
      answer(request, stream);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  lifetime.after(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const session of sessions) session.destroy();
    await closed;
  });
  return { port: (server.address() as AddressInfo).port, asked };
}

/** Ends the stream with these trailers. */
export function endWithTrailers(
  stream: ServerHttp2Stream,
  body: string,
  trailers: Readonly<Record<string, string>>,
): void {
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(body);
}
