/**
 * The ways in which the shadow of the fault suite is ill, each as a script of what its connections do. Every script reads
 * whole requests, so that the server's record shows how often each came.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import {
  answering,
  hangingAfter,
  repeating,
  resettingAfter,
  type Script,
} from '../kit/rude-server.ts';

const large = 100 * 1024 * 1024;
const part = 256 * 1024;

const start = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

/** Redirects every request to where it came from. */
const redirecting: Script = async (connection) => {
  for (;;) {
    const request = await connection.request();
    if (request === undefined) break;
    const path = request.toString('latin1', 0, 200).split(' ')[1] ?? '/';
    await connection.send(
      `HTTP/1.1 307 Temporary Redirect\r\nlocation: ${path}\r\ncontent-length: 0\r\n\r\n`,
    );
  }
  connection.end();
};

const dripping: Script = async (connection) => {
  await connection.request();
  await connection.send(`${start}content-length: 1000\r\n\r\n`);
  while (!connection.isClosed) {
    await connection.send('x');
    await Promise.race([setTimeout(1000), connection.closed]);
  }
};

/** 100 MiB without a length. */
const flooding: Script = async (connection) => {
  await connection.request();
  await connection.send(`${start}connection: close\r\n\r\n`);
  const zeros = Buffer.alloc(part, '0');
  for (let sent = 0; sent < large && !connection.isClosed; sent += part) {
    await connection.send(zeros);
    await new Promise((resolve) => setImmediate(resolve));
  }
  connection.end();
};

/** Made only where it is used: 100 MiB of zeros take a while to compress. */
function bomb(): Script {
  const packed = gzipSync(Buffer.alloc(large));
  const head = `${start}content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`;
  return answering(Buffer.concat([Buffer.from(head), packed]));
}

function manyHeaders(): Script {
  const headers = Array.from({ length: 100_000 }, (_, index) => `x-${index}: ${index}\r\n`);
  return answering(`${start}${headers.join('')}content-length: 0\r\n\r\n`);
}

/** By name; a mode that is no script is the server's business: `well` and `refuses`. */
export const scripts = {
  'hangs on accept': () => hangingAfter(''),
  'hangs on headers': () => hangingAfter('HTTP/1.1 200 OK\r\ncontent-ty'),
  'hangs mid-body': () => hangingAfter(`${start}content-length: 1000\r\n\r\n{"items":`),
  'drips a byte a second': () => dripping,
  'resets the connection': () => resettingAfter(''),
  'resets mid-body': () => resettingAfter(`${start}content-length: 1000\r\n\r\n{"items":`),
  'answers garbage': () => repeating('', randomBytes(1000)),
  'answers a gzip bomb': bomb,
  'answers 100 MB': () => flooding,
  'answers 100 k headers': manyHeaders,
  'redirects to itself': () => redirecting,
} satisfies Readonly<Record<string, () => Script>>;

export type ShadowMode = keyof typeof scripts | 'well' | 'refuses' | 'never answers';
