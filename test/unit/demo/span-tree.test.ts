import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Attributes, ReceivedSpan } from '../../../demo/otlp-trace.ts';
import { spanTree } from '../../../demo/span-tree.ts';

function span(
  spanId: string,
  parentSpanId: string | undefined,
  startMs: number,
  attributes: Attributes = {},
): ReceivedSpan {
  return {
    traceId: 't',
    spanId,
    parentSpanId,
    name: `span ${spanId}`,
    kind: 1,
    startTimeUnixNano: BigInt(startMs) * 1_000_000n,
    endTimeUnixNano: BigInt(startMs) * 1_000_000n + 2_500_000n,
    attributes,
    links: [],
    events: [],
    status: { code: 0, message: '' },
    flags: 1,
    resource: {},
    scope: '',
  };
}

test('children stand under their parent in the order of their start, whatever the order of arrival', () => {
  const lines = spanTree([
    span('c', 'a', 2),
    span('d', 'c', 3),
    span('a', undefined, 0),
    span('b', 'a', 1),
  ]);
  assert.deepEqual(
    lines.map((line) => line.replace(/\s+2\.50 ms$/, '')),
    ['span a', '├─ span b', '└─ span c', '   └─ span d'],
  );
});

test('a span whose parent is elsewhere is a root', () => {
  assert.match(spanTree([span('b', 'not here', 0)])[0] ?? '', /^span b /);
});

test('the mode and the telling attributes are shown, the others not', () => {
  const lines = spanTree([
    span('a', undefined, 0, {
      'twinspan.deployment.mode': 'shadow',
      'twinspan.comparison.diff.paths': ['/a', '/b'],
      'twinspan.latency.delta': -0.0015,
      'twinspan.pair.id': 'x',
    }),
  ]);
  assert.match(lines[0] ?? '', /^span a {2}shadow +2\.50 ms$/);
  assert.match(lines[1] ?? '', /diff\.paths +\/a, \/b$/);
  assert.match(lines[2] ?? '', /latency\.delta +1\.50 ms faster than live$/);
  assert.equal(lines.length, 3);
});

test('no line is wider than 96 columns when names are of a usual length', () => {
  const lines = spanTree([
    span('a', undefined, 0, { 'twinspan.request.id': '0b8e9f7a-5f0e-4d54-9c3b-7d9d5f6f2a11' }),
  ]);
  assert.ok(lines.every((line) => line.length <= 94));
});
