/**
 * JSON texts as the reader's documents, for the tests of what works on them.
 */
import assert from 'node:assert/strict';

import { parseJson, type JsonDocument } from '../../../../src/comparison/json/document.ts';

/** Each document has memory of its own, so that it holds as long as the test. */
export function documentOf(text: string): JsonDocument {
  const reading = parseJson(Buffer.from(text), new Int32Array(4096));
  assert.ok(reading.kind === 'document', text);
  return reading;
}
