/**
 * Somebody at the ext_proc port who is no Envoy, as a process of its own so that it takes nothing of the customers' time:
 * too many streams or connections, floods of frames, bytes that are no gRPC or never all of it. It works for the time it is told, says what it saw, and
 * ends; it also ends when the suite does.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';

import { encodePart, ExtProcClient, partsOf, type OpenExchange } from '../kit/ext-proc-client.ts';
import {
  countAcknowledgements,
  openConnection,
  pingFrames,
  resetFrames,
  settingsFrames,
} from './http2-frames.ts';
import { inPlace, type Errand, type Sighting } from './intruder-errand.ts';

const { address, kind, seconds, count } = JSON.parse(process.argv[2]!) as Errand;
const tickMs = 10;
const nothing: Sighting = {
  sent: 0,
  sentMiB: 0,
  ended: 0,
  open: 0,
  connections: 0,
  acknowledged: 0,
  cutAfter: [],
};
/** Time over which idle streams are opened: a burst would be shed as `loop_lag`, and nothing would be idle. */
const openingMs = 2000;

function run(): Promise<Sighting> {
  switch (kind) {
    case 'idle streams':
      return idleStreams();
    case 'malformed gRPC':
      return malformed();
    case 'messages that never end':
      return endlessMessages();
    case 'silent connections':
      return silentConnections();
    case 'reset flood':
      return flood(resetFrames, true);
    case 'ping flood':
      return flood(pingFrames, true);
    case 'ping flood, answers unread':
      return flood(pingFrames, false);
    case 'settings flood':
      return flood(settingsFrames, true);
    case 'settings flood, answers unread':
      return flood(settingsFrames, false);
  }
}

/** Half of the streams on each of two connections; each has the headers of a request and then nothing. */
async function idleStreams(): Promise<Sighting> {
  const clients = [await ExtProcClient.connect(address), await ExtProcClient.connect(address)];
  const [headers] = partsOf({ request: { method: 'POST', body: 'x' } });
  const message = encodePart(headers!);
  const streams: OpenExchange[] = [];
  const perTick = (count * tickMs) / openingMs;
  let ended = 0;
  while (streams.length < count) {
    for (const client of clients) {
      for (let next = 0; next < perTick / clients.length; next += 1) {
        const stream = client.open();
        stream.sendMessage(message);
        void stream.ended.then((end) => (ended += end.status === 0 ? 1 : 0));
        streams.push(stream);
      }
    }
    await setTimeout(tickMs);
  }
  await setTimeout(seconds * 1000);
  const open = streams.filter((stream) => stream.isOpen).length;
  // As an Envoy does whose customers have gone.
  for (const stream of streams) if (stream.isOpen) stream.giveUp();
  for (const client of clients) await client.close();
  return { ...nothing, sent: streams.length, ended, open, connections: clients.length };
}

/** Bytes that are no message of Envoy's, each on a stream of its own. */
async function malformed(): Promise<Sighting> {
  const client = await ExtProcClient.connect(address);
  const [headers] = partsOf({});
  const valid = encodePart(headers!);
  // Field 1000 as a varint, a hundred thousand times.
  const unknownFields = Buffer.concat([
    valid,
    ...Array.from({ length: 100_000 }, () => Buffer.from([0xc0, 0x3e, 1])),
  ]);
  const oddities: readonly ((stream: OpenExchange) => void)[] = [
    (stream) => stream.sendMessage(Buffer.from('this is no gzip'), true),
    (stream) => stream.sendBytes(Buffer.from([7, 0, 0, 0, 1, 0])),
    (stream) => stream.sendBytes(Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3])),
    (stream) => stream.sendMessage(unknownFields),
    (stream) => stream.sendMessage(Buffer.from([0x12, 0xff, 0xff, 0xff])),
    (stream) => stream.sendMessage(valid.subarray(0, valid.length - 3)),
    (stream) => stream.sendMessage(Buffer.alloc(64, 0xff)),
  ];
  const until = performance.now() + seconds * 1000;
  let sent = 0;
  let ended = 0;
  let connections = 1;
  let current = client;
  while (performance.now() < until) {
    for (const oddity of oddities) {
      if (current.session.destroyed || current.goaway !== undefined) {
        connections += 1;
        current = await ExtProcClient.connect(address);
      }
      const stream = current.open();
      void stream.ended.then((end) => (ended += end.status === 0 ? 1 : 0));
      oddity(stream);
      stream.halfClose();
      sent += 1;
    }
    await setTimeout(50);
  }
  await setTimeout(300);
  await current.close();
  return { ...nothing, sent, ended, open: sent - ended, connections };
}

/**
 * RPCs, a hundred on each connection, with one gRPC message of 2 MiB each whose last byte never comes; they stay until the
 * time is over or twinspan ends them.
 */
async function endlessMessages(): Promise<Sighting> {
  const sessions = await Promise.all(
    Array.from({ length: Math.ceil(count / 100) }, () => ExtProcClient.connect(address)),
  );
  const size = 2 * 1024 * 1024;
  const message = Buffer.alloc(5 + size - 1, 'A');
  message.writeUInt8(0, 0);
  message.writeUInt32BE(size, 1);
  const streams: OpenExchange[] = [];
  let ended = 0;
  // Spread, because a burst would be shed as `loop_lag`, and nothing would be kept.
  for (let number = 0; number < count; number += 1) {
    const stream = sessions[number % sessions.length]!.open();
    stream.sendBytes(message);
    void stream.ended.then((end) => (ended += end.status === 0 ? 1 : 0));
    streams.push(stream);
    if (number % 5 === 4) await setTimeout(tickMs);
  }
  await setTimeout(seconds * 1000 - (count / 5) * tickMs);
  const open = streams.filter((stream) => stream.isOpen).length;
  let bytes = 0;
  for (const client of sessions) {
    bytes += client.session.socket.bytesWritten;
    await client.close();
  }
  const sentMiB = bytes / 1024 / 1024;
  return { ...nothing, sent: streams.length, sentMiB, ended, open, connections: sessions.length };
}

/** Connections on which nothing is ever said. */
async function silentConnections(): Promise<Sighting> {
  const [host, port] = address.split(':');
  let open = 0;
  let connections = 0;
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ host: host!, port: Number(port) });
    socket.on('error', () => {});
    socket.on('connect', () => {
      connections += 1;
      open += 1;
      socket.on('close', () => (open -= 1));
    });
    return socket.resume();
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => {})));
  process.send!(inPlace);
  await setTimeout(seconds * 1000);
  const openAtEnd = open;
  for (const socket of sockets) socket.destroy();
  return { ...nothing, sent: sockets.length, open: openAtEnd, connections };
}

/** Raw frames at `count` a second, on a new connection whenever twinspan cuts one. */
async function flood(
  frames: (from: number, howMany: number) => Buffer,
  reads: boolean,
): Promise<Sighting> {
  const until = performance.now() + seconds * 1000;
  const perTick = Math.ceil((count * tickMs) / 1000);
  let sent = 0;
  let connections = 0;
  let acknowledged = 0;
  const cutAfter: number[] = [];
  while (performance.now() < until) {
    connections += 1;
    const socket = await openConnection(address);
    if (reads) countAcknowledgements(socket, () => (acknowledged += 1));
    let onThisOne = 0;
    while (!socket.destroyed && performance.now() < until) {
      // A peer that does not read is a peer that cannot be written to for long; it must not grow here.
      if (socket.writableLength < 1024 * 1024) {
        socket.write(frames(onThisOne, perTick));
        onThisOne += perTick;
      }
      await setTimeout(tickMs);
    }
    sent += onThisOne;
    if (socket.destroyed) cutAfter.push(onThisOne);
    socket.destroy();
  }
  return { ...nothing, sent, connections, acknowledged, cutAfter };
}

process.on('disconnect', () => process.exit());
const sighting: Sighting = await run();
process.send!(sighting, () => process.exit());
