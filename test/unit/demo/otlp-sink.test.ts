import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { context, SpanKind, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

import { startOtlpSink, type OtlpSink, type OtlpSinkOptions } from '../../../demo/otlp-sink.ts';
import { SPAN_KINDS } from '../../../demo/otlp-trace.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (let next = cleanups.pop(); next !== undefined; next = cleanups.pop()) await next();
});

async function start(options?: OtlpSinkOptions): Promise<OtlpSink> {
  const sink = await startOtlpSink(options);
  cleanups.push(() => sink.stop());
  return sink;
}

/** OpenTelemetry's own SDK and exporter, pointed at the sink. */
function tracing(sink: OtlpSink): TracerProvider {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'sink-test' }),
    spanProcessors: [
      new SimpleSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${sink.url}/v1/traces` }),
      }),
    ],
  });
  cleanups.push(() => provider.shutdown());
  return provider;
}

function post(
  sink: OtlpSink,
  body: string | Buffer<ArrayBuffer>,
  headers: Record<string, string> = {},
) {
  return fetch(`${sink.url}/v1/traces`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-protobuf', connection: 'close', ...headers },
  });
}

/** An export of one span without name, made by hand: ids are fields 1 and 2 of the span. */
function exportOfOneSpan({ traceIdBytes = 16 } = {}): Buffer<ArrayBuffer> {
  const field = (number: number, content: Buffer) =>
    Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
  const traceId = field(1, Buffer.alloc(traceIdBytes, 0xab));
  const span = Buffer.concat([traceId, field(2, Buffer.alloc(8, 0xcd))]);
  return Buffer.from(field(1, field(2, field(2, span))));
}

test('spans of the OpenTelemetry SDK arrive with ids, times, attributes, links and parents', async () => {
  const sink = await start();
  const tracer = tracing(sink).getTracer('the scope');
  const linked = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 };
  const parent = tracer.startSpan('parent', {
    startTime: [1_700_000_000, 1],
    links: [{ context: linked, attributes: { why: 'live' } }],
    attributes: { text: 'a', whole: 7, fraction: 0.5, yes: true, list: ['x', 'y'] },
  });
  const child = tracer.startSpan(
    'child',
    { kind: SpanKind.CLIENT },
    trace.setSpan(context.active(), parent),
  );
  child.end();
  parent.end([1_700_000_001, 2]);
  await sink.waitFor((spans) => spans.length === 2);

  const received = sink.spans.find((span) => span.name === 'parent');
  assert.ok(received);
  assert.deepEqual(
    {
      traceId: received.traceId,
      spanId: received.spanId,
      parentSpanId: received.parentSpanId,
      start: received.startTimeUnixNano,
      end: received.endTimeUnixNano,
      attributes: received.attributes,
      links: received.links,
      service: received.resource['service.name'],
      scope: received.scope,
    },
    {
      traceId: parent.spanContext().traceId,
      spanId: parent.spanContext().spanId,
      parentSpanId: undefined,
      start: 1_700_000_000_000_000_001n,
      end: 1_700_000_001_000_000_002n,
      attributes: { text: 'a', whole: 7, fraction: 0.5, yes: true, list: ['x', 'y'] },
      links: [{ traceId: linked.traceId, spanId: linked.spanId, attributes: { why: 'live' } }],
      service: 'sink-test',
      scope: 'the scope',
    },
  );
  const receivedChild = sink.spans.find((span) => span.name === 'child');
  assert.equal(receivedChild?.parentSpanId, received.spanId);
  assert.equal(receivedChild?.kind, SPAN_KINDS.client);
});

test('the file holds each export as a line of OTLP/JSON with ids in hex', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'twinspan-otlp-sink-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'spans.jsonl');
  const sink = await start({ file: { path, maxBytes: 100_000 } });
  await post(sink, exportOfOneSpan());
  await post(sink, exportOfOneSpan());
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  assert.equal(lines.length, 2);
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    resourceSpans: [
      { scopeSpans: [{ spans: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) }] }] },
    ],
  });
});

test('the file is emptied at start and never grows over its bound; what is left out is counted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'twinspan-otlp-sink-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'spans.jsonl');
  const first = await start({ file: { path, maxBytes: 100_000 } });
  await post(first, exportOfOneSpan());
  const { length } = await readFile(path);
  const second = await start({ file: { path, maxBytes: 2 * length + 1 } });
  for (let sent = 0; sent < 5; sent += 1) await post(second, exportOfOneSpan());
  assert.equal((await readFile(path)).length, 2 * length);
  assert.deepEqual(second.dropped, { spans: 0, lines: 3 });
});

test('spans over the bound of the memory are counted, not kept', async () => {
  const sink = await start({ maxSpans: 2 });
  for (let sent = 0; sent < 5; sent += 1) await post(sink, exportOfOneSpan());
  assert.equal(sink.spans.length, 2);
  assert.equal(sink.dropped.spans, 3);
});

test('an export is answered with an empty response message in protobuf', async () => {
  const sink = await start();
  const response = await post(sink, exportOfOneSpan());
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/x-protobuf');
  assert.equal((await response.arrayBuffer()).byteLength, 0);
});

test('a compressed export is read', async () => {
  const sink = await start();
  const response = await post(sink, gzipSync(exportOfOneSpan()), { 'content-encoding': 'gzip' });
  assert.equal(response.status, 200);
  assert.equal(sink.spans.length, 1);
});

const refused: readonly {
  what: string;
  body: string | Buffer<ArrayBuffer>;
  headers?: Record<string, string>;
  status: number;
}[] = [
  { what: 'no protobuf', body: 'this is no protobuf', status: 400 },
  { what: 'a protobuf that is cut', body: exportOfOneSpan().subarray(0, 12), status: 400 },
  {
    what: 'a trace id of the wrong length',
    body: exportOfOneSpan({ traceIdBytes: 15 }),
    status: 400,
  },
  {
    what: 'gzip that is none',
    body: exportOfOneSpan(),
    headers: { 'content-encoding': 'gzip' },
    status: 400,
  },
  { what: 'JSON', body: '{}', headers: { 'content-type': 'application/json' }, status: 415 },
  {
    what: 'an unknown encoding',
    body: exportOfOneSpan(),
    headers: { 'content-encoding': 'br' },
    status: 415,
  },
];
for (const { what, body, headers, status } of refused) {
  test(`${what} is refused with ${status} and a Status message, and nothing is kept`, async () => {
    const sink = await start();
    const response = await post(sink, body, headers);
    assert.equal(response.status, status);
    assert.equal(response.headers.get('content-type'), 'application/x-protobuf');
    // google.rpc.Status has its message in field 2 of type 2 (length-delimited).
    assert.equal(Buffer.from(await response.arrayBuffer())[0], (2 << 3) | 2);
    assert.equal(sink.spans.length, 0);
  });
}

test('other paths are 404 and other methods 405', async () => {
  const sink = await start();
  const headers = { connection: 'close' };
  assert.equal((await fetch(`${sink.url}/v1/metrics`, { method: 'POST', headers })).status, 404);
  assert.equal((await fetch(`${sink.url}/v1/traces`, { headers })).status, 405);
});

test('waiting ends at the span that was waited for', async () => {
  const sink = await start();
  const waiting = sink.waitFor((spans) => spans.length >= 2);
  await post(sink, exportOfOneSpan());
  await post(sink, exportOfOneSpan());
  await waiting;
  assert.equal(sink.spans.length, 2);
});

test('waiting for what does not come fails after the timeout and says what came', async () => {
  const sink = await start();
  tracing(sink).getTracer('t').startSpan('another').end();
  await sink.waitFor((spans) => spans.length === 1);
  await assert.rejects(
    sink.waitFor((spans) => spans.length === 2, 20),
    /did not come within 20 ms; 1 came: another/,
  );
});

test('a predicate that throws fails the waiting, not the export', async () => {
  const sink = await start();
  const waiting = assert.rejects(
    sink.waitFor((spans) => {
      assert.equal(spans.length, 0, 'no span may come');
      return false;
    }),
    /no span may come/,
  );
  assert.equal((await post(sink, exportOfOneSpan())).status, 200);
  await waiting;
});

test('stopping ends those who wait and may be done twice', async () => {
  const sink = await start();
  const waiting = assert.rejects(
    sink.waitFor(() => false),
    /sink was stopped/,
  );
  await sink.stop();
  await waiting;
  await sink.stop();
});
