import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { OtlpDestination } from '../../../src/telemetry/otel-environment.ts';
import { createResource } from '../../../src/telemetry/resource.ts';
import { createSpanRecorder, type SpanRecorder } from '../../../src/telemetry/span-recorder.ts';
import { exchange, matching, mismatching, trace } from './finished-pairs.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

/** Nothing is sent: the clock stands still, and two spans make no batch. */
const destination: OtlpDestination = {
  url: 'http://127.0.0.1:1/v1/traces',
  headers: {},
  timeoutMs: 3000,
  compression: 'none',
  tls: {},
};

function recorder(maxSpans: number, to: OtlpDestination | undefined): SpanRecorder {
  return createSpanRecorder({
    destination: to,
    queue: { spans: maxSpans, bytes: 1_000_000 },
    maxPairsPerSecond: () => 10,
    attributes: {
      live: {},
      shadow: {},
      shadowServer: { address: '127.0.0.1', port: 80 },
      modeKeys: [],
      urlPath: false,
    },
    liveParent: () => undefined,
    resource: createResource({ instanceId: 'i', version: '1', fromEnvironment: {} }),
    version: '1',
    clock: createManualClock(),
    onLoss: () => {},
  });
}

test('a pair is queued whole or not at all', () => {
  const spans = recorder(5, destination);
  spans.record(matching());
  spans.record(mismatching());
  const { created, queued, dropped } = spans.counts();
  assert.deepEqual(
    { created, queued, full: dropped.queue_full },
    { created: 6, queued: 3, full: 3 },
  );
  spans.record({ exchange: exchange(), outcome: 'over_rate', trace });
  assert.equal(spans.counts().queued, 5, 'a pair of two spans still fits');
});

test('what sampling leaves out is counted by spans, and is no part of those created', () => {
  const spans = recorder(1000, destination);
  spans.record(matching({ trace: { ...trace, sampled: false } }));
  for (let count = 0; count < 20; count += 1) spans.record(mismatching());
  const { created, leftOut } = spans.counts();
  assert.equal(leftOut.sampled_out, 3);
  assert.equal(created + leftOut.rate_limited, 60);
  assert.ok(created > 0 && created <= 30);
});

test('what gives no span and what has no collector counts nowhere', () => {
  const spans = recorder(1000, destination);
  spans.record({ exchange: exchange(), outcome: 'paused', trace });
  const off = recorder(1000, undefined);
  off.record(mismatching());
  for (const { created, leftOut } of [spans.counts(), off.counts()]) {
    assert.deepEqual(
      { created, leftOut },
      {
        created: 0,
        leftOut: { sampled_out: 0, rate_limited: 0 },
      },
    );
  }
});
