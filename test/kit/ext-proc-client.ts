/**
 * A client that behaves towards the ext_proc port as Envoy's filter does in observability mode: one stream an
 * exchange, `observability_mode` on every message, never a half-close of its own; after the server's end a
 * RST_STREAM(2), and, when the server does not end, half-close and reset after a deferred close (`giveUp`). The
 * order and interleaving of the parts is the test's. Messages are encoded by protobufjs from Envoy's .proto files.
 */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';

import protobuf from 'protobufjs';

const servicePath = '/envoy.service.ext_proc.v3.ExternalProcessor/Process';
const messages = loadMessages();
/** Envoy 1.37 and later; 1.36 resets with 0. */
const envoyResetCode = http2.constants.NGHTTP2_INTERNAL_ERROR;

export type HeaderPairs = readonly (readonly [name: string, value: string | Uint8Array])[];
export type AttributeValues = Readonly<Record<string, string | number | boolean | null>>;

/** One message of the filter. A string body or value is sent as UTF-8. */
export type Part =
  | {
      readonly kind: 'request_headers' | 'response_headers';
      readonly headers: HeaderPairs;
      readonly endOfStream?: boolean;
      readonly attributes?: AttributeValues;
    }
  | {
      readonly kind: 'request_body' | 'response_body';
      readonly body: string | Uint8Array;
      readonly endOfStream?: boolean;
    }
  | { readonly kind: 'request_trailers' | 'response_trailers'; readonly trailers: HeaderPairs };

export interface ExchangeOptions {
  /** Envoy's own trace context, sent as gRPC metadata. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** False makes it a synchronous filter. Default true. */
  readonly observability?: boolean;
  /** Further gRPC metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** How the server ended a stream; `status` is undefined when it was reset or its connection went away. */
export interface StreamEnd {
  readonly status: number | undefined;
  readonly message: string;
}

export interface OpenExchange {
  /** Sends each part as one gRPC message, all in one write. */
  send(...parts: readonly Part[]): void;
  /** Sends bytes as one gRPC message, whether it is one of Envoy's or not. */
  sendMessage(message: Uint8Array, compressed?: boolean): void;
  /** Sends bytes as they are, without gRPC's framing. */
  sendBytes(bytes: Uint8Array): void;
  /** The exchange was over `deferred_close_timeout` ago: half-close and reset, in this order. */
  giveUp(deferredCloseMs?: number): void;
  /** Half-close alone. */
  halfClose(): void;
  /** RST_STREAM(2) without a half-close. */
  reset(): void;
  /** The part of each answer that came (`request_headers`, …), in order. */
  readonly answers: readonly string[];
  readonly ended: Promise<StreamEnd>;
  /** Whether the stream still waits for the server's end. */
  readonly isOpen: boolean;
}

export interface ClientOptions {
  /** Given, the connection is TLS. */
  readonly tls?: { readonly ca: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

/** One HTTP/2 connection, as one worker thread of Envoy has it. */
export class ExtProcClient {
  readonly #session: ClientHttp2Session;
  readonly #socket: net.Socket;
  #goaway: number | undefined;

  private constructor(session: ClientHttp2Session, socket: net.Socket) {
    this.#session = session;
    this.#socket = socket;
    session.on('goaway', (code) => (this.#goaway = code));
    session.on('error', () => {});
  }

  /** `address` is `host:port` or `unix:/path`. Rejects when nobody accepts. */
  static async connect(address: string, options?: ClientOptions): Promise<ExtProcClient> {
    const socket = connectSocket(address, options);
    const scheme = options?.tls === undefined ? 'http' : 'https';
    const session = http2.connect(`${scheme}://localhost`, { createConnection: () => socket });
    await new Promise<void>((resolve, reject) => {
      session.once('remoteSettings', () => resolve());
      session.once('error', reject);
      // A server that does not want this client says so after the TLS handshake, and the session hears nothing.
      socket.once('error', reject);
      session.once('close', () => reject(new Error(`${address} closed the connection`)));
    });
    return new ExtProcClient(session, socket);
  }

  get session(): ClientHttp2Session {
    return this.#session;
  }

  /** The code of the server's GOAWAY, once one came. */
  get goaway(): number | undefined {
    return this.#goaway;
  }

  open(options: ExchangeOptions = {}): OpenExchange {
    return new Exchange(this.#session, options);
  }

  /** Sends a whole exchange and resolves with the server's end. */
  replay(plain: PlainExchange, options?: ExchangeOptions): Promise<StreamEnd> {
    const exchange = this.open(options);
    exchange.send(...partsOf(plain));
    return exchange.ended;
  }

  /** The connection breaks under its open streams, as when an Envoy is killed. */
  breakConnection(): void {
    this.#socket.destroy();
  }

  async close(): Promise<void> {
    if (this.#session.destroyed) return;
    const closed = once(this.#session, 'close');
    this.#session.destroy();
    await closed;
  }
}

function connectSocket(address: string, options?: ClientOptions): net.Socket {
  const separator = address.lastIndexOf(':');
  const where = address.startsWith('unix:')
    ? { path: address.slice('unix:'.length) }
    : {
        host: address.slice(0, separator).replace(/^\[|\]$/g, ''),
        port: Number(address.slice(separator + 1)),
      };
  if (options?.tls === undefined) return net.connect(where);
  return tls.connect({ ...where, ...options.tls, ALPNProtocols: ['h2'] });
}

/** Opens one exchange on a connection of its own, which is closed when the stream has ended. */
export async function openExchange(
  address: string,
  options?: ExchangeOptions & ClientOptions,
): Promise<OpenExchange> {
  const client = await ExtProcClient.connect(address, options);
  const exchange = client.open(options);
  void exchange.ended.then(() => client.close());
  return exchange;
}

/** Sends one whole exchange over a connection of its own and resolves with the server's end. */
export async function replayExchange(
  address: string,
  plain: PlainExchange,
  options?: ExchangeOptions & ClientOptions,
): Promise<StreamEnd> {
  const exchange = await openExchange(address, options);
  exchange.send(...partsOf(plain));
  return exchange.ended;
}

/** An HTTP exchange as a client and a live service see it. */
export interface PlainExchange {
  readonly request?: {
    /** Default GET. */
    readonly method?: string;
    /** Default `/`. */
    readonly path?: string;
    /** Default `shop.example`. */
    readonly authority?: string;
    readonly requestId?: string;
    readonly headers?: HeaderPairs;
    readonly body?: string | Uint8Array;
    readonly trailers?: HeaderPairs;
    readonly attributes?: AttributeValues;
  };
  readonly response?: {
    /** Default 200. */
    readonly status?: number;
    readonly headers?: HeaderPairs;
    readonly body?: string | Uint8Array;
    readonly trailers?: HeaderPairs;
    readonly attributes?: AttributeValues;
  };
  /** Default `http1`: the end of a body is an empty part of its own. */
  readonly protocol?: 'http1' | 'http2';
}

/** The parts that Envoy sends for an exchange: the request's, then the response's. */
export function partsOf({
  request = {},
  response = {},
  protocol = 'http1',
}: PlainExchange): Part[] {
  const requestId = request.requestId ?? crypto.randomUUID();
  const requestHeaders: HeaderPairs = [
    [':authority', request.authority ?? 'shop.example'],
    [':path', request.path ?? '/'],
    [':method', request.method ?? 'GET'],
    [':scheme', 'http'],
    ...(request.headers ?? []),
    ['x-forwarded-proto', 'http'],
    ['x-request-id', requestId],
  ];
  const requestAttributes = {
    'request.id': requestId,
    'request.time': '2026-11-23T10:00:00.000000000+00:00',
    'request.protocol': protocol === 'http1' ? 'HTTP/1.1' : 'HTTP/2',
    'source.address': '127.0.0.1:40000',
    'xds.route_name': 'default',
    'xds.cluster_name': 'live',
    ...request.attributes,
  };
  const responseAttributes = {
    'response.code_details': 'via_upstream',
    'response.flags': 0,
    'upstream.address': '127.0.0.1:9101',
    'upstream.request_attempt_count': 1,
    ...response.attributes,
  };
  const responseHeaders: HeaderPairs = [
    [':status', String(response.status ?? 200)],
    ...(response.headers ?? []),
  ];
  return [
    ...messageParts(
      'request',
      { ...request, headers: requestHeaders },
      requestAttributes,
      protocol,
    ),
    ...messageParts(
      'response',
      { ...response, headers: responseHeaders },
      responseAttributes,
      protocol,
    ),
  ];
}

function messageParts(
  side: 'request' | 'response',
  message: { headers: HeaderPairs; body?: string | Uint8Array; trailers?: HeaderPairs },
  attributes: AttributeValues,
  protocol: 'http1' | 'http2',
): Part[] {
  const body = Buffer.from(message.body ?? '');
  const { trailers } = message;
  const isAnnounced = message.headers.some(([name]) => name === 'content-length');
  const headers: HeaderPairs =
    body.length > 0 && trailers === undefined && !isAnnounced
      ? [...message.headers, ['content-length', String(body.length)]]
      : message.headers;
  const parts: Part[] = [
    {
      kind: `${side}_headers`,
      headers,
      endOfStream: body.length === 0 && trailers === undefined,
      attributes,
    },
  ];
  if (body.length > 0) {
    const isLast = protocol === 'http2' && trailers === undefined;
    parts.push({ kind: `${side}_body`, body, endOfStream: isLast });
    if (!isLast && trailers === undefined) {
      parts.push({ kind: `${side}_body`, body: '', endOfStream: true });
    }
  }
  if (trailers !== undefined) parts.push({ kind: `${side}_trailers`, trailers });
  return parts;
}

/** The bytes of a ProcessingRequest, as Envoy fills it: values in raw_value, an empty metadata_context. */
export function encodePart(part: Part, options?: { observability?: boolean }): Buffer {
  const message = {
    [camelCase(part.kind)]: payloadOf(part),
    metadataContext: {},
    observabilityMode: options?.observability ?? true,
    ...('attributes' in part && {
      attributes: { 'envoy.filters.http.ext_proc': structOf(part.attributes ?? {}) },
    }),
  };
  return encodeRequest(message);
}

/** The bytes of any ProcessingRequest, given in protobufjs's own form (names in camel case). */
export function encodeRequest(message: Record<string, unknown>): Buffer {
  const { request } = messages;
  return Buffer.from(request.encode(request.fromObject(message)).finish());
}

function payloadOf(part: Part): Record<string, unknown> {
  if ('headers' in part) {
    return { headers: headerMap(part.headers), endOfStream: part.endOfStream ?? false };
  }
  if ('body' in part) {
    return { body: Buffer.from(part.body), endOfStream: part.endOfStream ?? false };
  }
  return { trailers: headerMap(part.trailers) };
}

function headerMap(pairs: HeaderPairs): Record<string, unknown> {
  return { headers: pairs.map(([key, value]) => ({ key, rawValue: Buffer.from(value) })) };
}

function structOf(values: AttributeValues): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === null) fields[name] = { nullValue: 0 };
    else if (typeof value === 'string') fields[name] = { stringValue: value };
    else if (typeof value === 'number') fields[name] = { numberValue: value };
    else fields[name] = { boolValue: value };
  }
  return { fields };
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

class Exchange implements OpenExchange {
  readonly #stream: ClientHttp2Stream;
  readonly #observability: boolean;
  readonly #answers: string[] = [];
  #received = Buffer.alloc(0);
  #end: StreamEnd | undefined;
  readonly ended: Promise<StreamEnd>;

  constructor(session: ClientHttp2Session, options: ExchangeOptions) {
    this.#observability = options.observability ?? true;
    this.#stream = session.request(
      {
        ':method': 'POST',
        ':path': servicePath,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...options.metadata,
        ...(options.traceparent !== undefined && { traceparent: options.traceparent }),
        ...(options.tracestate !== undefined && { tracestate: options.tracestate }),
      },
      { endStream: false },
    );
    this.ended = new Promise((resolve) => {
      const onTrailers = (trailers: http2.IncomingHttpHeaders): void => {
        const status = trailers['grpc-status'];
        if (status === undefined) return;
        this.#end = { status: Number(status), message: String(trailers['grpc-message'] ?? '') };
        this.reset();
      };
      this.#stream.on('response', onTrailers);
      this.#stream.on('trailers', onTrailers);
      this.#stream.on('data', (chunk: Buffer) => this.#onData(chunk));
      this.#stream.on('error', () => {});
      this.#stream.once('close', () => resolve(this.#end ?? { status: undefined, message: '' }));
    });
  }

  get answers(): readonly string[] {
    return this.#answers;
  }

  get isOpen(): boolean {
    return this.#end === undefined && !this.#stream.closed;
  }

  send(...parts: readonly Part[]): void {
    const options = { observability: this.#observability };
    this.sendBytes(Buffer.concat(parts.map((part) => frame(encodePart(part, options), false))));
  }

  sendMessage(message: Uint8Array, compressed = false): void {
    this.sendBytes(frame(message, compressed));
  }

  sendBytes(bytes: Uint8Array): void {
    // Envoy sends nothing more on a stream that the server has ended.
    if (this.isOpen) this.#stream.write(bytes);
  }

  giveUp(deferredCloseMs = 0): void {
    const close = (): void => {
      this.#stream.end();
      this.#stream.close(envoyResetCode);
    };
    if (deferredCloseMs === 0) close();
    else setTimeout(close, deferredCloseMs);
  }

  halfClose(): void {
    this.#stream.end();
  }

  reset(): void {
    // close() would half-close first; an error becomes INTERNAL_ERROR.
    this.#stream.destroy(new Error('reset'));
  }

  #onData(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 5) {
      const length = this.#received.readUInt32BE(1);
      if (this.#received.length < 5 + length) return;
      const answer = messages.response.decode(this.#received.subarray(5, 5 + length));
      const { response: part } = messages.response.toObject(answer, { oneofs: true });
      this.#answers.push(String(part).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
      this.#received = this.#received.subarray(5 + length);
    }
  }
}

function frame(message: Uint8Array, compressed: boolean): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function loadMessages(): { request: protobuf.Type; response: protobuf.Type } {
  const folder = fileURLToPath(new URL('../../proto/', import.meta.url));
  const require = createRequire(import.meta.url);
  const descriptor = require('protobufjs/google/protobuf/descriptor.json') as {
    nested: { google: { nested: { protobuf: { nested: Record<string, unknown> } } } };
  };
  // Only the annotations need it; protobufjs ships it without registering it.
  protobuf.common('descriptor', descriptor.nested.google.nested.protobuf.nested);
  const root = new protobuf.Root();
  const resolvePath = root.resolvePath.bind(root);
  root.resolvePath = (origin, target) =>
    target.startsWith('google/protobuf/') ? resolvePath(origin, target) : folder + target;
  root.loadSync('envoy/service/ext_proc/v3/external_processor.proto');
  const name = 'envoy.service.ext_proc.v3.Processing';
  return {
    request: root.lookupType(`${name}Request`),
    response: root.lookupType(`${name}Response`),
  };
}
