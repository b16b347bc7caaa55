import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';

import { ByteBudget } from '../../../src/base/byte-budget.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { TwinspanError, type ErrorCode } from '../../../src/base/errors.ts';
import { createLog } from '../../../src/base/log.ts';
import { startStreamServer, type StreamServer } from '../../../src/stream/server.ts';
import { createCredentials, parseSans, type TlsFiles } from '../../../src/stream/tls.ts';
import { ExtProcClient, replayExchange } from '../../kit/ext-proc-client.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
const pem = (name: string): Buffer => readFileSync(fixture(name));
const server = { certFile: fixture('server.pem'), keyFile: fixture('server.key') };
const clientCaFile = fixture('ca.pem');
const asClient = { ca: pem('ca.pem'), cert: pem('client.pem'), key: pem('client.key') };

async function start(
  context: TestContext,
  files: TlsFiles,
  clock = systemClock,
): Promise<StreamServer> {
  const started = await startStreamServer({
    listen: { address: '127.0.0.1:0', tls: files },
    maxMessageBytes: 1024 * 1024,
    budget: new ByteBudget(64 * 1024 * 1024),
    maxConcurrentStreams: 100,
    deadlines: () => ({ idleMs: 10_000, maxDurationMs: 60_000 }),
    requireObservability: () => false,
    admit: () => () => 'continue',
    clock,
    log: createLog({ level: 'silent' }),
  });
  context.after(() => started.close());
  return started;
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

test('exchanges come over TLS, from anyone who trusts the certificate', async (context) => {
  const { address } = await start(context, server);
  const end = await replayExchange(address, {}, { tls: { ca: pem('ca.pem') } });
  assert.deepEqual(end, { status: 0, message: '' });
});

for (const [what, connectTo] of [
  ['that never begins its handshake', (where: net.NetConnectOpts) => net.connect(where)],
  [
    'that is silent behind its handshake',
    (where: net.NetConnectOpts) =>
      tls.connect({ ...where, ca: pem('ca.pem'), ALPNProtocols: ['h2'] }),
  ],
] as const) {
  test(`a connection ${what} is closed after five seconds, and one that is used is not`, async (context) => {
    const clock = createManualClock();
    const { address } = await start(context, server, clock);
    const port = Number(address.split(':')[1]);
    const socket = connectTo({ host: '127.0.0.1', port });
    context.after(() => socket.destroy());
    socket.on('error', () => {});
    await once(socket, socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect');
    const used = await ExtProcClient.connect(address, { tls: { ca: pem('ca.pem') } });
    context.after(() => used.close());
    clock.advance(5_000);
    await once(socket.resume(), 'close');
    assert.equal((await used.replay({})).status, 0);
  });
}

test('with a client CA, exchanges come only from a client with a certificate of it', async (context) => {
  const { address, results } = await start(context, { ...server, clientCaFile });
  assert.equal((await replayExchange(address, {}, { tls: asClient })).status, 0);
  await assert.rejects(async () => {
    const client = await ExtProcClient.connect(address, { tls: { ca: pem('ca.pem') } });
    await client.close();
  });
  await assert.rejects(ExtProcClient.connect(address));
  assert.equal(results.complete, 1);
});

test('with allowed names, exchanges come only from a client that has one of them', async (context) => {
  const right = await start(context, {
    ...server,
    clientCaFile,
    allowedSans: ['spiffe://mesh/envoy', 'twinspan.example'],
  });
  assert.equal((await replayExchange(right.address, {}, { tls: asClient })).status, 0);
  const wrong = await start(context, { ...server, clientCaFile, allowedSans: ['envoy.example'] });
  const end = await replayExchange(wrong.address, {}, { tls: asClient }).catch(() => undefined);
  assert.equal(end?.status, undefined);
  assert.ok(Object.values(wrong.results).every((count) => count === 0));
});

test('allowed names without a client CA are refused', async () => {
  await assert.rejects(
    createCredentials({ ...server, allowedSans: ['envoy.example'] }),
    refused('configuration', /clientCaFile/),
  );
});

test('each file that is missing or wrong is named', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'twinspan-tls-'));
  context.after(() => rm(folder, { recursive: true }));
  const wrong = join(folder, 'wrong.pem');
  await writeFile(wrong, 'no PEM at all');
  for (const [file, files] of [
    ['missing.pem', { ...server, certFile: 'missing.pem' }],
    ['missing.key', { ...server, keyFile: 'missing.key' }],
    ['missing-ca.pem', { ...server, clientCaFile: 'missing-ca.pem' }],
    [wrong, { ...server, certFile: wrong }],
    [wrong, { ...server, keyFile: wrong }],
    [wrong, { ...server, clientCaFile: wrong }],
    [fixture('other-server.key'), { ...server, keyFile: fixture('other-server.key') }],
  ] as const) {
    await assert.rejects(createCredentials(files), (error) => {
      refused('unreadable_file', /listen\.tls: cannot use/)(error);
      assert.ok((error as Error).message.includes(file), (error as Error).message);
      return true;
    });
  }
});

test('names are taken from a certificate as they are', () => {
  assert.deepEqual(parseSans('DNS:a.example, URI:spiffe://mesh/ns/x, IP Address:127.0.0.1'), [
    'a.example',
    'spiffe://mesh/ns/x',
    '127.0.0.1',
  ]);
  assert.deepEqual(parseSans('IP Address:0:0:0:0:0:0:0:1'), ['0:0:0:0:0:0:0:1']);
});

test('a name cannot smuggle another name in', () => {
  assert.deepEqual(parseSans(String.raw`DNS:"evil, URI:spiffe://mesh/envoy"`), [
    'evil, URI:spiffe://mesh/envoy',
  ]);
  assert.deepEqual(parseSans(String.raw`DNS:"evil\", URI:spiffe://mesh/envoy, DNS:\"x", URI:b`), [
    'evil", URI:spiffe://mesh/envoy, DNS:"x',
    'b',
  ]);
  assert.deepEqual(parseSans('DNS:"cut off, URI:spiffe://mesh/envoy'), []);
});
