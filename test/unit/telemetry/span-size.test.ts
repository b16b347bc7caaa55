import assert from 'node:assert/strict';
import { test } from 'node:test';

import { estimateBytes } from '../../../src/telemetry/span-size.ts';
import { endedSpan } from './fake-sender.ts';

test('the estimate grows with the text that a span holds', () => {
  const small = estimateBytes(endedSpan('span', { key: '' }));
  assert.equal(estimateBytes(endedSpan('span', { key: 'x'.repeat(1000) })), small + 1000);
  assert.equal(estimateBytes(endedSpan(`span${'x'.repeat(50)}`, { key: '' })), small + 50);
});

test('elements of arrays and attributes of links count', () => {
  const span = endedSpan();
  const bytes = estimateBytes(span);
  const withArray = { ...span, spanContext: () => span.spanContext(), attributes: { a: ['x'] } };
  const longer = { ...withArray, attributes: { a: ['x', 'y'.repeat(100)] } };
  assert.ok(estimateBytes(withArray) > bytes);
  assert.ok(estimateBytes(longer) >= estimateBytes(withArray) + 100);
  const link = { context: span.spanContext(), attributes: { a: 'x'.repeat(100) } };
  assert.ok(estimateBytes({ ...withArray, links: [link] }) >= estimateBytes(withArray) + 100);
});
