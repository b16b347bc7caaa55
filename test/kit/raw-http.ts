/**
 * HTTP/1.1 byte for byte, on both ends: a connection on which a test writes and reads what it wants, and a service
 * that shows what it was sent exactly as it came and answers exactly what it is told.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import type { Lifetime } from './http-service.ts';

export interface RawConnection {
  /** Text is sent as latin1, in one write. */
  send(bytes: string | Uint8Array): Promise<void>;
  /** Resolves with everything received so far once `text` is in it; rejects when the peer closes before. */
  until(text: string): Promise<string>;
  /** Everything received until the peer closed; an abort by the peer counts as closing. */
  readonly all: Promise<string>;
  /** FIN. */
  end(): void;
  /** RST. */
  reset(): void;
}

/** Connects to `host:port`; what is received is text of one character a byte. */
export async function rawConnection(address: string): Promise<RawConnection> {
  const [host, port] = address.split(':');
  const socket = connect({ host, port: Number(port), noDelay: true, allowHalfOpen: true });
  await once(socket, 'connect');
  let received = '';
  let closed = false;
  let check = (): void => {};
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    check();
  });
  socket.on('error', () => {});
  const all = new Promise<string>((resolve) => {
    const onClosed = (): void => {
      closed = true;
      check();
      socket.end();
      resolve(received);
    };
    socket.once('end', onClosed);
    socket.once('close', onClosed);
  });
  return {
    send: (bytes) => write(socket, bytes),
    until: (text) =>
      new Promise((resolve, reject) => {
        check = () => {
          if (received.includes(text)) resolve(received);
          else if (closed) reject(new Error(`closed before "${text}" came: ${received}`));
        };
        check();
      }),
    all,
    end: () => socket.end(),
    reset: () => socket.resetAndDestroy(),
  };
}

/** Sends bytes on a connection of their own and reads until the peer closes, so one of both must ask for that. */
export async function rawExchange(address: string, bytes: string | Uint8Array): Promise<string> {
  const connection = await rawConnection(address);
  await connection.send(bytes);
  return connection.all;
}

/** What a raw service does with one request. */
export interface RawAnswer {
  /** Latin1, sent in one write. */
  readonly bytes: string;
  /** Default: the connection stays open. */
  readonly close?: 'end' | 'reset';
}

export interface RawService {
  readonly port: number;
  /** Complete requests in order, each from its request line to the last byte of its body. */
  readonly requests: readonly string[];
}

/**
 * Reads requests (bodies by content-length or in chunks) and answers each; ends with the test. A service that is
 * `hasty` answers as soon as it has read the header section, and then reads nothing more.
 */
export async function rawService(
  lifetime: Lifetime,
  answer: (request: string) => RawAnswer,
  options: { readonly hasty?: boolean } = {},
): Promise<RawService> {
  const endOf = options.hasty === true ? endOfHead : endOfRequest;
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.setEncoding('latin1');
    let received = '';
    socket.on('data', (text: string) => {
      received += text;
      for (let end = endOf(received); end !== undefined; end = endOf(received)) {
        const request = received.slice(0, end);
        received = received.slice(end);
        requests.push(request);
        if (options.hasty === true) socket.pause();
        void give(socket, answer(request));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  lifetime.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

async function give(socket: Socket, { bytes, close }: RawAnswer): Promise<void> {
  await write(socket, bytes);
  if (close === 'end') socket.end();
  if (close === 'reset') socket.resetAndDestroy();
}

function write(socket: Socket, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (!socket.writable) return resolve();
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () => resolve());
  });
}

function endOfHead(received: string): number | undefined {
  const end = received.indexOf('\r\n\r\n');
  return end === -1 ? undefined : end + 4;
}

/** Where the first request ends, or undefined when it is not complete. */
function endOfRequest(received: string): number | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = received.slice(0, headEnd + 2);
  if (/^transfer-encoding: chunked\r\n/im.test(head)) {
    const last = /\r\n0\r\n(?:[^\r\n]+\r\n)*\r\n/g;
    last.lastIndex = headEnd + 2;
    return last.exec(received) === null ? undefined : last.lastIndex;
  }
  const end = headEnd + 4 + Number(/^content-length: (\d+)\r\n/im.exec(head)?.[1] ?? 0);
  return received.length >= end ? end : undefined;
}
