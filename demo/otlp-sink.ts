/**
 * A small collector: takes OTLP/HTTP protobuf at `POST /v1/traces`, keeps the spans in memory to be looked at, and
 * appends each export as a line of OTLP/JSON to a file. Answers as the OTLP specification asks (200 with an empty
 * response message, errors with a Status message). Bounded: the file in bytes, the memory in spans, a request in size;
 * what is over a bound is dropped and counted.
 *
 * OTLP/HTTP: https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeSync, openSync, writeSync } from 'node:fs';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import {
  decodeTraceExport,
  encodeRpcStatus,
  encodeTraceExportResponse,
  type ReceivedSpan,
} from './otlp-trace.ts';

/** Where to listen and what to keep. */
export type OtlpSinkOptions = {
  /** Port on 127.0.0.1; 0 or none takes a free one. */
  readonly port?: number;
  /** File for OTLP/JSON lines; emptied at start. Without it nothing is written. */
  readonly file?: { readonly path: string; readonly maxBytes: number };
  /** How many spans stay in memory; later ones are only written to the file. */
  readonly maxSpans?: number;
};

/** A running sink. */
export type OtlpSink = {
  /** Base URL, as an exporter's endpoint wants it: `http://127.0.0.1:4318`. */
  readonly url: string;
  /** Every span received and kept, in order of arrival. */
  readonly spans: readonly ReceivedSpan[];
  /** Spans that did not fit in memory, and exports that did not fit in the file. */
  readonly dropped: { readonly spans: number; readonly lines: number };
  /**
   * Resolves as soon as the spans satisfy the predicate, which is asked now and at every arrival. Rejects after
   * `timeoutMs` (10 s) or when the sink stops.
   */
  waitFor(
    predicate: (spans: readonly ReceivedSpan[]) => boolean,
    timeoutMs?: number,
  ): Promise<void>;
  /** Stops listening and closes the file. May be called twice. */
  stop(): Promise<void>;
};

const MAX_REQUEST_BYTES = 20 * 1024 * 1024;
const MAX_SPANS = 200_000;
const WAIT_TIMEOUT_MS = 10_000;
const PROTOBUF = 'application/x-protobuf';

const unzip = promisify(gunzip);

class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

type Waiter = { readonly check: () => void; readonly reject: (error: Error) => void };

/** Starts a sink on loopback. Rejects when the port is taken or the file cannot be opened. */
export async function startOtlpSink(options: OtlpSinkOptions = {}): Promise<OtlpSink> {
  const spans: ReceivedSpan[] = [];
  const dropped = { spans: 0, lines: 0 };
  const waiters = new Set<Waiter>();
  const maxSpans = options.maxSpans ?? MAX_SPANS;
  const writeLine = options.file && lineWriter(options.file.path, options.file.maxBytes);

  const receive = (body: Buffer) => {
    const received = decodeTraceExport(body);
    if (received.spans.length > 0 && writeLine?.(JSON.stringify(received.json)) === 'full') {
      dropped.lines += 1;
    }
    const kept = received.spans.slice(0, maxSpans - spans.length);
    for (const span of kept) spans.push(span);
    dropped.spans += received.spans.length - kept.length;
    for (const waiter of waiters) waiter.check();
  };

  const server = createServer((request, response) => {
    void respond(request, response, receive);
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    dropped,
    waitFor: (predicate, timeoutMs = WAIT_TIMEOUT_MS) =>
      waitFor(spans, predicate, timeoutMs, waiters),
    stop: async () => {
      for (const waiter of waiters) waiter.reject(new Error('the OTLP sink was stopped'));
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      writeLine?.close();
    },
  };
}

function waitFor(
  spans: readonly ReceivedSpan[],
  predicate: (spans: readonly ReceivedSpan[]) => boolean,
  timeoutMs: number,
  waiters: Set<Waiter>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(timer);
      waiters.delete(waiter);
      then();
    };
    const waiter: Waiter = {
      check: () => {
        try {
          if (predicate(spans)) settle(resolve);
        } catch (error) {
          settle(() => reject(error));
        }
      },
      reject: (error) => settle(() => reject(error)),
    };
    const timer = setTimeout(() => {
      const names = [...new Set(spans.map((span) => span.name))].join(', ');
      waiter.reject(
        new Error(
          `the spans awaited did not come within ${timeoutMs} ms; ${spans.length} came: ${names}`,
        ),
      );
    }, timeoutMs);
    waiters.add(waiter);
    waiter.check();
  });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  receive: (body: Buffer) => void,
): Promise<void> {
  let status = 200;
  let headers: Readonly<Record<string, string>> = {};
  let body: Uint8Array;
  try {
    receive(await readExport(request));
    body = encodeTraceExportResponse();
  } catch (error) {
    if (request.destroyed && !request.complete) return;
    const refusal = error instanceof Refusal ? error : new Refusal(400, (error as Error).message);
    ({ status, headers } = refusal);
    body = encodeRpcStatus(refusal.message);
  }
  request.resume();
  response.writeHead(status, {
    ...headers,
    ...(request.complete ? {} : { connection: 'close' }),
    'content-type': PROTOBUF,
    'content-length': body.length,
  });
  response.end(body);
}

async function readExport(request: IncomingMessage): Promise<Buffer> {
  if ((request.url ?? '').split('?', 1)[0] !== '/v1/traces') {
    throw new Refusal(404, 'only /v1/traces is here');
  }
  if (request.method !== 'POST') throw new Refusal(405, 'use POST', { allow: 'POST' });
  const mediaType = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== PROTOBUF) throw new Refusal(415, `the content-type must be ${PROTOBUF}`);
  const body = await readBody(request);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  switch (encoding) {
    case 'identity':
      return body;
    case 'gzip':
      return unzip(body, { maxOutputLength: MAX_REQUEST_BYTES });
    default:
      throw new Refusal(415, `content-encoding ${encoding} is not known here; use gzip or none`);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // By default leaving the loop destroys the socket, and the 413 with it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_REQUEST_BYTES) {
      throw new Refusal(413, `an export may have ${MAX_REQUEST_BYTES} bytes`);
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

type LineWriter = ((line: string) => 'written' | 'full') & { close(): void };

/** Synchronous, so that a line is on disk before its export is answered; a demo's amount of spans allows it. */
function lineWriter(path: string, maxBytes: number): LineWriter {
  const file = openSync(path, 'w');
  let bytes = 0;
  const write = (line: string) => {
    const record = Buffer.from(`${line}\n`);
    if (bytes + record.length > maxBytes) return 'full';
    try {
      bytes += writeSync(file, record);
    } catch {
      // A disk that refuses is as good as full: the spans stay in memory and the sender is not to blame.
      return 'full';
    }
    return 'written';
  };
  return Object.assign(write, { close: () => closeSync(file) });
}
