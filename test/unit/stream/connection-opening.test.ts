import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { test, type TestContext } from 'node:test';

import { ConnectionOpening } from '../../../src/stream/connection-opening.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

/** An HTTP/2 server whose connections have their time to open, and one client of it that has said nothing yet. */
async function start(context: TestContext) {
  const clock = createManualClock();
  const opening = new ConnectionOpening(clock);
  const http = http2.createServer();
  http.on('session', (session) => session.once('remoteSettings', opening.onOpen));
  const server = net.createServer((socket) => {
    context.after(() => socket.destroy());
    opening.begin(socket, () => http.emit('connection', socket));
  });
  context.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const connect = async (): Promise<net.Socket> => {
    const accepted = once(server, 'connection');
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    context.after(() => socket.destroy());
    await Promise.all([accepted, once(socket, 'connect')]);
    return socket;
  };
  return { clock, connect };
}

/** What a client of HTTP/2 begins with: its preface and an empty SETTINGS frame. */
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';

/** Resolves with the server's word that it has the settings of its client; rejects when it closes instead. */
function acknowledged(socket: net.Socket): Promise<void> {
  let received = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('closed')));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.includes(Buffer.of(0, 0, 0, 4, 1))) resolve();
    });
  });
}

test('a connection that has not opened in five seconds is closed, also when it has said something', async (context) => {
  const { clock, connect } = await start(context);
  const silent = await connect();
  const slow = await connect();
  slow.write(preface.slice(0, 20));
  clock.advance(4_999);
  assert.equal(clock.timers, 2);
  clock.advance(1);
  // Not `once`: what was sent and not read makes a reset of the end.
  await Promise.all(
    [silent, slow].map(
      (socket) => new Promise((resolve) => socket.resume().once('close', resolve)),
    ),
  );
});

test('a connection that has opened is left alone', async (context) => {
  const { clock, connect } = await start(context);
  const socket = await connect();
  socket.write(preface);
  await acknowledged(socket);
  assert.equal(clock.timers, 0);
  clock.advance(60_000);
  await new Promise<void>((resolve) => setImmediate(resolve));
  assert.ok(!socket.closed && !socket.readableEnded);
});

test('a connection that has gone leaves no timer', async (context) => {
  const { clock, connect } = await start(context);
  const socket = await connect();
  socket.resetAndDestroy();
  while (clock.timers > 0) await new Promise<void>((resolve) => setImmediate(resolve));
});

test('what came during a stall is read before a connection counts as silent', async (context) => {
  const { clock, connect } = await start(context);
  const socket = await connect();
  // In the phase of the event loop in which timers fire.
  setTimeout(() => {
    socket.write(preface);
    clock.stall(60_000);
  }, 0);
  await acknowledged(socket);
});
