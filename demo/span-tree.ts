/** A trace as text: each span under its parent with its duration, its mode and the attributes worth reading. */

import type { Attributes, ReceivedSpan } from './otlp-trace.ts';

/** Attributes that are shown when a span has them, in this order. */
const SHOWN_ATTRIBUTES = [
  'twinspan.request.id',
  'twinspan.comparison.result',
  'twinspan.comparison.reason',
  'twinspan.comparison.diff.count',
  'twinspan.comparison.diff.paths',
  'twinspan.comparison.diff.contract',
  'twinspan.latency.delta',
  'twinspan.service.name',
  'twinspan.service.version',
  'http.response.status_code',
  'http.response.body.size',
  'error.type',
];
const DURATION_COLUMN = 60;
const NAME_COLUMN = 32;

/** Lines of the tree of one trace; `paint` marks what is less important. */
export function spanTree(
  spans: readonly ReceivedSpan[],
  paint: (text: string) => string = (text) => text,
): string[] {
  const ids = new Set(spans.map((span) => span.spanId));
  const children = (parentSpanId: string | undefined) =>
    spans
      .filter((span) =>
        parentSpanId === undefined
          ? span.parentSpanId === undefined || !ids.has(span.parentSpanId)
          : span.parentSpanId === parentSpanId,
      )
      .toSorted((a, b) => Number(a.startTimeUnixNano - b.startTimeUnixNano));

  const lines: string[] = [];
  const draw = (span: ReceivedSpan, branch: string, indent: string) => {
    const below = children(span.spanId);
    const mode = span.attributes['twinspan.deployment.mode'];
    const title = `${branch}${span.name}${typeof mode === 'string' ? `  ${mode}` : ''}`;
    lines.push(`${title.padEnd(DURATION_COLUMN)}${milliseconds(span).padStart(10)}`);
    const trunk = `${indent}${below.length > 0 ? '│' : ' '}    `;
    for (const [name, value] of details(span)) {
      lines.push(paint(`${trunk}${name.padEnd(NAME_COLUMN)}${value}`));
    }
    below.forEach((child, index) => {
      const isLast = index === below.length - 1;
      draw(child, `${indent}${isLast ? '└─ ' : '├─ '}`, `${indent}${isLast ? '   ' : '│  '}`);
    });
  };
  for (const span of children(undefined)) draw(span, '', '');
  return lines;
}

function details(span: ReceivedSpan): [string, string][] {
  const shown = SHOWN_ATTRIBUTES.filter((name) => span.attributes[name] !== undefined).map(
    (name): [string, string] => [name, attributeText(span.attributes, name)],
  );
  return [
    ...shown,
    ...span.links.map((link): [string, string] => ['link to the live trace', link.traceId]),
  ];
}

function attributeText(attributes: Attributes, name: string): string {
  const value = attributes[name];
  if (name === 'twinspan.latency.delta' && typeof value === 'number') {
    const deltaMs = value * 1000;
    return `${Math.abs(deltaMs).toFixed(2)} ms ${deltaMs >= 0 ? 'slower' : 'faster'} than live`;
  }
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function milliseconds(span: ReceivedSpan): string {
  return `${(Number(span.endTimeUnixNano - span.startTimeUnixNano) / 1e6).toFixed(2)} ms`;
}
