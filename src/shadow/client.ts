/**
 * Sends a duplicate to its target over HTTP/1.1 and tells what became of it; the only file that knows the
 * HTTP client. One request goes out at most once: no retry, no redirect, no pipelining. Everything is
 * bounded: connections, the time to the last byte, bytes of headers, of the body and of what is kept of it.
 * Path and header bytes go out as they are; the origin comes from the configuration alone.
 */
import { isIP } from 'node:net';

import { buildConnector, Pool, type Dispatcher } from 'undici';

import type { ByteBudget } from '../base/byte-budget.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Duplicate } from '../duplicate/duplicate.ts';
import { Call, type CallContext } from './call.ts';
import { egressHeader } from './egress.ts';
import type { ShadowResponse } from './shadow-response.ts';
import { readTlsFiles, type TlsFiles } from './tls.ts';

export interface ShadowClientOptions {
  /** Which target this is, the first part of its configuration keys (`shadow.tls`); default `shadow`. */
  readonly target?: 'shadow' | 'control';
  /** `http` or `https`; only its origin is used. */
  readonly url: string;
  /** The URL is an Envoy egress listener that sets `x-twinspan-egress`. */
  readonly egress: boolean;
  /** `preserve` sends the live authority as `Host`; a duplicate with an unusable one is not made. */
  readonly host: 'shadow' | 'preserve';
  /** From `send` to the last byte of the answer. */
  readonly timeoutMs: number;
  /** For a connection to be made, TLS included; default 1000. `timeoutMs` may end the wait earlier. */
  readonly connectTimeoutMs?: number;
  /** From the request to the end of the response headers; without it `timeoutMs` alone ends the wait. */
  readonly headersTimeoutMs?: number;
  readonly connections: number;
  /** A response body beyond this is not read to its end. */
  readonly maxResponseBytes: number;
  /** A response body beyond this is kept as length and SHA-256. */
  readonly maxBodyBytes: number;
  readonly budget: ByteBudget;
  /** Asked when a request is about to be written to a connection that may have taken long to make; default: yes. */
  readonly mayStart?: () => boolean;
  readonly tls?: TlsFiles;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ShadowClient {
  /**
   * Ends with an answer, a failure or `cancelled`; never rejects. The bytes of an answer stay taken from the
   * budget: its last reader gives them back.
   */
  send(duplicate: Duplicate, signal: AbortSignal): Promise<ShadowResponse>;
  /** Cancels what is under way and closes all connections. Idempotent. */
  close(): Promise<void>;
  /** How many `send`s have not ended. */
  readonly inFlight: number;
  /** A new value holds for what is sent from now on. */
  timeoutMs: number;
}

/** Envoy accepts 60 KiB of response headers by default: what live may answer, the shadow may answer. */
const maxHeaderBytes = 64 * 1024;
const defaultConnectTimeoutMs = 1000;

/** Throws a TwinspanError when a TLS file cannot be used. */
export function createShadowClient(options: ShadowClientOptions): ShadowClient {
  const { target = 'shadow' } = options;
  const { pool, serverName } = createPool(options, target);
  const calls = new Set<Call>();
  // A request that waits inside the HTTP client for a connection cannot be taken back, so none waits there:
  // it holds at most one request a connection, the others wait here.
  const waiting = new Set<Call>();
  let freeConnections = options.connections;
  let timeoutMs = options.timeoutMs;
  let closing: Promise<void> | undefined;
  let warned = false;

  const context: CallContext = {
    clock: options.clock,
    budget: options.budget,
    maxResponseBytes: options.maxResponseBytes,
    maxBodyBytes: options.maxBodyBytes,
    egress: options.egress,
    mayStart: options.mayStart ?? (() => true),
    onEgressHeaderMissing() {
      if (warned) return;
      warned = true;
      options.log.warn(
        { event: 'egress_header_missing', target },
        `${target}.egress is on, but an answer came without ${egressHeader}, so that answers of the proxy count ` +
          `as answers of the ${target}: let the egress listener set the header, or switch ${target}.egress off`,
      );
    },
    onSettled(call) {
      calls.delete(call);
      waiting.delete(call);
    },
    onReleased() {
      freeConnections += 1;
      // Not at once: the HTTP client calls from inside its parser, which must not be entered twice.
      if (waiting.size > 0) queueMicrotask(dispatchWaiting);
    },
  };

  function dispatchWaiting(): void {
    for (const call of waiting) {
      if (freeConnections === 0) return;
      waiting.delete(call);
      dispatch(call);
    }
  }

  function dispatch(call: Call): void {
    freeConnections -= 1;
    const { request, headers } = call.duplicate;
    const flat = headers.flat as string[];
    const dispatchOptions: Dispatcher.DispatchOptions & { servername: string } = {
      path: request.path,
      method: request.method,
      headers: options.host === 'preserve' ? [...flat, 'host', request.authority] : flat,
      body: request.body.bytes ?? null,
      headersTimeout: options.headersTimeoutMs ?? 0,
      bodyTimeout: 0,
      // Otherwise the name to verify would follow the `Host` header, which a customer chose.
      servername: serverName,
    };
    pool.dispatch(dispatchOptions, call);
  }

  return {
    send(duplicate, signal) {
      return new Promise((resolve) => {
        const call = new Call(duplicate, context, resolve);
        if (closing !== undefined || signal.aborted) return call.cancel();
        calls.add(call);
        call.limit(timeoutMs, signal);
        if (freeConnections > 0) dispatch(call);
        else waiting.add(call);
      });
    },
    close() {
      if (closing === undefined) {
        for (const call of calls) call.cancel();
        closing = pool.destroy();
      }
      return closing;
    },
    get inFlight() {
      return calls.size;
    },
    get timeoutMs() {
      return timeoutMs;
    },
    set timeoutMs(value) {
      timeoutMs = value;
    },
  };
}

function createPool(
  options: ShadowClientOptions,
  target: string,
): { pool: Pool; serverName: string } {
  const { protocol, hostname, origin } = new URL(options.url);
  const isTls = protocol === 'https:';
  const serverName = options.tls?.serverName ?? hostname.replace(/^\[|\]$/g, '');
  const connect = buildConnector({
    allowH2: false,
    timeout: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
    ...(isTls && {
      secureContext: readTlsFiles(options.tls ?? {}, `${target}.tls`),
      // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED cannot unsay it.
      rejectUnauthorized: true,
    }),
  });
  // An address is verified as such, but must not be asked for by name (RFC 6066 section 3).
  const servername = isTls && isIP(serverName) === 0 ? serverName : '';
  const pool = new Pool(origin, {
    connections: options.connections,
    connect: (connection, callback) => connect({ ...connection, servername }, callback),
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: maxHeaderBytes,
    strictContentLength: true,
    useMilo: false,
  });
  return { pool, serverName };
}
