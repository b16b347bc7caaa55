/**
 * Proves at start what neither grpc-js nor Node promises: that a server made by `startStreamServer` survives the
 * resets that Envoy sends, that its windows are large, and that messages which are not whole are in the byte budget.
 * Without them a twinspan under load would lose all exchanges of a connection at once, hand its own stalls to
 * customers, or need memory that no sum knows of.
 */
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';

import { ByteBudget } from '../base/byte-budget.ts';
import { systemClock } from '../base/clock.ts';
import { TwinspanError } from '../base/errors.ts';
import { createLog } from '../base/log.ts';
import { connectionWindowBytes, streamWindowBytes } from './http2-options.ts';
import { processMethod } from './reference.ts';
import { startStreamServer } from './server.ts';

/** Node's default is a burst of 1,000, so twice as many cannot pass by chance. */
const resetCount = 2000;
/** Declared by a message of which only the first byte comes. */
const unfinishedBytes = 1024;
/** Opened and reset together. */
const batchSize = 200;
const timeoutMs = 10_000;

/** Takes well under a second. Throws a TwinspanError `self_test_failed`. */
export async function proveServerLimits(): Promise<void> {
  const budget = new ByteBudget(1024 * 1024);
  const server = await startStreamServer({
    listen: '127.0.0.1:0',
    maxMessageBytes: unfinishedBytes,
    budget,
    maxConcurrentStreams: resetCount,
    deadlines: () => ({ idleMs: timeoutMs, maxDurationMs: timeoutMs }),
    requireObservability: () => false,
    admit: () => () => 'continue',
    clock: systemClock,
    log: createLog({ level: 'silent' }),
  });
  try {
    await proveLimitsOf(server.address);
    await proveUnfinishedCounted(server.address, budget);
  } finally {
    await server.close();
  }
}

/** That a message is in `budget`, once the server on `address` has its first byte. */
export async function proveUnfinishedCounted(address: string, budget: ByteBudget): Promise<void> {
  await withSession(address, async (session) => {
    const stream = open(session);
    const head = Buffer.alloc(6);
    head.writeUInt32BE(unfinishedBytes, 1);
    stream.write(head);
    await answersPing(session);
    if (budget.used < unfinishedBytes) throw failed('messages that it has begun are in no budget');
  });
}

/** The limits of any server of `Process` that listens on `address` (`host:port`). */
export async function proveLimitsOf(address: string): Promise<void> {
  await withSession(address, async (session) => {
    proveWindows(session);
    for (let done = 0; done < resetCount; done += batchSize) {
      for (let opened = 0; opened < batchSize; opened += 1) openAndReset(session);
      if (!(await answersPing(session))) {
        throw failed(
          `it closed the connection before ${done + batchSize} streams had been reset, as Envoy resets them`,
        );
      }
    }
  });
}

/** Runs `prove` with a connection on which the server answers. */
async function withSession(
  address: string,
  prove: (session: ClientHttp2Session) => Promise<void>,
): Promise<void> {
  const session = http2.connect(`http://${address}`);
  // What went wrong shows as a ping without an answer.
  session.on('error', () => {});
  const timer = setTimeout(() => session.destroy(), timeoutMs);
  try {
    await connected(session);
    if (!(await answersPing(session))) throw failed('it does not answer');
    await prove(session);
  } finally {
    clearTimeout(timer);
    session.destroy();
  }
}

function connected(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve) => {
    session.once('connect', () => resolve());
    session.once('close', resolve);
  });
}

function open(session: ClientHttp2Session): ClientHttp2Stream {
  const stream = session.request(
    {
      ':method': 'POST',
      ':path': processMethod.path,
      'content-type': 'application/grpc',
      te: 'trailers',
    },
    { endStream: false },
  );
  stream.once('error', () => {});
  return stream;
}

function openAndReset(session: ClientHttp2Session): void {
  const stream = open(session);
  // Not close(): it would half-close first, and nobody counts the reset of a stream that is over.
  stream.destroy(new Error('reset as Envoy resets'));
}

/** True once the server has dealt with all that was sent before; false when the connection is lost. */
function answersPing(session: ClientHttp2Session): Promise<boolean> {
  return new Promise((resolve) => {
    const onClose = (): void => resolve(false);
    if (session.destroyed || session.closed) {
      onClose();
      return;
    }
    session.once('close', onClose);
    session.ping((error) => {
      session.off('close', onClose);
      resolve(error === null && !session.closed);
    });
  });
}

function proveWindows(session: ClientHttp2Session): void {
  const stream = session.remoteSettings.initialWindowSize ?? 0;
  const connection = session.state.remoteWindowSize ?? 0;
  if (stream < streamWindowBytes || connection < connectionWindowBytes) {
    throw failed(
      `its windows are ${stream} bytes a stream and ${connection} bytes a connection, where ` +
        `${streamWindowBytes} and ${connectionWindowBytes} are needed`,
    );
  }
}

function failed(found: string): TwinspanError {
  return new TwinspanError(
    'self_test_failed',
    `the gRPC server does not keep up with Envoy: ${found}. Use the versions of Node and @grpc/grpc-js that ` +
      'twinspan was released with',
  );
}
