/**
 * A TCP server that answers as a script says, byte for byte, and remembers every request that reached it:
 * what a real HTTP server would never send, and proof of how often a request went out.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** One connection as a script sees it. */
export interface RudeConnection {
  /** Which connection of the server this is, from 0. */
  readonly index: number;
  /** The next complete request (head, and a body by content-length) as bytes, or undefined when the peer has ended. */
  request(): Promise<Buffer | undefined>;
  /** Text is sent as latin1. Ends when the bytes were handed to the system, or the connection is gone. */
  send(bytes: string | Uint8Array): Promise<void>;
  /** FIN. */
  end(): void;
  /** RST. */
  reset(): void;
  /** Ends when the connection is closed, whoever closed it: what a script waits for to hang. */
  readonly closed: Promise<void>;
  readonly isClosed: boolean;
}

export type Script = (connection: RudeConnection) => Promise<void>;

export interface RudeServer {
  readonly port: number;
  /** Origin by address, `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Every complete request that was read by a script, in order. */
  readonly requests: readonly Buffer[];
  /** Connections accepted so far. */
  readonly connections: number;
  /** Ends when so many connections were accepted. */
  accepted(count: number): Promise<void>;
  /** Ends when so many complete requests were read. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts the server on loopback; with `tls` it speaks TLS; port 0 takes a free one. A script that throws closes its connection. */
export async function startRudeServer(
  script: Script,
  tls?: TlsOptions,
  fixedPort = 0,
): Promise<RudeServer> {
  const sockets = new Set<Socket>();
  const requests: Buffer[] = [];
  const awaited = new Set<{ isDue: () => boolean; resolve: () => void }>();
  let connections = 0;

  const until = (isDue: () => boolean): Promise<void> => {
    if (isDue()) return Promise.resolve();
    return new Promise((resolve) => awaited.add({ isDue, resolve }));
  };
  const progress = (): void => {
    for (const waiter of awaited) {
      if (!waiter.isDue()) continue;
      awaited.delete(waiter);
      waiter.resolve();
    }
  };

  const onConnection = (socket: Socket): void => {
    const index = connections;
    connections += 1;
    // A peer that resets is what half of these tests are about.
    socket.on('error', () => {});
    progress();
    const onRequest = (request: Buffer): void => {
      requests.push(request);
      progress();
    };
    script(connectionOf(socket, index, onRequest)).catch(() => socket.destroy());
  };
  const server: Server = tls
    ? createTlsServer({ ...tls, allowHalfOpen: true }, onConnection)
    : createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
  // Also those whose TLS handshake fails, which never become a connection of the script.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(fixedPort, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    port,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    get connections() {
      return connections;
    },
    accepted: (count) => until(() => connections >= count),
    received: (count) => until(() => requests.length >= count),
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function connectionOf(
  socket: Socket,
  index: number,
  onRequest: (request: Buffer) => void,
): RudeConnection {
  let received = Buffer.alloc(0);
  let ended = false;
  let wake = (): void => {};
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  const closed = new Promise<void>((resolve) => {
    const onEnd = (): void => {
      ended = true;
      wake();
    };
    socket.on('end', onEnd);
    socket.on('close', () => {
      onEnd();
      resolve();
    });
  });

  return {
    index,
    async request() {
      for (;;) {
        const length = requestLength(received);
        if (length !== undefined) {
          const request = received.subarray(0, length);
          received = received.subarray(length);
          onRequest(request);
          return request;
        }
        if (ended) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    send(bytes) {
      return new Promise((resolve) => {
        if (socket.destroyed || !socket.writable) return resolve();
        socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () =>
          resolve(),
        );
      });
    },
    end: () => socket.end(),
    reset: () => socket.resetAndDestroy(),
    closed,
    get isClosed() {
      return socket.destroyed;
    },
  };
}

/** Bytes of the request at the front, or undefined when it is not complete. */
function requestLength(received: Buffer): number | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = received.toString('latin1', 0, headEnd);
  const declared = /^content-length: (\d+)$/im.exec(head)?.[1];
  const length = headEnd + 4 + Number(declared ?? 0);
  return received.length >= length ? length : undefined;
}

/** Answers every request of a connection with the same bytes. */
export function answering(bytes: string | Uint8Array): Script {
  return async (connection) => {
    while ((await connection.request()) !== undefined) await connection.send(bytes);
    connection.end();
  };
}

/** Reads one request, sends the bytes, and leaves the connection open. */
export function answeringOnce(bytes: string | Uint8Array): Script {
  return async (connection) => {
    await connection.request();
    await connection.send(bytes);
    await connection.closed;
  };
}

/** Accepts and never says anything. */
export const hanging: Script = (connection) => connection.closed;

/** Reads a request, sends the bytes as the beginning of an answer, and never goes on. */
export const hangingAfter = answeringOnce;

/** Reads one request, sends the bytes, and ends the connection with FIN. */
export function endingAfter(bytes: string): Script {
  return async (connection) => {
    await connection.request();
    await connection.send(bytes);
    connection.end();
    await connection.closed;
  };
}

/** Reads one request, sends the bytes, and resets the connection. */
export function resettingAfter(bytes: string): Script {
  return async (connection) => {
    await connection.request();
    await connection.send(bytes);
    connection.reset();
  };
}

/** Reads one request, sends `head`, then `part` again and again until the peer has had enough. */
export function repeating(head: string, part: string | Uint8Array): Script {
  return async (connection) => {
    await connection.request();
    await connection.send(head);
    while (!connection.isClosed) {
      await connection.send(part);
      // Lets the peer's RST in.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
}
