/**
 * The HTTP/2 limits that a server of Envoy's side streams needs and that grpc-js has no option for. grpc-js calls
 * `http2.createServer` through the module object, so the functions are replaced while it creates its server, and
 * put back in the same tick. docs/discoveries/grpc-js.md tells why; the self-test at start proves the effect.
 */
import http2, { type ServerHttp2Session } from 'node:http2';

import { TwinspanError } from '../base/errors.ts';

/**
 * Envoy takes back-pressure on a side stream out on the customer (envoyproxy/envoy#34769), so the windows must
 * never fill: a stalled event loop has this much to catch up with before Envoy notices.
 */
export const streamWindowBytes = 8 * 1024 * 1024;
export const connectionWindowBytes = 64 * 1024 * 1024;

/**
 * Envoy resets every stream of the filter, and Node closes the connection after 1,000 resets and then 33 a second
 * (CVE-2023-44487). Both options must be set for either to have an effect.
 */
const resets = { streamResetBurst: 1_000_000, streamResetRate: 1_000_000 };

const limits = {
  ...resets,
  maxHeaderListPairs: 128,
  maxOutstandingPings: 10,
  maxSessionInvalidFrames: 100,
  maxSettings: 32,
};

const settings = {
  initialWindowSize: streamWindowBytes,
  maxHeaderListSize: 64 * 1024,
  enablePush: false,
};

type Create = (options: http2.ServerOptions) => http2.Http2Server;

/** Runs `create`, which must create exactly one HTTP/2 server by way of grpc-js; `onSession` hears of its connections. */
export function withHttp2Options<Result>(
  create: () => Result,
  onSession: (session: ServerHttp2Session) => void,
): Result {
  const module = http2 as unknown as { createServer: Create; createSecureServer: Create };
  const { createServer, createSecureServer } = module;
  let created = 0;
  const wrap =
    (original: Create): Create =>
    (options) => {
      created += 1;
      const server = original({
        ...options,
        ...limits,
        settings: { ...options.settings, ...settings },
      });
      server.on('session', (session) => {
        session.setLocalWindowSize(connectionWindowBytes);
        onSession(session);
      });
      return server;
    };
  module.createServer = wrap(createServer);
  module.createSecureServer = wrap(createSecureServer);
  let result: Result;
  try {
    result = create();
  } finally {
    module.createServer = createServer;
    module.createSecureServer = createSecureServer;
  }
  if (created !== 1) {
    throw new TwinspanError(
      'self_test_failed',
      `the limits of the gRPC server cannot be set: @grpc/grpc-js created ${created} HTTP/2 servers where 1 was ` +
        'expected; use the version of @grpc/grpc-js that twinspan was released with',
    );
  }
  return result;
}
