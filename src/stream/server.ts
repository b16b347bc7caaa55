/**
 * The gRPC server that Envoy's ext_proc filter calls. It reads always and never pauses a stream, because Envoy
 * hands back-pressure to customers; every `Process` RPC ends with OK, whatever was sent.
 */
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

import type { ByteBudget } from '../base/byte-budget.ts';
import { systemClock, type Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Deadlines } from './answer.ts';
import { ConnectionOpening } from './connection-opening.ts';
import { withHttp2Options } from './http2-options.ts';
import { listen, maxConnections, type Listening } from './listen.ts';
import type { Admit } from './live-event.ts';
import { OpenAnswers } from './open-answers.ts';
import { interceptCalls, processService, type Arrival, type Connection } from './process-call.ts';
import { serviceName } from './reference.ts';
import type { StreamResult } from './stream-result.ts';
import { createCredentials, hasAllowedSan, type TlsFiles } from './tls.ts';

/** How long `close` lets connections finish on their own, once their streams have ended. */
const closeGraceMs = 500;

export interface StreamServerOptions {
  /** `host:port` (port 0 takes a free one), `unix:/path`, or either behind TLS. */
  readonly listen: string | { readonly address: string; readonly tls: TlsFiles };
  /** A message beyond it ends its RPC as `undecodable`. */
  readonly maxMessageBytes: number;
  /** What has come of messages that are not whole is taken from it. */
  readonly budget: ByteBudget;
  readonly maxConcurrentStreams: number;
  /** Asked once an RPC, so that a reload holds for those that open from then on. */
  readonly deadlines: () => Deadlines;
  readonly requireObservability: () => boolean;
  readonly admit: Admit;
  readonly clock: Clock;
  readonly log: Log;
}

export interface StreamServer {
  /** What was bound: with the port that was taken for 0. */
  readonly address: string;
  readonly openStreams: number;
  /** RPCs that have ended, by how. */
  readonly results: Readonly<Record<StreamResult, number>>;
  /** RPCs of filters that wait for answers. */
  readonly synchronousStreams: number;
  /** What grpc.health.v1 answers for the whole server and for Envoy's service. NOT_SERVING until it was called. */
  setServing(serving: boolean): void;
  /** No new connections, and a GOAWAY on those that are there; open RPCs go on. */
  beginDrain(): void;
  /** Every open RPC ends with OK, the listeners hear `shutdown`; nothing is admitted from then on. */
  endAll(): void;
  /** Drains, ends all, and closes the connections; takes no longer than half a second. Idempotent. */
  close(): Promise<void>;
}

/** Resolves once the address is bound. Throws the TwinspanErrors of `listen` and `createCredentials`. */
export async function startStreamServer(options: StreamServerOptions): Promise<StreamServer> {
  const { address, tls } =
    typeof options.listen === 'string'
      ? { address: options.listen, tls: undefined }
      : options.listen;
  const credentials =
    tls === undefined ? ServerCredentials.createInsecure() : await createCredentials(tls);
  const server = new GrpcStreamServer(options, credentials, tls?.allowedSans);
  await server.bind(address);
  return server;
}

class GrpcStreamServer implements StreamServer {
  readonly #answers: OpenAnswers;
  readonly #health = new HealthImplementation();
  readonly #grpc: Server;
  readonly #injector: ReturnType<Server['createConnectionInjector']>;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #opening: ConnectionOpening;
  readonly #allowedSans: readonly string[] | undefined;
  readonly #log: Log;
  #listening: Listening | undefined;
  /** Of the call that grpc-js is making right now. */
  #arriving: Arrival | undefined;
  #isDraining = false;
  #hasRefused = false;
  #closed: Promise<void> | undefined;
  #onSocketsGone: (() => void) | undefined;

  constructor(
    options: StreamServerOptions,
    credentials: ServerCredentials,
    allowedSans: readonly string[] | undefined,
  ) {
    this.#answers = new OpenAnswers(options);
    this.#opening = new ConnectionOpening(options.clock);
    this.#log = options.log;
    this.#allowedSans = allowedSans;
    this.#grpc = new Server({
      'grpc.enable_channelz': 0,
      'grpc.max_concurrent_streams': options.maxConcurrentStreams,
      'grpc.max_receive_message_length': options.maxMessageBytes,
      interceptors: [
        interceptCalls({
          open: (context, call) => this.#answers.open(context, call),
          arriving: () => this.#arriving!,
          maxMessageBytes: options.maxMessageBytes,
          budget: options.budget,
        }),
      ],
    });
    // The interceptor takes every call of it, so that this handler never runs.
    this.#grpc.addService(processService, { Process: () => {} });
    this.#health.addToServer(this.#grpc);
    this.setServing(false);
    this.#injector = withHttp2Options(
      () => this.#grpc.createConnectionInjector(credentials),
      (session) => this.#onSession(session),
    );
  }

  async bind(address: string): Promise<void> {
    const onSocket = (socket: Socket): void => this.#onSocket(socket);
    this.#listening = await listen(address, onSocket, () => this.#onRefused(address));
  }

  get address(): string {
    return this.#listening!.address;
  }

  get openStreams(): number {
    return this.#answers.size;
  }

  get results(): Readonly<Record<StreamResult, number>> {
    return this.#answers.results;
  }

  get synchronousStreams(): number {
    return this.#answers.synchronousStreams;
  }

  setServing(serving: boolean): void {
    const status = serving ? 'SERVING' : 'NOT_SERVING';
    this.#health.setStatus('', status);
    this.#health.setStatus(serviceName, status);
  }

  beginDrain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#listening!.server.close();
    for (const session of this.#sessions) session.close();
  }

  endAll(): void {
    this.#answers.endAll();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.beginDrain();
    this.endAll();
    await this.#socketsGone();
    // grpc-js's own forceShutdown leaves connections open when channelz is off.
    for (const socket of this.#sockets) socket.destroy();
    this.#grpc.forceShutdown();
  }

  /** Resolves when the last connection is gone, or at the end of the grace time. */
  #socketsGone(): Promise<void> {
    if (this.#sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = systemClock.setTimer(closeGraceMs, resolve);
      this.#onSocketsGone = () => {
        timer.clear();
        resolve();
      };
    });
  }

  #onSocket(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#onSocketsGone?.();
    });
    this.#opening.begin(socket, () => this.#injector.injectConnection(socket));
  }

  #onRefused(address: string): void {
    if (this.#hasRefused) return;
    this.#hasRefused = true;
    this.#log.warn(
      { event: 'connections_refused', address, maxConnections },
      `${maxConnections} connections are open at ${address} and further ones are refused: Envoy opens one a worker ` +
        'thread, so find out who opens the others',
    );
  }

  #onSession(session: ServerHttp2Session): void {
    if (
      this.#allowedSans !== undefined &&
      !hasAllowedSan(session.socket as TLSSocket, this.#allowedSans)
    ) {
      session.destroy();
      return;
    }
    this.#sessions.add(session);
    session.once('remoteSettings', this.#opening.onOpen);
    session.once('close', () => this.#sessions.delete(session));
    const connection: Connection = { isGone: false };
    // Before Node's own listeners: they end the connection's streams, and make their calls.
    session.socket.prependOnceListener('close', () => (connection.isGone = true));
    session.prependListener('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      const encoding = headers['grpc-encoding'] as string | undefined;
      this.#arriving = { stream, connection, encoding };
    });
    // Accepted before the drain began, and on its way through the TLS handshake until now.
    if (this.#isDraining) session.close();
  }
}
