/**
 * Binds the address on which Envoy reaches twinspan: `host:port` (port 0 takes a free one) or `unix:/path`. What
 * is in the way is said in one sentence; a socket file is removed only when it is proven that nobody listens on it.
 */
import { chmod, lstat, unlink } from 'node:fs/promises';
import net from 'node:net';
import { dirname } from 'node:path';

import { TwinspanError, systemCodeOf } from '../base/errors.ts';
import { reasonWithAdvice } from '../base/system-advice.ts';

/** Envoy opens one connection a worker thread; what goes far beyond is no Envoy. */
export const maxConnections = 1024;

/**
 * connect(2) needs write permission on the socket, and Envoy nearly always runs as another user (istio-proxy,
 * envoy, nobody); refused, it says so only at debug level while nothing is observed any more. So the socket is
 * open, and who may reach it is decided by the folder that it is in.
 */
const socketMode = 0o666;

export interface Listening {
  readonly server: net.Server;
  /** The address that was bound, in the form in which it was given. */
  readonly address: string;
}

/**
 * `onRefused` hears of each connection beyond `maxConnections`. Throws a TwinspanError: `address_in_use`, or
 * `configuration` for an address that cannot be bound at all.
 */
export async function listen(
  address: string,
  onConnection: (socket: net.Socket) => void,
  onRefused: () => void,
): Promise<Listening> {
  const server = net.createServer({ noDelay: true }, onConnection);
  server.on('drop', onRefused);
  server.maxConnections = maxConnections;
  if (address.startsWith('unix:')) {
    const path = address.slice('unix:'.length);
    await removeStaleSocket(path);
    await bind(server, address, { path });
    await chmod(path, socketMode);
    return { server, address };
  }
  const { host, port } = splitHostPort(address);
  await bind(server, address, { host, port });
  const bound = server.address() as net.AddressInfo;
  const boundHost = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return { server, address: `${boundHost}:${bound.port}` };
}

function bind(server: net.Server, address: string, where: net.ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(bindError(address, error));
    server.once('error', onError);
    server.listen(where, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

function bindError(address: string, error: Error): TwinspanError {
  if (systemCodeOf(error) === 'EADDRINUSE') return inUse(address, error);
  return new TwinspanError(
    'configuration',
    `cannot listen on ${address} (listen): ${reasonWithAdvice(error)}`,
    { cause: error },
  );
}

function inUse(address: string, cause?: unknown): TwinspanError {
  return new TwinspanError(
    'address_in_use',
    `cannot listen on ${address}: another process listens there; stop it, or set another address as "listen"`,
    { cause },
  );
}

function splitHostPort(address: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new TwinspanError(
      'configuration',
      `cannot listen on "${address}": write host:port, [IPv6]:port or unix:/path`,
    );
  }
  return { host: match[1] ?? match[2]!, port };
}

/**
 * A killed process leaves its socket file behind, and the file alone keeps the next one from binding. Whose it
 * was is not asked: after a restart in a container twinspan itself may be another user.
 */
async function removeStaleSocket(path: string): Promise<void> {
  const address = `unix:${path}`;
  const found = await lstat(path).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw bindError(address, error as Error);
  });
  if (found === undefined) {
    const folder = dirname(path);
    await lstat(folder).catch((error: unknown) => {
      throw new TwinspanError(
        'configuration',
        `cannot listen on ${address}: there is no folder ${folder}; create it, writable for twinspan`,
        { cause: error },
      );
    });
    return;
  }
  if (!found.isSocket()) {
    throw new TwinspanError(
      'configuration',
      `cannot listen on ${address}: the file is there and is no socket; remove it, or set another path as "listen"`,
    );
  }
  const refusal = await probe(path);
  if (refusal === undefined) throw inUse(address);
  const code = systemCodeOf(refusal);
  // ENOENT: whoever owned it removed it meanwhile.
  if (code === 'ENOENT') return;
  if (code !== 'ECONNREFUSED') throw bindError(address, refusal);
  await unlink(path).catch((error: unknown) => {
    throw bindError(address, error as Error);
  });
}

/** The error of connecting to a socket, or undefined when somebody accepts. */
function probe(path: string): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', resolve);
  });
}
