import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { test, type TestContext } from 'node:test';

import { request } from 'undici';

import type { AdminRequest, AdminResponse, Answer } from '../../../src/admin/routes.ts';
import { splitAddress, startAdminServer, type AdminServer } from '../../../src/admin/server.ts';
import { TwinspanError } from '../../../src/base/errors.ts';
import { createLog } from '../../../src/base/log.ts';

const hello: AdminResponse = { status: 200, contentType: 'text/plain', body: 'h\u00e9llo\n' };

async function start(
  t: TestContext,
  answer: Answer = async () => hello,
  options: { listen?: string; stallTimeoutMs?: number } = {},
): Promise<AdminServer & { readonly url: string; readonly logged: string[] }> {
  const logged: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged.push(chunk.toString());
      done();
    },
  });
  const server = await startAdminServer({
    listen: '127.0.0.1:0',
    key: 'admin.listen',
    answer,
    log: createLog({ destination }),
    ...options,
  });
  t.after(() => server.close());
  return { ...server, url: `http://${server.address}`, logged };
}

async function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> {
  const { statusCode, headers, body } = await request(url, {
    method: 'GET',
    reset: true,
    ...options,
  });
  return { status: statusCode, headers, body: Buffer.from(await body.arrayBuffer()) };
}

/** Sends raw bytes and reads until the server closes. */
async function exchangeRaw(server: AdminServer, bytes: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  socket.write(bytes, 'latin1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  await once(socket, 'close');
  return answer;
}

test('a port that was not chosen is told as it was bound', async (t) => {
  const server = await start(t);
  assert.ok(server.port > 0);
  assert.equal(server.address, `127.0.0.1:${server.port}`);
});

test('an IPv6 address is told in brackets', async (t) => {
  const server = await start(t, undefined, { listen: '[::1]:0' });
  assert.equal(server.address, `[::1]:${server.port}`);
  assert.equal((await ask(server.url)).status, 200);
});

test('every answer has the headers that keep browsers from doing harm', async (t) => {
  const answers: AdminResponse[] = [
    hello,
    { status: 404, contentType: 'application/json', body: '{}' },
    { ...hello, headers: { allow: 'GET' } },
  ];
  for (const answer of answers) {
    const server = await start(t, async () => answer);
    const { status, headers, body } = await ask(server.url);
    assert.equal(status, answer.status);
    assert.equal(body.toString(), answer.body);
    assert.equal(headers['content-type'], answer.contentType);
    assert.equal(headers['content-length'], String(Buffer.byteLength(answer.body)));
    assert.equal(headers['cache-control'], 'no-store');
    assert.match(String(headers['content-security-policy']), /^default-src 'none';/);
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe/);
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(headers['allow'], answer.headers?.['allow']);
  }
});

test('the routes are asked with what the request says', async (t) => {
  const asked: Omit<AdminRequest, 'readBody'>[] = [];
  const server = await start(t, async ({ readBody: _readBody, ...incoming }) => {
    asked.push(incoming);
    return hello;
  });
  await ask(`${server.url}/v1/pause?x=%2F`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer t',
      origin: 'http://evil.example',
      'sec-fetch-site': 'cross-site',
    },
    body: 'ignored',
  });
  assert.deepEqual(asked, [
    {
      method: 'POST',
      target: '/v1/pause?x=%2F',
      host: server.address,
      authorization: 'Bearer t',
      origin: 'http://evil.example',
      fetchSite: 'cross-site',
    },
  ]);
});

test('a body is read up to the limit that is asked for, and no further', async (t) => {
  const read: (string | undefined)[] = [];
  const server = await start(t, async ({ readBody }) => {
    read.push(await readBody?.(10));
    return hello;
  });
  for (const body of ['', 'h\u00e9llo', '0123456789', '0123456789a', 'x'.repeat(1_000_000)]) {
    const { status } = await ask(server.url, { method: 'POST', body });
    assert.equal(status, 200);
  }
  assert.deepEqual(read, ['', 'h\u00e9llo', '0123456789', undefined, undefined]);
});

test('a client that goes away in the middle of its body holds up nothing', async (t) => {
  const read = Promise.withResolvers<string | undefined>();
  const server = await start(t, async ({ readBody }) => {
    read.resolve(await readBody?.(100));
    return hello;
  });
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.end('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\nhalf');
  assert.equal(await read.promise, undefined);
});

test('a HEAD has the length of the body and not the body', async (t) => {
  const server = await start(t);
  const { status, headers, body } = await ask(server.url, { method: 'HEAD' });
  assert.equal(status, 200);
  assert.equal(headers['content-length'], '7');
  assert.equal(body.length, 0);
});

test('a route that fails is an internal error without its reason, which is logged', async (t) => {
  const server = await start(t, async () => {
    throw new Error('secret reason');
  });
  const { status, body } = await ask(server.url);
  assert.equal(status, 500);
  assert.equal(body.toString(), 'internal error\n');
  assert.equal(server.logged.length, 1);
  const line = JSON.parse(server.logged[0]!) as Record<string, unknown>;
  assert.equal(line['event'], 'admin_failed');
  assert.equal(line['error'], 'secret reason');
});

test('a port in use is an error that names the address, its key and what to do', async (t) => {
  const first = await start(t);
  await assert.rejects(
    start(t, undefined, { listen: first.address }),
    (error) =>
      error instanceof TwinspanError &&
      error.code === 'address_in_use' &&
      error.message.startsWith(`cannot listen on ${first.address} (admin.listen): `) &&
      error.message.endsWith('another process listens there: stop it, or choose another address'),
  );
});

test('an address that is not of this machine is an error with its reason', async (t) => {
  // TEST-NET-1 of RFC 5737 is nobody's.
  await assert.rejects(
    start(t, undefined, { listen: '192.0.2.1:0' }),
    /192\.0\.2\.1:0 \(admin\.listen\): .*EADDRNOTAVAIL/,
  );
});

test('a request without a Host, and headers beyond the limit, are refused by HTTP itself', async (t) => {
  let asked = 0;
  const server = await start(t, async () => {
    asked += 1;
    return hello;
  });
  const none = await exchangeRaw(server, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n');
  assert.match(none, /^HTTP\/1\.1 400 /);
  const long = 'y'.repeat(17_000);
  const tooLong = await exchangeRaw(server, `GET / HTTP/1.1\r\nHost: a\r\nx: ${long}\r\n\r\n`);
  assert.match(tooLong, /^HTTP\/1\.1 431 /);
  assert.equal(asked, 0);
});

test('closing ends connections that are idle, busy or stalled', async (t) => {
  const server = await start(t, () => new Promise(() => {}));
  const sockets = ['', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'GET / HT'].map((bytes) => {
    const socket = connect(server.port, '127.0.0.1');
    // Cut off is what it is to be, politely or not.
    socket.on('error', () => {});
    if (bytes !== '') socket.write(bytes);
    return socket;
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  await server.close();
  await Promise.all(closed);
  await assert.rejects(ask(server.url), { code: 'ECONNREFUSED' });
});

test('a reader that stalls loses its connection, so that 64 of them cannot lock everyone out', async (t) => {
  const accepted: Socket[] = [];
  const accept = (message: unknown): void => {
    accepted.push((message as { socket: Socket }).socket);
  };
  subscribe('net.server.socket', accept);
  t.after(() => unsubscribe('net.server.socket', accept));
  // More than the kernel takes for a reader that takes nothing.
  const body = 'x'.repeat(32 * 1024 * 1024);
  const server = await start(t, async () => ({ ...hello, body }), { stallTimeoutMs: 50 });
  const stalled = connect(server.port, '127.0.0.1');
  t.after(() => stalled.destroy());
  stalled.pause();
  stalled.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(stalled, 'connect');
  while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await once(accepted[0]!, 'close');
});

test('an address is split at its last colon', () => {
  assert.deepEqual(splitAddress('127.0.0.1:9003'), { host: '127.0.0.1', port: 9003 });
  assert.deepEqual(splitAddress('[::1]:0'), { host: '::1', port: 0 });
  assert.deepEqual(splitAddress('localhost:80'), { host: 'localhost', port: 80 });
});
