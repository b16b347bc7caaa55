/**
 * An ext_proc server that stands in for twinspan where only Envoy's behaviour is looked at: it takes every stream,
 * keeps the first bytes that it was sent and ends the stream with OK. Its HTTP/2 windows are large, as twinspan's are,
 * because Envoy's behaviour towards a server that stands still depends on them.
 *
 * `fork` of this file gives one in a process of its own, which can be stopped; it tells its port, then the number of
 * the exchanges seen, at each one.
 */
import { EventEmitter, on, once } from 'node:events';
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';

const STREAM_WINDOW_BYTES = 8 * 1024 * 1024;
const CONNECTION_WINDOW_BYTES = 64 * 1024 * 1024;

export interface ExtProcListener {
  readonly port: number;
  /** The first message of each exchange shown, as Latin-1 text, in which paths and header values can be found. */
  readonly exchanges: readonly string[];
  /** Resolves when an exchange whose first message contains `text` has been shown, at once if it already has. */
  shown(text: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startExtProcListener(): Promise<ExtProcListener> {
  const exchanges: string[] = [];
  const arrivals = new EventEmitter();
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({ settings: { initialWindowSize: STREAM_WINDOW_BYTES } });
  server.on('session', (session) => {
    sessions.add(session);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream) => {
    // Envoy follows every end with a reset.
    stream.on('error', () => {});
    stream.once('data', (bytes: Buffer) => {
      exchanges.push(bytes.toString('latin1'));
      arrivals.emit('exchange');
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc' },
        { waitForTrailers: true },
      );
      stream.end();
      stream.resume();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    exchanges,
    async shown(text) {
      const arrived = () => exchanges.some((exchange) => exchange.includes(text));
      if (arrived()) return;
      for await (const _ of on(arrivals, 'exchange')) if (arrived()) return;
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

if (import.meta.main) {
  const listener = await startExtProcListener();
  process.send?.({ port: listener.port });
  // Ends with the test that started it, also when that dies.
  process.once('disconnect', () => process.exit());
  await listener.shown('');
  process.send?.({ shown: true });
}
