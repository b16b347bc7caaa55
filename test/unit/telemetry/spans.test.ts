import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import type { ReceivedSpan } from '../../../demo/otlp-trace.ts';
import { startOtlpSink } from '../../../demo/otlp-sink.ts';
import { HeaderList } from '../../../src/base/header-list.ts';
import type { FinishedPair } from '../../../src/comparison/finished-pair.ts';
import { spanCountOf } from '../../../src/telemetry/spans.ts';
import type { TelemetryOptions, TelemetrySettings } from '../../../src/telemetry/telemetry.ts';
import {
  answer,
  body,
  comparison,
  difference,
  duplicate,
  exchange,
  failure,
  matching,
  mismatching,
  response,
  times,
  trace,
  without,
} from './finished-pairs.ts';
import { startTelemetry } from './started-telemetry.ts';

/** OTLP's numbers of `SpanKind`. */
const internalKind = 1;
const clientKind = 3;
const statusUnset = { code: 0, message: '' };
const statusError = { code: 2, message: '' };

/** Records one pair and gives its spans as a collector got them. */
async function exported(
  context: TestContext,
  finished: FinishedPair,
  changes: Partial<TelemetrySettings> = {},
  overrides: Partial<TelemetryOptions> = {},
): Promise<{ pair: ReceivedSpan; live: ReceivedSpan; other: ReceivedSpan | undefined }> {
  const sink = await startOtlpSink();
  context.after(() => sink.stop());
  const { telemetry } = startTelemetry({ otlp: sink.url, ...changes }, overrides);
  context.after(() => telemetry.shutdown(1000));
  telemetry.record(finished);
  await telemetry.flush(5000);
  const { spans } = sink;
  assert.equal(spans.length, spanCountOf(finished));
  assert.equal(telemetry.spanCounts().exported, spans.length);
  const pair = spans.find((span) => span.name === 'twinspan.pair');
  const executions = spans.filter((span) => span !== pair);
  const live = executions.find((span) => span.kind === internalKind);
  const other = executions.find((span) => span.kind === clientKind);
  assert.ok(pair !== undefined && live !== undefined);
  for (const child of executions) {
    assert.equal(child.traceId, pair.traceId);
    assert.equal(child.parentSpanId, pair.spanId);
    assert.ok(child.startTimeUnixNano >= pair.startTimeUnixNano);
    assert.ok(child.endTimeUnixNano <= pair.endTimeUnixNano);
    assert.ok(child.endTimeUnixNano >= child.startTimeUnixNano);
  }
  for (const span of spans) {
    for (const [key, value] of Object.entries(span.attributes))
      assert.notEqual(value, undefined, key);
    assert.deepEqual(span.events, []);
    assert.equal(span.scope, 'twinspan');
  }
  return { pair, live, other };
}

const pairAttributes = {
  'twinspan.pair.id': '00112233445566778899aabbccddeeff',
  'twinspan.request.id': 'request-1',
  'twinspan.live.trace_id': '4bf92f3577b34da6a3ce929d0e0e4736',
  'twinspan.live.span_id': '00f067aa0ba902b7',
  'http.request.method': 'POST',
  'http.route': '/v1/models/{model}:predict',
  'twinspan.route': 'predict',
  'twinspan.live.status_code': 200,
  'twinspan.shadow.status_code': 200,
  'twinspan.live.duration': 0.03,
  'twinspan.shadow.duration': 0.05,
  'twinspan.latency.delta': 0.02,
  'twinspan.comparison.result': 'match',
  'twinspan.comparison.diff.count': 0,
  'twinspan.experiment.id': 'experiment-1',
  'twinspan.live.version': '1',
  'twinspan.shadow.version': '2',
};

const liveAttributes = {
  'twinspan.deployment.mode': 'live',
  'deployment.mode': 'live',
  'http.request.method': 'POST',
  'http.route': '/v1/models/{model}:predict',
  'http.request.body.size': 20,
  'http.response.status_code': 200,
  'http.response.body.size': 30,
  'twinspan.service.name': 'model-v1',
  'twinspan.service.version': '1',
};

const shadowAttributes = {
  'twinspan.deployment.mode': 'shadow',
  'deployment.mode': 'shadow',
  'http.request.method': 'POST',
  'http.route': '/v1/models/{model}:predict',
  'url.template': '/v1/models/{model}:predict',
  'http.request.body.size': 20,
  'http.response.status_code': 200,
  'http.response.body.size': 31,
  'server.address': '127.0.0.1',
  'server.port': 9102,
  'twinspan.service.name': 'model-v2',
  'twinspan.service.version': '2',
};

/** `attributes` without `keys`. */
function less(attributes: Record<string, unknown>, ...keys: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => !keys.includes(key)));
}

test('a match is a trace of exactly three spans with the ids drawn at dispatch, times on one clock and a link to live', async (context) => {
  const { pair, live, other } = await exported(context, matching());
  const unixNano = (instantMs: number) => BigInt(times.epochOffsetMs + instantMs) * 1_000_000n;
  const shape = (span: ReceivedSpan) => ({
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: span.kind,
    from: span.startTimeUnixNano,
    to: span.endTimeUnixNano,
    links: span.links,
    status: span.status,
  });
  assert.deepEqual(shape(pair), {
    traceId: trace.traceId,
    spanId: trace.pairSpanId,
    parentSpanId: undefined,
    name: 'twinspan.pair',
    kind: internalKind,
    from: unixNano(times.startedAt),
    to: unixNano(times.shadowEndedAt),
    links: [
      {
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        spanId: '00f067aa0ba902b7',
        attributes: { 'twinspan.link.type': 'live_request' },
      },
    ],
    status: statusUnset,
  });
  assert.deepEqual(shape(live), {
    traceId: trace.traceId,
    spanId: live.spanId,
    parentSpanId: trace.pairSpanId,
    name: 'POST /v1/models/{model}:predict',
    kind: internalKind,
    from: unixNano(times.startedAt),
    to: unixNano(times.responseEndedAt),
    links: [],
    status: statusUnset,
  });
  assert.deepEqual(shape(other!), {
    traceId: trace.traceId,
    spanId: trace.shadowSpanId,
    parentSpanId: trace.pairSpanId,
    name: 'POST /v1/models/{model}:predict',
    kind: clientKind,
    from: unixNano(times.sentAt),
    to: unixNano(times.shadowEndedAt),
    links: [],
    status: statusUnset,
  });
  assert.deepEqual(pair.attributes, pairAttributes);
  assert.deepEqual(live.attributes, liveAttributes);
  assert.deepEqual(other?.attributes, shadowAttributes);
  assert.equal(pair.resource['service.name'], 'model-v1-twinspan');
});

test('a mismatch says what differs, in scalars and in at most 16 groups of at most 128 characters', async (context) => {
  const differences = [
    difference({ kind: 'status', pointer: '', group: 'status', contract: true }),
    difference({ kind: 'value', pointer: '/a/0', group: '/a/*' }),
    difference({ kind: 'value', pointer: '/a/1', group: '/a/*' }),
    difference({ group: `/${'x'.repeat(126)}\u{1f600}` }),
    ...Array.from({ length: 20 }, (_, index) => difference({ group: `/field${index}` })),
  ];
  const compared = comparison({
    differences,
    differs: { status: true, headers: false, body: true },
    differenceCount: 240,
  });
  const { pair } = await exported(
    context,
    mismatching([], { comparison: compared, shadow: answer({ status: 500 }) }),
  );
  const paths = pair.attributes['twinspan.comparison.diff.paths'] as string[];
  assert.deepEqual(pair.attributes, {
    ...pairAttributes,
    'twinspan.shadow.status_code': 500,
    'twinspan.comparison.result': 'mismatch',
    'twinspan.comparison.diff.status': true,
    'twinspan.comparison.diff.body': true,
    'twinspan.comparison.diff.contract': true,
    'twinspan.comparison.diff.count': 240,
    'twinspan.comparison.diff.paths': paths,
  });
  assert.equal(paths.length, 16);
  assert.deepEqual(paths.slice(0, 4), ['status', '/a/*', `/${'x'.repeat(126)}`, '/field0']);
  assert.deepEqual(pair.status, statusUnset, 'a mismatch is no error of the pair');
});

test('a live_error has no shadow span when nothing was sent, and no duration of an answer that was not one', async (context) => {
  const finished: FinishedPair = {
    exchange: without(exchange({ endedAt: 1020 }), 'request', 'response'),
    outcome: 'live_aborted',
    trace,
    experiment: 'experiment-1',
  };
  const { pair, live } = await exported(context, finished);
  assert.deepEqual(pair.attributes, {
    ...less(
      pairAttributes,
      'twinspan.live.status_code',
      'twinspan.shadow.status_code',
      'twinspan.live.duration',
      'twinspan.shadow.duration',
      'twinspan.latency.delta',
      'twinspan.comparison.diff.count',
    ),
    'twinspan.comparison.result': 'live_error',
    'twinspan.comparison.reason': 'live_aborted',
  });
  assert.deepEqual(
    live.attributes,
    less(
      liveAttributes,
      'http.request.body.size',
      'http.response.status_code',
      'http.response.body.size',
    ),
  );
  assert.equal(live.endTimeUnixNano, BigInt(times.epochOffsetMs + 1020) * 1_000_000n);
  assert.deepEqual(live.status, statusUnset, 'who aborted on purpose had no error');
});

test("an answer of Envoy's own in live's place is an error of the live span, without a service time", async (context) => {
  const finished: FinishedPair = {
    exchange: exchange({ response: response({ status: 503 }) }),
    outcome: 'live_upstream_failed',
    trace,
  };
  const { pair, live } = await exported(context, finished);
  assert.equal(pair.attributes['twinspan.live.duration'], undefined);
  assert.equal(live.attributes['error.type'], '503');
  assert.deepEqual(live.status, statusError);
});

test('live that never answered is an error of the live span, named by the outcome', async (context) => {
  const unanswered = without(exchange(), 'response');
  const finished: FinishedPair = { exchange: unanswered, outcome: 'live_upstream_failed', trace };
  const { live } = await exported(context, finished);
  assert.equal(live.attributes['error.type'], 'live_upstream_failed');
  assert.deepEqual(live.status, statusError);
});

test('a shadow timeout is an error of the shadow span, with no status, no size and no duration', async (context) => {
  const { comparison: _comparison, ...sent } = matching();
  const finished: FinishedPair = {
    ...sent,
    outcome: 'shadow_timeout',
    shadow: failure('shadow_timeout', 'timeout'),
  };
  const { pair, live, other } = await exported(context, finished);
  assert.deepEqual(pair.attributes, {
    ...less(
      pairAttributes,
      'twinspan.shadow.status_code',
      'twinspan.shadow.duration',
      'twinspan.latency.delta',
      'twinspan.comparison.diff.count',
    ),
    'twinspan.comparison.result': 'shadow_error',
    'twinspan.comparison.reason': 'shadow_timeout',
  });
  assert.deepEqual(live.attributes, liveAttributes);
  assert.deepEqual(other?.attributes, {
    ...less(shadowAttributes, 'http.response.status_code', 'http.response.body.size'),
    'error.type': 'timeout',
  });
  assert.deepEqual(other?.status, statusError);
  assert.deepEqual(pair.status, statusUnset);
});

test('what twinspan did not send is not_compared with the outcome as reason', async (context) => {
  const finished: FinishedPair = {
    exchange: exchange(),
    outcome: 'circuit_open',
    trace,
    experiment: 'experiment-1',
  };
  const { pair, live } = await exported(context, finished);
  assert.deepEqual(pair.attributes, {
    ...less(
      pairAttributes,
      'twinspan.shadow.status_code',
      'twinspan.shadow.duration',
      'twinspan.latency.delta',
      'twinspan.comparison.diff.count',
    ),
    'twinspan.comparison.result': 'not_compared',
    'twinspan.comparison.reason': 'circuit_open',
  });
  assert.deepEqual(live.attributes, liveAttributes);
});

test('a request that twinspan gave up itself is no error', async (context) => {
  const { comparison: _comparison, ...sent } = matching();
  const { sentAt, shadowEndedAt: endedAt } = times;
  const finished: FinishedPair = {
    ...sent,
    outcome: 'shutdown',
    shadow: { kind: 'cancelled', duplicate: duplicate(), sentAt, endedAt },
  };
  const { other } = await exported(context, finished);
  assert.equal(other?.attributes['error.type'], undefined);
  assert.deepEqual(other?.status, statusUnset);
});

test('under a joined trace the same spans stand below the live span, with its tracestate and no link', async (context) => {
  const joined = {
    ...trace,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    parentSpanId: '00f067aa0ba902b7',
    tracestate: 'vendor=1',
  };
  const { pair, live, other } = await exported(context, matching({ trace: joined }), {
    trace: 'join',
  });
  assert.equal(pair.traceId, joined.traceId);
  assert.equal(pair.parentSpanId, joined.parentSpanId);
  assert.equal(pair.spanId, joined.pairSpanId);
  assert.equal(other?.spanId, joined.shadowSpanId);
  assert.deepEqual(pair.links, []);
  assert.deepEqual(pair.attributes, pairAttributes);
  assert.deepEqual(live.attributes, liveAttributes);
  assert.deepEqual(other.attributes, shadowAttributes);
  // OTLP: bit 8 says that bit 9 tells whether the parent is in another process.
  assert.equal(pair.flags & 0x301, 0x301);
  assert.equal(live.flags & 0x301, 0x101);
});

test('a canary takes the place of live on the observed span', async (context) => {
  const { live, other } = await exported(
    context,
    matching({ exchange: exchange({ mode: 'canary' }) }),
  );
  assert.deepEqual(live.attributes, {
    ...liveAttributes,
    'twinspan.deployment.mode': 'canary',
    'deployment.mode': 'canary',
  });
  assert.equal(other?.attributes['twinspan.deployment.mode'], 'shadow');
});

test('a control is a second live instance: its mode, its address, the name and version of live', async (context) => {
  const { pair, other } = await exported(
    context,
    matching({ outcome: 'control', shadow: answer({ duplicate: duplicate('control') }) }),
    {},
    { controlUrl: 'https://[::1]/' },
  );
  assert.deepEqual(other?.attributes, {
    ...shadowAttributes,
    'twinspan.deployment.mode': 'control',
    'deployment.mode': 'control',
    'server.address': '::1',
    'server.port': 443,
    'twinspan.service.name': 'model-v1',
    'twinspan.service.version': '1',
  });
  assert.equal(pair.attributes['twinspan.shadow.version'], '1');
  assert.equal(pair.attributes['twinspan.comparison.result'], 'match');
});

test('versions come from the response header that is named, else from the configuration', async (context) => {
  const headers = (version: string) => HeaderList.fromPairs([['x-model-version', version]]);
  const finished = matching({
    exchange: exchange({ response: response({ headers: headers('1.7') }) }),
    shadow: answer({ headers: headers('') }),
  });
  const versionHeader = 'X-Model-Version';
  const { pair, live, other } = await exported(
    context,
    finished,
    {},
    {
      live: { name: 'model', versionHeader },
      shadow: { version: 'from-file', versionHeader, url: 'http://shadow.example' },
    },
  );
  assert.equal(pair.attributes['twinspan.live.version'], '1.7');
  assert.equal(pair.attributes['twinspan.shadow.version'], 'from-file');
  assert.equal(live.attributes['twinspan.service.version'], '1.7');
  assert.equal(other?.attributes['twinspan.service.version'], 'from-file');
  assert.equal(other.attributes['twinspan.service.name'], undefined);
  assert.equal(other.attributes['server.port'], 80);
});

test('the raw path appears only where it was asked for, and never with its query', async (context) => {
  const { live, other } = await exported(context, matching(), { urlPath: true });
  assert.equal(live.attributes['url.path'], '/v1/models/iris:predict');
  assert.equal(other?.attributes['url.path'], '/v1/models/iris:predict');
});

test('mode keys are those of the configuration', async (context) => {
  const { live } = await exported(context, matching(), { modeKeys: ['twinspan.deployment.mode'] });
  assert.equal(live.attributes['twinspan.deployment.mode'], 'live');
  assert.equal(live.attributes['deployment.mode'], undefined);
});

test('without a live trace there is no link and no live ids; an empty request id is left out', async (context) => {
  const finished = matching({ exchange: exchange({ context: {}, requestId: '' }) });
  const { pair } = await exported(context, finished);
  assert.deepEqual(pair.links, []);
  assert.deepEqual(
    pair.attributes,
    less(pairAttributes, 'twinspan.live.trace_id', 'twinspan.live.span_id', 'twinspan.request.id'),
  );
});

test('a duplicate sent before live answered keeps both executions inside the pair', async (context) => {
  const early = answer({ sentAt: 990, endedAt: 1005 });
  const { pair } = await exported(context, matching({ shadow: early }));
  assert.equal(pair.startTimeUnixNano, BigInt(times.epochOffsetMs + 990) * 1_000_000n);
  assert.equal(
    pair.endTimeUnixNano,
    BigInt(times.epochOffsetMs + times.responseEndedAt) * 1_000_000n,
  );
});

test('an answer that was over before its request has a service time of 0, and the span covers both', async (context) => {
  const early = response({ status: 413, startedAt: 1002, endedAt: 1004, body: body(0) });
  const { pair, live } = await exported(
    context,
    matching({ exchange: exchange({ response: early }) }),
  );
  assert.equal(pair.attributes['twinspan.live.duration'], 0);
  assert.equal(
    live.endTimeUnixNano,
    BigInt(times.epochOffsetMs + times.requestEndedAt) * 1_000_000n,
  );
});

test('times with fractions of a millisecond keep them, and stay in order', async (context) => {
  const fractions = answer({ sentAt: 1045.1234, endedAt: 1999.9999999 });
  const { pair, other } = await exported(
    context,
    matching({ exchange: exchange({ epochOffsetMs: 1_700_000_000_000.25 }), shadow: fractions }),
  );
  assert.equal(pair.startTimeUnixNano, 1_700_000_001_000_250_000n);
  const microseconds = (other!.startTimeUnixNano - 1_700_000_000_000_000_000n) / 1000n;
  assert.equal(microseconds, 1_045_373n);
  assert.equal(pair.endTimeUnixNano, other!.endTimeUnixNano);
});
