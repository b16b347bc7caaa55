import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { decodeTraceExport } from '../../../demo/otlp-trace.ts';
import type { OtlpDestination } from '../../../src/telemetry/otel-environment.ts';
import { createOtlpSender } from '../../../src/telemetry/otlp-sender.ts';
import { listenToDiagnostics } from '../../../src/telemetry/partial-success.ts';
import type { SendResult, SpanSender } from '../../../src/telemetry/span-queue.ts';
import { endedSpan } from './fake-sender.ts';
import { closedPort, startCollector, startSocketServer, trickle } from './rude-collector.ts';

listenToDiagnostics(() => {});

function sender(
  context: TestContext,
  baseUrl: string,
  overrides: Partial<OtlpDestination> = {},
): SpanSender {
  const made = createOtlpSender({
    url: `${baseUrl}/v1/traces`,
    headers: {},
    // Below the exporter's first wait between retries, so that it tries once.
    timeoutMs: 500,
    compression: 'none',
    tls: {},
    ...overrides,
  });
  context.after(() => made.abandon());
  return made;
}

const send = (to: SpanSender, count = 3): Promise<SendResult> =>
  new Promise((resolve) =>
    to.send(
      Array.from({ length: count }, () => endedSpan()),
      resolve,
    ),
  );

test('spans arrive as OTLP protobuf, with the headers that were configured', async (context) => {
  const collector = await startCollector(context, (response) => response.end());
  const headers = { authorization: 'Bearer of-the-collector' };
  const result = await send(sender(context, collector.url, { headers }));
  assert.deepEqual(result, { kind: 'sent', rejected: 0 });
  const [received] = collector.received;
  assert.equal(received?.path, '/v1/traces');
  assert.equal(received.headers['content-type'], 'application/x-protobuf');
  assert.equal(received.headers.authorization, headers.authorization);
  assert.equal(decodeTraceExport(received.body).spans.length, 3);
});

test('compression is used when it was asked for', async (context) => {
  const collector = await startCollector(context, (response) => response.end());
  await send(sender(context, collector.url, { compression: 'gzip' }));
  const [received] = collector.received;
  assert.equal(received?.headers['content-encoding'], 'gzip');
  assert.equal(decodeTraceExport(gunzipSync(received.body)).spans.length, 3);
});

test('one connection serves one export after the other', async (context) => {
  const ports = new Set<number | undefined>();
  const collector = await startCollector(context, (response) => {
    ports.add(response.socket?.remotePort);
    response.end();
  });
  const one = sender(context, collector.url);
  for (let count = 0; count < 3; count += 1) {
    assert.deepEqual(await send(one), { kind: 'sent', rejected: 0 });
  }
  assert.equal(ports.size, 1);
});

test('spans that the collector refused by partial success are told, and only those of that export', async (context) => {
  // ExportTraceServiceResponse { partial_success { rejected_spans: 2 } }
  const answers = [Buffer.from([0x0a, 2, 0x08, 2]), Buffer.alloc(0)];
  const collector = await startCollector(context, (response) => response.end(answers.shift()));
  const one = sender(context, collector.url);
  assert.deepEqual(await send(one), { kind: 'sent', rejected: 2 });
  assert.deepEqual(await send(one), { kind: 'sent', rejected: 0 });
});

test('a refusal fails and says its status', async (context) => {
  for (const status of [400, 404, 413, 307]) {
    const collector = await startCollector(context, (response) => {
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    const result = await send(sender(context, collector.url));
    assert.equal(result.kind, 'failed');
    assert.match(result.message, new RegExp(`^HTTP ${status}`));
    assert.equal(collector.received.length, 1);
  }
});

test('a collector that has no time fails once no retry fits into the timeout', async (context) => {
  const collector = await startCollector(context, (response) => {
    response.writeHead(503, { 'retry-after': '3600' }).end();
  });
  assert.equal((await send(sender(context, collector.url))).kind, 'failed');
  assert.equal(collector.received.length, 1);
});

test('a closed port fails', async (context) => {
  const result = await send(sender(context, await closedPort()));
  assert.equal(result.kind, 'failed');
  assert.match(result.message, /ECONNREFUSED/);
});

test('an answer that is no HTTP fails', async (context) => {
  const { url } = await startSocketServer(context, (socket) => socket.end('what?\r\n\r\n'));
  assert.equal((await send(sender(context, url))).kind, 'failed');
});

test('a connection that is cut fails', async (context) => {
  const { url } = await startSocketServer(context, (socket) => socket.destroy());
  assert.equal((await send(sender(context, url))).kind, 'failed');
});

test('a body that is no OTLP after a 200 changes nothing: the spans were taken', async (context) => {
  const collector = await startCollector(context, (response) => response.end('what?'));
  assert.deepEqual(await send(sender(context, collector.url)), { kind: 'sent', rejected: 0 });
});

test('a sender that is abandoned calls back, whether the collector says nothing or never ends, and does not connect again', async (context) => {
  const silent = await startSocketServer(context);
  const endless = await startSocketServer(context, trickle);
  const cut = async ({ url, connections }: typeof silent): Promise<void> => {
    const one = sender(context, url, { timeoutMs: 60_000 });
    const result = send(one);
    while (connections() === 0) await new Promise((resolve) => setImmediate(resolve));
    one.abandon();
    await result;
    assert.equal(connections(), 1);
  };
  await Promise.all([cut(silent), cut(endless)]);
});

test('a sender works again after it was abandoned', async (context) => {
  const collector = await startCollector(context, (response) => response.end());
  const one = sender(context, collector.url);
  one.abandon();
  assert.deepEqual(await send(one), { kind: 'sent', rejected: 0 });
});
