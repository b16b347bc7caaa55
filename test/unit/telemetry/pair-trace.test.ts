import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import { createPairTraces } from '../../../src/telemetry/pair-trace.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const sampled = `00-${traceId}-${spanId}-01`;
const unsampled = `00-${traceId}-${spanId}-00`;
const clientTraceId = '0af7651916cd43dd8448eb211c80319c';
const client = `00-${clientTraceId}-b7ad6b7169203331-01`;

const headers = (...pairs: [string, string][]) => HeaderList.fromPairs(pairs);
const pair = createPairTraces({ mode: 'pair', keepMatches: () => 0.5, random: () => 0.49 });
const join = createPairTraces({ mode: 'join', keepMatches: () => 0.5, random: () => 0.49 });

test("the live parent is Envoy's own span when the metadata has one, else the client's, else none", () => {
  const clients = headers(['traceparent', client]);
  assert.deepEqual(pair.liveParent({ traceparent: sampled }, clients), {
    traceId,
    spanId,
    sampled: true,
  });
  assert.equal(pair.liveParent({}, clients)?.traceId, clientTraceId);
  assert.equal(pair.liveParent({ traceparent: 'garbage' }, clients)?.traceId, clientTraceId);
  assert.equal(pair.liveParent({}, HeaderList.empty), undefined);
});

test('a traceparent that breaks W3C Trace Context is no parent', () => {
  const broken = [
    '',
    `00-${traceId}-${spanId}`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId}0-${spanId}-01`,
    `00-${traceId}-${spanId}-0x`,
    `${sampled},${sampled}`,
  ];
  for (const traceparent of broken) {
    assert.equal(pair.liveParent({ traceparent }, HeaderList.empty), undefined, traceparent);
    assert.equal(pair.liveParent({}, headers(['traceparent', traceparent])), undefined);
  }
});

test('two traceparent headers are no parent', () => {
  const twice = headers(['traceparent', client], ['traceparent', sampled]);
  assert.equal(pair.liveParent({}, twice), undefined);
});

test('a traceparent of a later version is read by its first four fields', () => {
  const later = pair.liveParent(
    { traceparent: `01-${traceId}-${spanId}-03-more` },
    HeaderList.empty,
  );
  assert.deepEqual(later, { traceId, spanId, sampled: true });
});

test('tracestate comes with the traceparent beside it, its headers joined, invalid members left out', () => {
  const both = headers(
    ['traceparent', client],
    ['tracestate', 'vendor=1,broken'],
    ['tracestate', 'other=2'],
  );
  assert.equal(pair.liveParent({}, both)?.tracestate, 'vendor=1,other=2');
  const metadata = { traceparent: sampled, tracestate: 'envoy=1' };
  assert.equal(pair.liveParent(metadata, both)?.tracestate, 'envoy=1');
  assert.equal(pair.liveParent({ traceparent: sampled }, both)?.tracestate, undefined);
});

test('a pair trace has random ids of its own and the draw of keepMatches as its flag', () => {
  let share = 0.5;
  let random = 0.49;
  const traces = createPairTraces({
    mode: 'pair',
    keepMatches: () => share,
    random: () => random,
  });
  const first = traces.draw({ traceparent: sampled }, headers(['traceparent', client]));
  assert.match(first.traceId, /^[0-9a-f]{32}$/);
  assert.match(first.pairSpanId, /^[0-9a-f]{16}$/);
  assert.match(first.shadowSpanId, /^[0-9a-f]{16}$/);
  assert.notEqual(first.traceId, traceId);
  assert.notEqual(first.pairSpanId, first.shadowSpanId);
  assert.deepEqual(
    { sampled: first.sampled, parent: first.parentSpanId, state: first.tracestate },
    { sampled: true, parent: undefined, state: undefined },
  );
  assert.ok(Object.isFrozen(first));
  random = 0.5;
  assert.equal(traces.draw({}, HeaderList.empty).sampled, false);
  share = 1;
  assert.equal(traces.draw({}, HeaderList.empty).sampled, true);
  assert.notEqual(traces.draw({}, HeaderList.empty).traceId, first.traceId);
});

test('a joined trace is the live one, with its span as parent, its flag and its tracestate', () => {
  const drawn = join.draw({ traceparent: unsampled, tracestate: 'envoy=1' }, HeaderList.empty);
  assert.deepEqual(
    { ...drawn, pairSpanId: '', shadowSpanId: '' },
    {
      traceId,
      pairSpanId: '',
      shadowSpanId: '',
      sampled: false,
      parentSpanId: spanId,
      tracestate: 'envoy=1',
    },
  );
  assert.equal(join.draw({ traceparent: sampled }, HeaderList.empty).sampled, true);
});

test('where there is no live trace to join, the pair gets a trace of its own', () => {
  const drawn = join.draw({}, HeaderList.empty);
  assert.match(drawn.traceId, /^[0-9a-f]{32}$/);
  assert.equal(drawn.parentSpanId, undefined);
  assert.equal(drawn.sampled, true);
});
