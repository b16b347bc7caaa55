import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';

import { ByteBudget } from '../../../src/base/byte-budget.ts';
import { TwinspanError } from '../../../src/base/errors.ts';
import {
  proveLimitsOf,
  proveServerLimits,
  proveUnfinishedCounted,
} from '../../../src/stream/self-test.ts';

/** A server that answers as twinspan's does, with options of Node's own. */
async function plainServer(context: TestContext, options: http2.ServerOptions): Promise<string> {
  const server = http2.createServer(options);
  server.on('session', (session) => {
    if (options.settings !== undefined) session.setLocalWindowSize(64 * 1024 * 1024);
  });
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'grpc-status': '0' }, { endStream: true });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function failedTest(words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TwinspanError);
    assert.equal(error.code, 'self_test_failed');
    assert.match(error.message, words);
    return true;
  };
}

test('a server of this program survives what Envoy does', async () => {
  await proveServerLimits();
});

test('a server with the windows of Node fails the self-test', async (context) => {
  const address = await plainServer(context, {});
  await assert.rejects(proveLimitsOf(address), failedTest(/65535 bytes a stream/));
});

test('a server with the reset limit of Node fails the self-test', async (context) => {
  const settings = { initialWindowSize: 8 * 1024 * 1024 };
  const address = await plainServer(context, { settings });
  await assert.rejects(
    proveLimitsOf(address),
    failedTest(/closed the connection before 1\d00 streams/),
  );
});

test('a server with both raised passes it', async (context) => {
  const address = await plainServer(context, {
    settings: { initialWindowSize: 8 * 1024 * 1024 },
    streamResetBurst: 1_000_000,
    streamResetRate: 1_000_000,
  });
  await proveLimitsOf(address);
});

test('a server that has unfinished messages in no budget fails the self-test', async (context) => {
  const address = await plainServer(context, {});
  await assert.rejects(
    proveUnfinishedCounted(address, new ByteBudget(1024 * 1024)),
    failedTest(/in no budget/),
  );
});
