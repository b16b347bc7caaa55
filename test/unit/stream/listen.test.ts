import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { TwinspanError, type ErrorCode } from '../../../src/base/errors.ts';
import { listen, maxConnections, type Listening } from '../../../src/stream/listen.ts';

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'twinspan-listen-'));
  context.after(() => rm(path, { recursive: true }));
  return path;
}

function greet(socket: net.Socket): void {
  socket.on('error', () => {});
  socket.end('here');
}

async function bound(context: TestContext, address: string): Promise<Listening> {
  const listening = await listen(address, greet, () => {});
  context.after(() => listening.server.close());
  return listening;
}

async function greeting(where: net.NetConnectOpts): Promise<string> {
  const socket = net.connect(where);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  await once(socket, 'end');
  socket.destroy();
  return text;
}

function refused(code: ErrorCode, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TwinspanError);
    assert.equal(error.code, code);
    assert.match(error.message, words);
    assert.ok(!error.message.includes('\n'));
    return true;
  };
}

test('port 0 takes a free port and says which', async (context) => {
  const { address } = await bound(context, '127.0.0.1:0');
  assert.match(address, /^127\.0\.0\.1:[1-9]/);
  const port = Number(address.split(':')[1]);
  assert.equal(await greeting({ host: '127.0.0.1', port }), 'here');
});

test('a port that is in use is named, with what to do', async (context) => {
  const { address } = await bound(context, '127.0.0.1:0');
  await assert.rejects(
    listen(address, greet, () => {}),
    refused('address_in_use', new RegExp(`${address}.*another process.*"listen"`)),
  );
});

for (const address of ['127.0.0.1', '9002', '127.0.0.1:http', '::1:9002', '127.0.0.1:65536', '']) {
  test(`"${address}" is no address`, async () => {
    await assert.rejects(
      listen(address, greet, () => {}),
      refused('configuration', /write host:port/),
    );
  });
}

test('an address that is not of this machine is refused', async () => {
  await assert.rejects(
    listen('203.0.113.1:0', greet, () => {}),
    refused('configuration', /203\.0\.113\.1:0/),
  );
});

test('a Unix socket can be used by any user who reaches its folder', async (context) => {
  const path = join(await folder(context), 'ext_proc.sock');
  const { address } = await bound(context, `unix:${path}`);
  assert.equal(address, `unix:${path}`);
  assert.equal((await stat(path)).mode & 0o777, 0o666);
  assert.equal(await greeting({ path }), 'here');
});

test('the socket of a process that was killed is replaced', async (context) => {
  const path = join(await folder(context), 'ext_proc.sock');
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const killed = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(killed.stdout, 'data');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  assert.ok((await stat(path)).isSocket());
  await bound(context, `unix:${path}`);
  assert.equal(await greeting({ path }), 'here');
});

test('a socket on which somebody listens is left alone', async (context) => {
  const path = join(await folder(context), 'ext_proc.sock');
  await bound(context, `unix:${path}`);
  await assert.rejects(
    listen(`unix:${path}`, greet, () => {}),
    refused('address_in_use', /another process listens/),
  );
  assert.equal(await greeting({ path }), 'here');
});

test('a file that is no socket is never removed', async (context) => {
  const at = await folder(context);
  const file = join(at, 'precious');
  await writeFile(file, 'kept');
  const link = join(at, 'link');
  await symlink(file, link);
  for (const path of [file, link, at]) {
    await assert.rejects(
      listen(`unix:${path}`, greet, () => {}),
      refused('configuration', /is no socket/),
    );
  }
  assert.equal((await stat(file)).size, 4);
});

test('a folder that does not exist is named', async (context) => {
  const missing = join(await folder(context), 'missing');
  await assert.rejects(
    listen(`unix:${missing}/ext_proc.sock`, greet, () => {}),
    refused('configuration', new RegExp(`no folder ${missing}`)),
  );
});

test('the socket file goes when the server closes', async (context) => {
  const path = join(await folder(context), 'ext_proc.sock');
  const { server } = await listen(`unix:${path}`, greet, () => {});
  server.close();
  await once(server, 'close');
  await assert.rejects(stat(path), { code: 'ENOENT' });
});

test('a connection beyond the limit is refused, and each is heard', async (context) => {
  const refusals: number[] = [];
  const accepted: net.Socket[] = [];
  const { server, address } = await listen(
    '127.0.0.1:0',
    (socket) => accepted.push(socket.on('error', () => {})),
    () => refusals.push(accepted.length),
  );
  const port = Number(address.split(':')[1]);
  const sockets: net.Socket[] = [];
  context.after(() => {
    for (const socket of [...sockets, ...accepted]) socket.destroy();
    server.close();
  });
  const open = async (): Promise<net.Socket> => {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  while (sockets.length < maxConnections) await open();
  for (const _ of [1, 2]) {
    const socket = await open();
    if (!socket.destroyed) await once(socket.resume(), 'close');
  }
  assert.deepEqual(refusals, [maxConnections, maxConnections]);
});
