import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { trace as globalTrace } from '@opentelemetry/api';

import { startOtlpSink } from '../../../demo/otlp-sink.ts';
import { HeaderList } from '../../../src/base/header-list.ts';
import { dropReasons } from '../../../src/telemetry/span-queue.ts';
import type {
  Telemetry,
  TelemetryOptions,
  TelemetrySettings,
} from '../../../src/telemetry/telemetry.ts';
import { exchange, liveTraceparent, matching, mismatching, trace } from './finished-pairs.ts';
import { closedPort, startCollector, startSocketServer, trickle } from './rude-collector.ts';
import { startTelemetry } from './started-telemetry.ts';

function assertBalanced(telemetry: Telemetry): void {
  const { created, exported, queued, dropped } = telemetry.spanCounts();
  const lost = dropReasons.reduce((sum, reason) => sum + dropped[reason], 0);
  assert.equal(created, exported + queued + lost);
}

/** Records `pairs` matches and watches the balance while it does. */
function recordPairs(telemetry: Telemetry, pairs: number): void {
  for (let count = 0; count < pairs; count += 1) {
    telemetry.record(matching());
    assertBalanced(telemetry);
  }
}

/** Telemetry that gives an export 200 ms. */
function hasty(
  context: TestContext,
  otlp: string,
  changes: Partial<TelemetrySettings> = {},
  overrides: Partial<TelemetryOptions> = {},
) {
  const started = startTelemetry(
    { otlp, ...changes },
    { environment: { OTEL_EXPORTER_OTLP_TIMEOUT: '200' }, ...overrides },
  );
  context.after(() => started.telemetry.shutdown(0));
  return started;
}

test('a working collector gets every span, also at shutdown with a full queue, and the counts say so', async (context) => {
  const sink = await startOtlpSink();
  context.after(() => sink.stop());
  const { telemetry, lines } = startTelemetry({ otlp: sink.url });
  recordPairs(telemetry, 2000);
  await telemetry.shutdown(30_000);
  const { created, exported, queued, queuedBytes } = telemetry.spanCounts();
  assert.deepEqual(
    { created, exported, queued, queuedBytes },
    {
      created: 6000,
      exported: 6000,
      queued: 0,
      queuedBytes: 0,
    },
  );
  assert.equal(sink.spans.length, 6000);
  assert.deepEqual(
    lines.map(({ event, collector }) => ({ event, collector })),
    [{ event: 'spans_on', collector: `${sink.url}/v1/traces` }],
  );
});

test('it starts without any network, and connects only for the first spans', async (context) => {
  const { url, connections } = await startSocketServer(context);
  const { telemetry } = hasty(context, url);
  await telemetry.renderMetrics();
  await telemetry.flush(1000);
  assert.equal(connections(), 0);
  recordPairs(telemetry, 1);
  await telemetry.flush(60_000);
  assert.equal(connections(), 1);
});

test('no global tracer is registered: what runs in the same process is not traced by it', () => {
  startTelemetry({ otlp: 'http://127.0.0.1:1' });
  assert.equal(globalTrace.getTracer('other').startSpan('other').isRecording(), false);
});

test('matches are thinned by the draw, mismatches never; what is left out is counted apart', async (context) => {
  const sink = await startOtlpSink();
  context.after(() => sink.stop());
  const { telemetry } = startTelemetry({ otlp: sink.url });
  const unsampled = { ...trace, sampled: false };
  telemetry.record(matching({ trace: unsampled }));
  telemetry.record(matching());
  telemetry.record(mismatching(undefined, { trace: unsampled }));
  telemetry.record({ exchange: exchange(), outcome: 'sampled_out', trace: unsampled });
  await telemetry.shutdown(5000);
  const { created, exported, leftOut } = telemetry.spanCounts();
  assert.equal(created, 6);
  assert.equal(exported, 6);
  assert.deepEqual(leftOut, { sampled_out: 3, rate_limited: 0 });
});

test('no more pairs a second are exported than configured; the rest is counted as rate_limited', async (context) => {
  const { url } = await startSocketServer(context);
  const { telemetry } = hasty(context, url, { maxPairsPerSecond: () => 1 });
  telemetry.record(matching());
  telemetry.record(mismatching());
  telemetry.record({ exchange: exchange(), outcome: 'queue_full', trace });
  assert.equal(telemetry.spanCounts().created, 3);
  assert.deepEqual(telemetry.spanCounts().leftOut, { sampled_out: 0, rate_limited: 5 });
});

test('without a collector no span is made, that is said once, and metrics work', async () => {
  const { telemetry, lines } = startTelemetry();
  recordPairs(telemetry, 10);
  await telemetry.flush(1000);
  await telemetry.shutdown(1000);
  assert.equal(telemetry.spanCounts().created, 0);
  assert.deepEqual(
    lines.map(({ event, reason }) => ({ event, reason })),
    [{ event: 'spans_off', reason: 'no_collector' }],
  );
  const { text } = await telemetry.renderMetrics();
  assert.match(text, /^twinspan_comparisons_total\{result="match",route="predict"\} 10$/m);
});

test('OTEL_SDK_DISABLED turns the spans off although a collector is configured', () => {
  const { telemetry, lines } = startTelemetry(
    { otlp: 'http://127.0.0.1:1' },
    { environment: { OTEL_SDK_DISABLED: 'true' } },
  );
  recordPairs(telemetry, 1);
  assert.equal(telemetry.spanCounts().created, 0);
  assert.equal(lines[0]?.['reason'], 'disabled');
});

test('variables of OpenTelemetry without effect are named in one warning', () => {
  const { lines } = startTelemetry(
    {},
    { environment: { OTEL_TRACES_SAMPLER: 'always_on', OTEL_BSP_SCHEDULE_DELAY: '5' } },
  );
  const warnings = lines.filter(({ event }) => event === 'otel_environment_unused');
  assert.deepEqual(
    warnings.map(({ level, variables }) => ({ level, variables })),
    [{ level: 'warn', variables: ['OTEL_BSP_SCHEDULE_DELAY', 'OTEL_TRACES_SAMPLER'] }],
  );
});

test('credentials in the URL of the collector are not logged', async (context) => {
  const { lines, telemetry } = startTelemetry({ otlp: 'http://user:secret@127.0.0.1:4318/?key=x' });
  context.after(() => telemetry.shutdown(0));
  assert.equal(lines[0]?.['collector'], 'http://127.0.0.1:4318/v1/traces');
});

test('it draws traces and reads the live parent for those who dispatch and report', () => {
  const { telemetry } = startTelemetry({ trace: 'join' });
  const context = { traceparent: liveTraceparent };
  const parent = telemetry.liveParent(context, HeaderList.empty);
  assert.equal(telemetry.draw(context, HeaderList.empty).parentSpanId, parent?.spanId);
});

test('trouble while recording is logged, rarely, and reaches nobody', async (context) => {
  const { url } = await startSocketServer(context);
  const { telemetry, lines } = hasty(context, url);
  for (let count = 0; count < 3; count += 1) {
    telemetry.record({
      ...matching(),
      get experiment(): string {
        throw new Error('no experiment');
      },
    });
  }
  const failures = lines.filter(({ event }) => event === 'telemetry_failed');
  assert.equal(failures.length, 1);
  assert.match(String(failures[0]?.['msg']), /no experiment/);
});

const rudeAnswers: Record<string, (context: TestContext) => Promise<string>> = {
  'is not there': () => closedPort(),
  'has no time': async (context) => {
    const answer = await startCollector(context, (response) => response.writeHead(503).end());
    return answer.url;
  },
  'finds every batch too large': async (context) => {
    const answer = await startCollector(context, (response) => response.writeHead(413).end());
    return answer.url;
  },
  'speaks no HTTP': async (context) => {
    const { url } = await startSocketServer(context, (socket) => socket.end('garbage\r\n\r\n'));
    return url;
  },
};

for (const [what, start] of Object.entries(rudeAnswers)) {
  test(`spans for a collector that ${what} are dropped as export_failed, and the shutdown ends`, async (context) => {
    const { telemetry, lines } = hasty(context, await start(context));
    recordPairs(telemetry, 100);
    await telemetry.shutdown(60_000);
    assertBalanced(telemetry);
    const { exported, queued, dropped } = telemetry.spanCounts();
    assert.equal(exported, 0);
    assert.equal(queued, 0);
    assert.equal(dropped.export_failed, 300);
    const warnings = lines.filter(({ event }) => event === 'spans_dropped');
    assert.deepEqual(
      warnings.map(({ reason }) => reason),
      ['export_failed'],
      'said once, not once a batch',
    );
  });
}

test('spans for a collector that hangs are dropped as export_timeout', async (context) => {
  const { url } = await startSocketServer(context);
  const { telemetry } = hasty(context, url);
  recordPairs(telemetry, 100);
  await telemetry.flush(60_000);
  assertBalanced(telemetry);
  assert.equal(telemetry.spanCounts().dropped.export_timeout, 300);
});

test('a collector whose answers never end is cut off, and asked again', async (context) => {
  const { url, connections } = await startSocketServer(context, trickle);
  const { telemetry } = hasty(context, url);
  for (let count = 0; count < 3; count += 1) {
    recordPairs(telemetry, 200);
    await telemetry.flush(60_000);
  }
  assertBalanced(telemetry);
  assert.equal(telemetry.spanCounts().dropped.export_timeout, 1800);
  assert.ok(connections() > 4, `${connections()} connections`);
});

test('a shutdown does not wait for a collector that hangs; what is left is dropped as shutdown', async (context) => {
  const { url } = await startSocketServer(context);
  const { telemetry } = startTelemetry({ otlp: url });
  recordPairs(telemetry, 1000);
  await telemetry.shutdown(50);
  telemetry.record(matching());
  assertBalanced(telemetry);
  const { queued, queuedBytes, dropped } = telemetry.spanCounts();
  assert.deepEqual(
    { queued, queuedBytes, shutdown: dropped.shutdown },
    {
      queued: 0,
      queuedBytes: 0,
      shutdown: 3003,
    },
  );
});

test('under a collector that hangs the queue holds no more than its bounds', async (context) => {
  const { url } = await startSocketServer(context);
  const bytes = 500_000;
  const byBytes = hasty(context, url, { queue: { spans: 16_384, bytes } }).telemetry;
  recordPairs(byBytes, 600);
  assert.ok(byBytes.spanCounts().queuedBytes <= bytes);
  assert.ok(byBytes.spanCounts().dropped.queue_full > 0);
  const byCount = hasty(context, url, { queue: { spans: 500, bytes: 2 ** 30 } }).telemetry;
  recordPairs(byCount, 600);
  assert.equal(byCount.spanCounts().queued, 498, 'whole pairs only');
  assert.equal(byCount.spanCounts().dropped.queue_full, 1302);
});

test('spans that the collector refuses are counted as rejected', async (context) => {
  const collector = await startCollector(context, (response) => {
    response.end(Buffer.from([0x0a, 2, 0x08, 2]));
  });
  const { telemetry } = hasty(context, collector.url);
  recordPairs(telemetry, 1);
  await telemetry.flush(60_000);
  assertBalanced(telemetry);
  const { exported, dropped } = telemetry.spanCounts();
  assert.deepEqual({ exported, rejected: dropped.rejected }, { exported: 1, rejected: 2 });
});

test('what became of the spans is in the metrics', async (context) => {
  const sink = await startOtlpSink();
  context.after(() => sink.stop());
  const { telemetry } = startTelemetry({ otlp: sink.url });
  telemetry.record(matching());
  telemetry.record(matching({ trace: { ...trace, sampled: false } }));
  await telemetry.shutdown(5000);
  const { text } = await telemetry.renderMetrics();
  const spans = text.match(/^twinspan_spans_total\{.*$/gm);
  assert.deepEqual(spans, [
    'twinspan_spans_total{outcome="exported"} 3',
    'twinspan_spans_total{outcome="queue_full"} 0',
    'twinspan_spans_total{outcome="export_failed"} 0',
    'twinspan_spans_total{outcome="export_timeout"} 0',
    'twinspan_spans_total{outcome="rejected"} 0',
    'twinspan_spans_total{outcome="shutdown"} 0',
    'twinspan_spans_total{outcome="sampled_out"} 3',
    'twinspan_spans_total{outcome="rate_limited"} 0',
  ]);
});
