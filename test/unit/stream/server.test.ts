import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';

import grpc from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';

import { ByteBudget } from '../../../src/base/byte-budget.ts';
import type { LiveContext, LiveEvent } from '../../../src/stream/live-event.ts';
import { maxConnections } from '../../../src/stream/listen.ts';
import { processMethod } from '../../../src/stream/reference.ts';
import {
  startStreamServer,
  type StreamServer,
  type StreamServerOptions,
} from '../../../src/stream/server.ts';
import {
  ExtProcClient,
  encodePart,
  openExchange,
  partsOf,
  replayExchange,
  type Part,
} from '../../kit/ext-proc-client.ts';
import { captureLog } from './capture-log.ts';
import { createManualClock, type ManualClock } from '../../kit/manual-clock.ts';

const maxMessageBytes = 64 * 1024;
const headersOnly: Part = { kind: 'request_headers', headers: [], endOfStream: true };
const lastPart: Part = { kind: 'response_headers', headers: [], endOfStream: true };
const ok = { status: 0, message: '' };

/** One RPC as the server's listener met it. */
interface Heard {
  readonly context: LiveContext;
  readonly events: LiveEvent[];
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
}

interface Fixture {
  readonly server: StreamServer;
  readonly clock: ManualClock;
  readonly heard: readonly Heard[];
  /** The next RPC that is not in `heard` yet. */
  nextRpc(): Promise<Heard>;
  /** Resolves when RPC `index` has heard that many events. */
  events(index: number, count: number): Promise<void>;
  connect(): Promise<ExtProcClient>;
}

async function start(
  context: TestContext,
  options?: Partial<StreamServerOptions>,
): Promise<Fixture> {
  const clock = createManualClock();
  const heard: Heard[] = [];
  const waiting = new Set<() => void>();
  const changed = (): void => {
    for (const check of waiting) check();
  };
  const until = (isReached: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!isReached()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  const server = await startStreamServer({
    listen: '127.0.0.1:0',
    maxMessageBytes,
    budget: new ByteBudget(16 * maxMessageBytes),
    maxConcurrentStreams: 10_000,
    deadlines: () => ({ idleMs: 10_000, maxDurationMs: 60_000 }),
    requireObservability: () => false,
    clock,
    log: captureLog().log,
    admit(liveContext) {
      const events: LiveEvent[] = [];
      let onEnd!: (how: string) => void;
      const ended = new Promise<string>((resolve) => (onEnd = resolve));
      heard.push({ context: liveContext, events, ended });
      changed();
      return (event) => {
        events.push(event);
        if (event.kind === 'ended') onEnd(event.how);
        changed();
        return 'continue';
      };
    },
    ...options,
  });
  const clients: ExtProcClient[] = [];
  context.after(async () => {
    for (const client of clients) await client.close();
    await server.close();
  });
  return {
    server,
    clock,
    heard,
    async nextRpc() {
      const { length } = heard;
      await until(() => heard.length > length);
      return heard[length]!;
    },
    events: (index, count) => until(() => (heard[index]?.events.length ?? 0) >= count),
    async connect() {
      const client = await ExtProcClient.connect(server.address);
      clients.push(client);
      return client;
    },
  };
}

/** A stream of a client that sends and then does nothing, whatever the server does. */
function openMute(client: ExtProcClient, messages: readonly Buffer[]): http2.ClientHttp2Stream {
  const stream = client.session.request(
    { ':method': 'POST', ':path': processMethod.path, 'content-type': 'application/grpc' },
    { endStream: false },
  );
  stream.on('error', () => {});
  stream.resume();
  for (const message of messages) {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    stream.write(Buffer.concat([head, message]));
  }
  return stream;
}

/** The results that occurred. */
function counted(server: StreamServer): Record<string, number> {
  return Object.fromEntries(Object.entries(server.results).filter(([, count]) => count > 0));
}

function kinds(heard: Heard): string[] {
  return heard.events.map((event) => (event.kind === 'ended' ? event.how : event.kind));
}

test('a whole exchange ends with OK as soon as its last part is there', async (context) => {
  const { server, heard } = await start(context);
  const end = await replayExchange(
    server.address,
    { request: { method: 'POST', body: 'question' }, response: { body: 'answer' } },
    { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b' },
  );
  assert.deepEqual(end, ok);
  assert.deepEqual(kinds(heard[0]!), [
    'request_headers',
    'request_body',
    'request_body',
    'response_headers',
    'response_body',
    'response_body',
    'complete',
  ]);
  assert.deepEqual(heard[0]!.context, {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tracestate: 'a=b',
  });
  assert.deepEqual(counted(server), { complete: 1 });
});

test('a call without trace context has none', async (context) => {
  const { server, heard } = await start(context);
  await replayExchange(server.address, {}, { metadata: { tracestate: 'a=b' } });
  assert.deepEqual(heard[0]!.context, {});
});

test('exchanges of one connection do not disturb each other', async (context) => {
  const { server, connect } = await start(context);
  const client = await connect();
  const ends = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      client.replay({
        request: { method: 'POST', body: 'a'.repeat(index * 10) },
        response: { body: 'b'.repeat(index * 100) },
        protocol: index % 2 === 0 ? 'http1' : 'http2',
      }),
    ),
  );
  assert.ok(ends.every(({ status }) => status === 0));
  assert.deepEqual(counted(server), { complete: 200 });
  assert.equal(server.openStreams, 0);
});

test('bytes that are no message end their own RPC, with OK, and no other', async (context) => {
  const { server, connect, events, heard } = await start(context);
  const client = await connect();
  const other = client.open();
  other.send(headersOnly);
  await events(0, 1);
  const garbage = client.open();
  garbage.sendMessage(Buffer.from('this is no ProcessingRequest'));
  assert.deepEqual(await garbage.ended, ok);
  assert.deepEqual(counted(server), { undecodable: 1 });
  assert.ok(other.isOpen);
  other.send(lastPart);
  assert.deepEqual(await other.ended, ok);
  assert.deepEqual(kinds(heard[0]!), ['request_headers', 'response_headers', 'complete']);
});

test('a message beyond the limit is discarded and its RPC ends with OK', async (context) => {
  const { server, connect, events, heard } = await start(context);
  const client = await connect();
  const exchange = client.open();
  exchange.send({ kind: 'request_headers', headers: [] });
  await events(0, 1);
  const tooLarge: Part = { kind: 'request_body', body: Buffer.alloc(maxMessageBytes) };
  assert.ok(encodePart(tooLarge).length > maxMessageBytes);
  exchange.send(tooLarge);
  assert.deepEqual(await exchange.ended, ok);
  assert.equal(await heard[0]!.ended, 'undecodable');
  assert.deepEqual(counted(server), { undecodable_part: 1 });
  const atLimit = client.open();
  const room =
    maxMessageBytes - encodePart({ kind: 'request_body', body: Buffer.alloc(40_000) }).length;
  atLimit.send(
    { kind: 'request_headers', headers: [] },
    { kind: 'request_body', body: Buffer.alloc(40_000 + room) },
    { kind: 'request_trailers', trailers: [] },
    lastPart,
  );
  assert.deepEqual(await atLimit.ended, ok);
  assert.equal(await heard[1]!.ended, 'complete');
  assert.equal(client.goaway, undefined);
});

test('a length of four gigabytes ends the RPC with OK, and what follows is discarded', async (context) => {
  const { server, connect } = await start(context);
  const client = await connect();
  const exchange = client.open();
  exchange.sendBytes(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]));
  for (let sent = 0; sent < 20; sent += 1) exchange.sendBytes(Buffer.alloc(16_384));
  assert.deepEqual(await exchange.ended, ok);
  assert.deepEqual(counted(server), { undecodable: 1 });
  assert.deepEqual(await client.replay({}), ok);
});

for (const [title, encoding, message] of [
  ['that is badly compressed', 'gzip', Buffer.from('no gzip')],
  ['in an unknown compression', 'snappy', Buffer.from('anything')],
  ['that decompresses beyond the limit', 'gzip', gzipSync(Buffer.alloc(4 * maxMessageBytes))],
] as const) {
  test(`a message ${title} ends its RPC with OK`, async (context) => {
    const { server, connect, heard } = await start(context);
    const client = await connect();
    const exchange = client.open({ metadata: { 'grpc-encoding': encoding } });
    exchange.sendMessage(message, true);
    assert.deepEqual(await exchange.ended, ok);
    assert.equal(await heard[0]!.ended, 'undecodable');
    assert.deepEqual(counted(server), { undecodable: 1 });
    assert.deepEqual(await client.replay({}), ok);
  });
}

/** The head of a message and its first byte. */
function begun(length = maxMessageBytes): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

/** Resolves once the server has read all that was sent before. */
function answered({ session }: ExtProcClient): Promise<void> {
  return new Promise((resolve, reject) => {
    session.ping((error) => (error === null ? resolve() : reject(error)));
  });
}

test('messages that are begun and never end take no more than the budget, and those beyond end with OK', async (context) => {
  const budget = new ByteBudget(10 * (maxMessageBytes + 5));
  const { server, connect } = await start(context, { budget });
  const client = await connect();
  const exchanges = Array.from({ length: 30 }, () => client.open());
  for (const exchange of exchanges) exchange.sendBytes(begun());
  const ends = await Promise.all(exchanges.slice(10).map(({ ended }) => ended));
  assert.deepEqual(new Set(ends.map(({ status }) => status)), new Set([0]));
  assert.deepEqual(counted(server), { bytes_exhausted: 20 });
  assert.equal(server.openStreams, 10);
  assert.equal(budget.used, budget.max);
  for (const exchange of exchanges.slice(0, 10)) exchange.reset();
  await answered(client);
  assert.equal(budget.used, 0);
});

test('a message that comes in pieces holds nothing once it is read, while its RPC goes on', async (context) => {
  const budget = new ByteBudget(1000);
  const { connect, events } = await start(context, { budget });
  const client = await connect();
  const exchange = client.open();
  const message = encodePart(headersOnly);
  exchange.sendBytes(Buffer.of(0, 0, 0, 0, message.length));
  await answered(client);
  assert.equal(budget.used, 5 + message.length);
  exchange.sendBytes(message);
  await events(0, 1);
  assert.equal(budget.used, 0);
  assert.ok(exchange.isOpen);
});

test('an exchange of which a later message has no room ends as bytes_exhausted, with OK', async (context) => {
  const budget = new ByteBudget(1000);
  const { server, connect, events, heard } = await start(context, { budget });
  const client = await connect();
  const exchange = client.open();
  exchange.send({ kind: 'request_headers', headers: [] });
  await events(0, 1);
  exchange.sendBytes(begun(2000));
  assert.deepEqual(await exchange.ended, ok);
  assert.deepEqual(kinds(heard[0]!), ['request_headers', 'bytes_exhausted']);
  assert.deepEqual(counted(server), { bytes_exhausted: 1 });
  assert.deepEqual(await client.replay({}), ok);
});

for (const [how, end] of [
  [
    'its filter is synchronous and never ends the stream',
    (fixture: Fixture) => fixture.clock.advance(10_100),
  ],
  ['its connection breaks', (_fixture: Fixture, client: ExtProcClient) => client.breakConnection()],
  ['twinspan goes away', (fixture: Fixture) => fixture.server.endAll()],
] as const) {
  test(`an unfinished message gives its bytes back when ${how}`, async (context) => {
    const budget = new ByteBudget(maxMessageBytes + 5);
    const fixture = await start(context, { budget });
    const client = await fixture.connect();
    const stream = openMute(client, [encodePart(headersOnly, { observability: false })]);
    await fixture.events(0, 1);
    stream.write(begun());
    await answered(client);
    assert.equal(budget.used, budget.max);
    end(fixture, client);
    await fixture.heard[0]!.ended;
    assert.equal(budget.used, 0);
    assert.equal(fixture.server.openStreams, 0);
  });
}

test('health checks that never end have little room, and take none from exchanges', async (context) => {
  const budget = new ByteBudget(0);
  const { connect } = await start(context, { budget });
  const client = await connect();
  const { session } = client;
  const check = (): http2.ClientHttp2Stream => {
    const stream = session.request(
      {
        ':method': 'POST',
        ':path': '/grpc.health.v1.Health/Check',
        'content-type': 'application/grpc',
      },
      { endStream: false },
    );
    context.after(() => stream.destroy());
    stream.on('error', () => {}).resume();
    return stream;
  };
  const first = check();
  first.write(begun(60_000));
  const second = check();
  second.write(begun(60_000));
  const [headers] = (await once(second, 'response')) as [http2.IncomingHttpHeaders];
  assert.equal(headers['grpc-status'], String(grpc.status.RESOURCE_EXHAUSTED));
  first.destroy(new Error('reset'));
  await once(first, 'close').catch(() => {});
  await answered(client);
  const third = check();
  const message = Buffer.alloc(60_000);
  // An unknown field of it fills the message.
  message.set([0x12, 0xdc, 0xd4, 0x03]);
  third.write(begun(message.length).subarray(0, 5));
  third.end(message);
  const [answer] = (await once(third, 'response')) as [http2.IncomingHttpHeaders];
  assert.equal(answer['grpc-status'], undefined);
});

test('a compressed message is read as what it is', async (context) => {
  const { connect, heard } = await start(context);
  const client = await connect();
  const exchange = client.open({ metadata: { 'grpc-encoding': 'gzip' } });
  exchange.sendMessage(gzipSync(encodePart(headersOnly)), true);
  exchange.sendMessage(encodePart(lastPart), false);
  assert.deepEqual(await exchange.ended, ok);
  assert.deepEqual(kinds(heard[0]!), ['request_headers', 'response_headers', 'complete']);
});

test('thousands of messages that wait behind a slow one are read without deep recursion', async (context) => {
  const { stackTraceLimit } = Error;
  context.after(() => (Error.stackTraceLimit = stackTraceLimit));
  const depths: number[] = [];
  const { server } = await start(context, {
    admit: () => (event) => {
      if (event.kind !== 'ended') {
        Error.stackTraceLimit = 100_000;
        depths.push(new Error('here').stack!.split('\n').length);
      }
      return 'continue';
    },
  });
  const exchange = await openExchange(server.address, { metadata: { 'grpc-encoding': 'gzip' } });
  const framed = (message: Buffer, compressed: number): Buffer =>
    Buffer.concat([Buffer.of(compressed, 0, 0, 0, message.length), message]);
  // All in one frame of HTTP/2; the empty messages are as many as fit between the others.
  exchange.sendBytes(
    Buffer.concat([
      framed(gzipSync(encodePart({ kind: 'request_headers', headers: [] })), 1),
      Buffer.alloc(5 * 3_200),
      framed(encodePart({ kind: 'request_trailers', trailers: [] }), 0),
      framed(encodePart(lastPart), 0),
    ]),
  );
  assert.deepEqual(await exchange.ended, ok);
  assert.equal(depths.length, 3);
  assert.ok(Math.max(...depths) < 100, String(depths));
});

test('a deadline of the call that is none, or that has passed, ends the RPC with OK', async (context) => {
  const { server, connect, heard } = await start(context);
  const client = await connect();
  const malformed = client.open({ metadata: { 'grpc-timeout': 'soon' } });
  assert.deepEqual(await malformed.ended, ok);
  const passed = client.open({ metadata: { 'grpc-timeout': '1m' } });
  assert.deepEqual(await passed.ended, ok);
  assert.deepEqual(await Promise.all(heard.map(({ ended }) => ended)), [
    'undecodable',
    'cancelled',
  ]);
  assert.deepEqual(counted(server), { undecodable: 1, empty: 1 });
});

test('a synchronous filter gets a continue for each part, then OK', async (context) => {
  const { server } = await start(context);
  const exchange = await openExchange(server.address, { observability: false });
  exchange.send(
    ...partsOf({
      request: { method: 'POST', body: 'a' },
      response: { body: 'b', trailers: [['x-sum', '1']] },
    }),
  );
  assert.deepEqual(await exchange.ended, ok);
  assert.deepEqual(exchange.answers, [
    'request_headers',
    'request_body',
    'request_body',
    'response_headers',
    'response_body',
    'response_trailers',
  ]);
  assert.equal(server.synchronousStreams, 1);
});

test('a synchronous filter gets its answer before the next part is sent', async (context) => {
  const { server, events, heard } = await start(context);
  const exchange = await openExchange(server.address, { observability: false });
  for (const [index, part] of [headersOnly, lastPart].entries()) {
    exchange.send(part);
    await events(0, index + 1);
  }
  assert.deepEqual(await exchange.ended, ok);
  assert.deepEqual(exchange.answers, ['request_headers', 'response_headers']);
  assert.equal(await heard[0]!.ended, 'complete');
});

test('where observability is required a synchronous filter is let go with OK and no answer', async (context) => {
  const { server, heard } = await start(context, { requireObservability: () => true });
  const exchange = await openExchange(server.address, { observability: false });
  exchange.send(headersOnly);
  assert.deepEqual(await exchange.ended, ok);
  assert.deepEqual(exchange.answers, []);
  assert.deepEqual(kinds(heard[0]!), ['unsafe']);
});

test('an early response is complete once its request has ended, too', async (context) => {
  const { connect, events, heard } = await start(context);
  const client = await connect();
  const exchange = client.open();
  exchange.send({ kind: 'request_headers', headers: [] }, lastPart);
  await events(0, 2);
  assert.ok(exchange.isOpen);
  exchange.send({ kind: 'request_body', body: 'late', endOfStream: true });
  assert.deepEqual(await exchange.ended, ok);
  assert.equal(await heard[0]!.ended, 'complete');
});

test('an early response to a request that never ends is let go after a second', async (context) => {
  const { clock, server, events, heard } = await start(context);
  const exchange = await openExchange(server.address);
  exchange.send({ kind: 'request_headers', headers: [] }, lastPart);
  await events(0, 2);
  clock.advance(1_100);
  assert.deepEqual(await exchange.ended, ok);
  assert.equal(await heard[0]!.ended, 'request_endless');
});

test('an exchange that goes silent ends with OK after the idle deadline', async (context) => {
  const { clock, server, events, heard } = await start(context);
  const exchange = await openExchange(server.address);
  exchange.send(headersOnly);
  await events(0, 1);
  clock.advance(10_100);
  assert.deepEqual(await exchange.ended, ok);
  assert.equal(await heard[0]!.ended, 'idle');
});

test('a half-close that a reset follows at once is heard as a half-close', async (context) => {
  const { connect, events, heard } = await start(context);
  const client = await connect();
  for (let round = 0; round < 20; round += 1) {
    const exchange = client.open();
    exchange.send(headersOnly, { kind: 'response_headers', headers: [] });
    await events(round, 2);
    exchange.giveUp();
    assert.equal(await heard[round]!.ended, 'half_close');
  }
});

test('a half-close alone ends the RPC with OK', async (context) => {
  const { server, connect } = await start(context);
  const client = await connect();
  const exchange = client.open();
  exchange.send(headersOnly);
  exchange.halfClose();
  assert.deepEqual(await exchange.ended, ok);
  assert.deepEqual(counted(server), { half_close: 1 });
});

test('a reset is heard as cancelled', async (context) => {
  const { server, connect, events, heard } = await start(context);
  const client = await connect();
  const exchange = client.open();
  exchange.send(headersOnly);
  await events(0, 1);
  exchange.reset();
  assert.equal(await heard[0]!.ended, 'cancelled');
  assert.deepEqual(counted(server), { cancelled: 1 });
});

test('a connection that breaks cancels its exchanges', async (context) => {
  const { server, connect, events, heard } = await start(context);
  const client = await connect();
  for (let index = 0; index < 3; index += 1) {
    client.open().send(headersOnly);
    await events(index, 1);
  }
  client.breakConnection();
  assert.deepEqual(await Promise.all(heard.map(({ ended }) => ended)), [
    'cancelled',
    'cancelled',
    'cancelled',
  ]);
  assert.deepEqual(counted(server), { cancelled: 3 });
  assert.equal(server.openStreams, 0);
});

test('streams that are opened and reset at once leave nothing open', async (context) => {
  const { server, connect, heard } = await start(context);
  const client = await connect();
  await Promise.all(
    Array.from({ length: 100 }, () => {
      const exchange = client.open();
      exchange.reset();
      return exchange.ended;
    }),
  );
  assert.deepEqual(await client.replay({}), ok);
  await Promise.all(heard.map(({ ended }) => ended));
  assert.equal(server.openStreams, 0);
  // A reset that comes together with its stream leaves nothing that could be admitted.
  const { complete, empty } = server.results;
  assert.deepEqual([complete, complete + empty], [1, heard.length]);
});

test('what is shed ends with OK at once', async (context) => {
  const { server } = await start(context, { admit: () => 'shed' });
  const exchange = await openExchange(server.address);
  assert.deepEqual(await exchange.ended, ok);
  assert.deepEqual(counted(server), { shed: 1 });
});

test('two thousand exchanges, each reset by the client, do not cost the connection', async (context) => {
  const { server, connect } = await start(context);
  const client = await connect();
  for (let done = 0; done < 2_000; done += 100) {
    await Promise.all(Array.from({ length: 100 }, () => client.replay({})));
  }
  assert.deepEqual(counted(server), { complete: 2_000 });
  assert.equal(client.goaway, undefined);
});

test('a drain ends the connection after its open exchanges, and takes no new one', async (context) => {
  const { server, connect, events } = await start(context);
  const client = await connect();
  const exchange = client.open();
  exchange.send(headersOnly);
  await events(0, 1);
  const goaway = once(client.session, 'goaway');
  server.beginDrain();
  server.beginDrain();
  assert.equal((await goaway)[0], http2.constants.NGHTTP2_NO_ERROR);
  await assert.rejects(ExtProcClient.connect(server.address), { code: 'ECONNREFUSED' });
  assert.ok(exchange.isOpen);
  exchange.send(lastPart);
  assert.deepEqual(await exchange.ended, ok);
  if (!client.session.destroyed) await once(client.session, 'close');
});

test('endAll ends every open RPC with OK', async (context) => {
  const { server, connect, events, heard } = await start(context);
  const client = await connect();
  const exchanges = [client.open(), client.open()];
  for (const [index, exchange] of exchanges.entries()) {
    exchange.send(headersOnly);
    await events(index, 1);
  }
  assert.equal(server.openStreams, 2);
  server.endAll();
  assert.equal(server.openStreams, 0);
  for (const exchange of exchanges) assert.deepEqual(await exchange.ended, ok);
  assert.deepEqual(await Promise.all(heard.map(({ ended }) => ended)), ['shutdown', 'shutdown']);
});

test('close ends open exchanges and connections, also of a client that does not react', async (context) => {
  const { server, connect, nextRpc } = await start(context);
  const client = await connect();
  const opened = nextRpc();
  const stream = openMute(client, [encodePart(headersOnly, { observability: false })]);
  // The answer to its part keeps the stream open until the client ends it.
  await once(stream, 'response');
  const rpc = await opened;
  const connectionClosed = once(client.session, 'close');
  const closing = server.close();
  assert.equal(server.close(), closing);
  await closing;
  await connectionClosed;
  assert.equal(await rpc.ended, 'shutdown');
  await assert.rejects(ExtProcClient.connect(server.address), { code: 'ECONNREFUSED' });
});

test('a stream is closed with its answer, also when the client does not react', async (context) => {
  const { server, connect } = await start(context, { admit: () => () => 'end' });
  const client = await connect();
  const stream = openMute(client, [encodePart(headersOnly)]);
  const [[headers]] = await Promise.all([once(stream, 'response'), once(stream, 'close')]);
  assert.equal((headers as http2.IncomingHttpHeaders)['grpc-status'], '0');
  assert.equal(stream.rstCode, http2.constants.NGHTTP2_NO_ERROR);
  assert.deepEqual(counted(server), { unwanted: 1 });
});

/** A client that connects and says nothing. */
async function silentSocket(context: TestContext, address: string): Promise<net.Socket> {
  const socket = net.connect({ host: '127.0.0.1', port: Number(address.split(':')[1]) });
  context.after(() => socket.destroy());
  await once(
    socket.on('error', () => {}),
    'connect',
  );
  return socket;
}

test('a connection that says nothing is closed after five seconds, and no other', async (context) => {
  const { server, clock, connect } = await start(context);
  const client = await connect();
  const socket = await silentSocket(context, server.address);
  // The server has accepted it once it has answered on a later one.
  await answered(await connect());
  clock.advance(4_999);
  await answered(client);
  assert.ok(!socket.destroyed && socket.readable);
  clock.advance(1);
  await once(socket.resume(), 'close');
  assert.deepEqual(await client.replay({}), ok);
  assert.equal(client.goaway, undefined);
});

test('places that silent connections took are free again', async (context) => {
  const { log, lines } = captureLog();
  const { server, clock, connect } = await start(context, { log });
  const silent: net.Socket[] = [];
  while (silent.length < maxConnections) silent.push(await silentSocket(context, server.address));
  for (const _ of [1, 2]) await assert.rejects(connect());
  const refused = lines.filter(({ event }) => event === 'connections_refused');
  assert.equal(refused.length, 1);
  assert.match(String(refused[0]!['msg']), /1024 connections are open/);
  const closed = silent.map((socket) => once(socket.resume(), 'close'));
  clock.advance(5_000);
  await Promise.all(closed);
  const client = await connect();
  assert.deepEqual(await client.replay({}), ok);
});

test('bodies that are discarded do not use up the window of the connection', async (context) => {
  const { connect } = await start(context, { admit: () => 'shed' });
  const client = await connect();
  const body = encodePart({ kind: 'request_body', body: Buffer.alloc(maxMessageBytes / 2) });
  const messages = Array.from({ length: 40 }, () => body);
  // More than the 64 MiB of the window; how much of a body leaves before the server's end is a matter of time.
  while (client.session.socket.bytesWritten < 80 * 1024 * 1024) {
    const streams = Array.from({ length: 10 }, () => openMute(client, messages));
    await Promise.all(streams.map((stream) => once(stream, 'close')));
  }
  assert.deepEqual(await client.replay({}), ok);
});

test('the health service answers for the server and for the service of Envoy', async (context) => {
  const { server } = await start(context);
  const Health = grpc.makeClientConstructor(healthService, 'Health');
  const client = new Health(server.address, grpc.credentials.createInsecure());
  context.after(() => client.close());
  const check = (service: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const call = client['check'] as unknown as (
        request: object,
        done: (error: Error | null, answer: { status: unknown }) => void,
      ) => void;
      call.call(client, { service }, (error, answer) =>
        error === null ? resolve(answer.status) : reject(error),
      );
    });
  const services = ['', 'envoy.service.ext_proc.v3.ExternalProcessor'];
  for (const [serving, expected] of [
    [undefined, 'NOT_SERVING'],
    [true, 'SERVING'],
    [false, 'NOT_SERVING'],
  ] as const) {
    if (serving !== undefined) server.setServing(serving);
    for (const service of services) assert.equal(await check(service), expected);
  }
  await assert.rejects(check('another.Service'), { code: grpc.status.NOT_FOUND });
  assert.deepEqual(counted(server), {});
});

test('a method that is not there is unimplemented, and is no exchange', async (context) => {
  const { server, connect, heard } = await start(context);
  const { session } = await connect();
  const stream = session.request({
    ':method': 'POST',
    ':path': '/envoy.service.ext_proc.v3.ExternalProcessor/Other',
    'content-type': 'application/grpc',
  });
  const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
  assert.equal(headers['grpc-status'], String(grpc.status.UNIMPLEMENTED));
  stream.close();
  assert.deepEqual(heard, []);
  assert.deepEqual(counted(server), {});
});
