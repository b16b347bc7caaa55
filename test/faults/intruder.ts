/**
 * Somebody at the ext_proc port who is no Envoy, as a process of its own so that it takes nothing of the customers' time:
 * too many streams, floods of frames, bytes that are no gRPC. It works for the time it is told, says what it saw, and
 * ends; it also ends when the suite does.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

import { encodePart, ExtProcClient, partsOf, type OpenExchange } from '../kit/ext-proc-client.ts';
import type { Errand, Sighting } from './intruder-errand.ts';

const { address, kind, seconds, count } = JSON.parse(process.argv[2]!) as Errand;
const tickMs = 10;
/** Time over which idle streams are opened: a burst would be shed as `loop_lag`, and nothing would be idle. */
const openingMs = 2000;

function run(): Promise<Sighting> {
  switch (kind) {
    case 'idle streams':
      return idleStreams();
    case 'malformed gRPC':
      return malformed();
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
  return { sent: streams.length, ended, open, connections: clients.length, cutAfter: [] };
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
  return { sent, ended, open: sent - ended, connections, cutAfter: [] };
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
  const cutAfter: number[] = [];
  while (performance.now() < until) {
    connections += 1;
    const socket = await open(reads);
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
  return { sent, ended: 0, open: 0, connections, cutAfter };
}

async function open(reads: boolean): Promise<Socket> {
  const [host, port] = address.split(':');
  const socket = connect({ host: host!, port: Number(port) });
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (reads) socket.resume();
  socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]));
  return socket;
}

/** RFC 9113 section 4.1. */
function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** POST, http, path, authority, content-type, te; literals without indexing (RFC 7541 section 6.2.2). */
const callHeaders = Buffer.concat([
  Buffer.from([0x83, 0x86]),
  literal(Buffer.from([0x04]), '/envoy.service.ext_proc.v3.ExternalProcessor/Process'),
  literal(Buffer.from([0x01]), 'twinspan'),
  literal(Buffer.from([0x0f, 0x10]), 'application/grpc'),
  literal(Buffer.concat([Buffer.from([0x00, 2]), Buffer.from('te')]), 'trailers'),
]);

function literal(name: Buffer, value: string): Buffer {
  return Buffer.concat([name, Buffer.from([value.length]), Buffer.from(value)]);
}

/** A call and at once its reset (CVE-2023-44487). */
function resetFrames(from: number, howMany: number): Buffer {
  const cancel = Buffer.from([0, 0, 0, 8]);
  const frames: Buffer[] = [];
  for (let index = from; index < from + howMany; index += 1) {
    const stream = 2 * index + 1;
    frames.push(frame(1, 4, stream, callHeaders), frame(3, 0, stream, cancel));
  }
  return Buffer.concat(frames);
}

function pingFrames(_from: number, howMany: number): Buffer {
  return Buffer.concat(Array.from({ length: howMany }, () => frame(6, 0, 0, Buffer.alloc(8))));
}

/** Each wants to be acknowledged. */
function settingsFrames(_from: number, howMany: number): Buffer {
  return Buffer.concat(
    Array.from({ length: howMany }, () => frame(4, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100]))),
  );
}

process.on('disconnect', () => process.exit());
const sighting: Sighting = await run();
process.send!(sighting, () => process.exit());
