/** Spans as lines that a test can state in full: each trace from its root down, with what tells executions apart. */
import assert from 'node:assert/strict';

import { SPAN_KINDS, type AttributeValue, type ReceivedSpan } from '../../demo/otlp-trace.ts';

/** Name, kind, mode and status of every span, children indented below their parent; fails on a span without one. */
export function traceInWords(spans: readonly ReceivedSpan[]): string[] {
  const roots = spans.filter(
    ({ parentSpanId }) => !spans.some(({ spanId }) => spanId === parentSpanId),
  );
  const lines = roots.flatMap((root) => below(root, spans, ''));
  assert.equal(lines.length, spans.length, 'every span has its place in a trace');
  return lines;
}

/** The only span for which this holds. */
export function spanWith(
  spans: readonly ReceivedSpan[],
  holds: (span: ReceivedSpan) => boolean,
): ReceivedSpan {
  const [found, ...others] = spans.filter(holds);
  assert.ok(found, 'there is such a span');
  assert.equal(others.length, 0, 'there is one such span');
  return found;
}

export function pairSpan(spans: readonly ReceivedSpan[]): ReceivedSpan {
  return spanWith(spans, ({ name }) => name === 'twinspan.pair');
}

/** The execution span of a deployment mode. */
export function executionSpan(spans: readonly ReceivedSpan[], mode: string): ReceivedSpan {
  return spanWith(spans, ({ attributes }) => attributes['twinspan.deployment.mode'] === mode);
}

/** A text or number as text; anything else is empty. */
export function textOf(value: AttributeValue): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function below(span: ReceivedSpan, spans: readonly ReceivedSpan[], indent: string): string[] {
  const children = spans
    .filter(({ parentSpanId, traceId }) => parentSpanId === span.spanId && traceId === span.traceId)
    .toSorted((one, other) => modeOf(one).localeCompare(modeOf(other)));
  return [
    `${indent}${inWords(span)}`,
    ...children.flatMap((child) => below(child, spans, `${indent}  `)),
  ];
}

function inWords({ name, kind, attributes, status }: ReceivedSpan): string {
  const kindName = Object.entries(SPAN_KINDS).find(([, number]) => number === kind)?.[0] ?? kind;
  const facts = [
    attributes['twinspan.deployment.mode'],
    attributes['http.response.status_code'],
    attributes['error.type'],
    attributes['twinspan.comparison.result'],
    attributes['twinspan.comparison.reason'],
  ].flatMap((fact) => (fact === undefined ? [] : textOf(fact)));
  return `${name} (${kindName}) ${facts.join(' ')}${status.code === 2 ? ' ERROR' : ''}`;
}

function modeOf({ attributes }: ReceivedSpan): string {
  return textOf(attributes['twinspan.deployment.mode']);
}
