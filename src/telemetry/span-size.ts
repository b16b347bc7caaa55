/**
 * About how much memory an ended span holds, so that a queue of spans can be bounded in bytes. An estimate on
 * the high side of what V8 needs, made without serialising anything.
 */
import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

const spanBytes = 800;
const linkBytes = 400;
const attributeBytes = 32;
const stringBytes = 24;

export function estimateBytes(span: ReadableSpan): number {
  let bytes = spanBytes + stringBytes + span.name.length + attributesBytes(span.attributes);
  for (const link of span.links) bytes += linkBytes + attributesBytes(link.attributes ?? {});
  return bytes;
}

/** Names are shared by all spans, so only values count. */
function attributesBytes(attributes: Attributes): number {
  let bytes = 0;
  for (const name in attributes) bytes += attributeBytes + valueBytes(attributes[name]);
  return bytes;
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return stringBytes + value.length;
  if (!Array.isArray(value)) return 0;
  let bytes = attributeBytes;
  for (const element of value) bytes += valueBytes(element);
  return bytes;
}
