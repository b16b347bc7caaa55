/**
 * Binds admin routes to a port, with the limits that keep a slow or greedy reader from mattering.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { messageOf, TwinspanError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { reasonWithAdvice } from '../base/system-advice.ts';
import type { AdminResponse, Answer } from './routes.ts';

export interface AdminServer {
  /** `host:port` as bound. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * @param options.listen `host:port`; port 0 takes a free one
 * @param options.key the configuration key of the address, for the error message
 * @param options.stallTimeoutMs a connection on which nothing moves for this long is closed, else a few readers
 *   that do not read would hold all there are
 * @throws TwinspanError `address_in_use` when the address cannot be bound
 */
export async function startAdminServer(options: {
  listen: string;
  key: string;
  answer: Answer;
  log: Log;
  stallTimeoutMs?: number;
}): Promise<AdminServer> {
  const { listen, key, answer, log, stallTimeoutMs = 10_000 } = options;
  const server = createServer(
    { maxHeaderSize: 16 * 1024, requestTimeout: 10_000 },
    (incoming, outgoing) => {
      answer({
        method: incoming.method ?? '',
        target: incoming.url ?? '/',
        host: incoming.headers.host,
        authorization: incoming.headers.authorization,
        origin: incoming.headers.origin,
        fetchSite: fetchSiteOf(incoming),
        readBody: (maxBytes) => readBody(incoming, maxBytes),
      }).then(
        (response) => write(outgoing, response, incoming.method === 'HEAD'),
        (error: unknown) => {
          log.error({ event: 'admin_failed', error: messageOf(error) }, 'an admin request failed');
          write(
            outgoing,
            { status: 500, contentType: 'text/plain; charset=utf-8', body: 'internal error\n' },
            false,
          );
        },
      );
    },
  );
  server.maxConnections = 64;
  server.keepAliveTimeout = 5_000;
  server.timeout = stallTimeoutMs;

  const { host, port } = splitAddress(listen);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new TwinspanError(
          'address_in_use',
          `cannot listen on ${listen} (${key}): ${reasonWithAdvice(error)}`,
          {
            cause: error,
          },
        ),
      );
    });
    server.listen({ host, port }, resolve);
  });
  server.on('error', (error) =>
    log.error({ event: 'admin_failed', error: messageOf(error) }, 'an admin socket failed'),
  );
  const bound = server.address() as AddressInfo;
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
    port: bound.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** `127.0.0.1:9003`, `[::1]:9003` → host and port. The configuration has checked the form. */
export function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(colon + 1)) };
}

function fetchSiteOf(incoming: IncomingMessage): string | undefined {
  const value = incoming.headers['sec-fetch-site'];
  return Array.isArray(value) ? value[0] : value;
}

/** Undefined when there are more bytes than that, or the client went away; the rest is read and forgotten. */
async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else resolve(undefined);
    });
    incoming.on('end', () => resolve(Buffer.concat(chunks).toString()));
    incoming.on('close', () => resolve(undefined));
  });
}

function write(outgoing: ServerResponse, response: AdminResponse, headOnly: boolean): void {
  const body = Buffer.from(response.body);
  outgoing.writeHead(response.status, {
    'content-type': response.contentType,
    'content-length': body.length,
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...response.headers,
  });
  outgoing.end(headOnly ? undefined : body);
  // A body that nobody asked for is read and forgotten, or the connection could not be used again.
  outgoing.req.resume();
}
