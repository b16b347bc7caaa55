import assert from 'node:assert/strict';
import { test } from 'node:test';

import { diag } from '@opentelemetry/api';

import { listenToDiagnostics, takeRejectedSpans } from '../../../src/telemetry/partial-success.ts';

const partialSuccess = (json: string) => diag.warn('Received Partial Success response:', json);

test("OpenTelemetry's warnings and errors are heard, its chatter is not", () => {
  const heard: string[] = [];
  listenToDiagnostics((message) => heard.push(message));
  diag.warn('careful', 1);
  diag.error('broken');
  diag.info('by the way');
  diag.debug('details');
  assert.deepEqual(heard, ['careful 1', 'broken']);
});

test('the number of refused spans is taken once, and is no warning', () => {
  const heard: string[] = [];
  listenToDiagnostics((message) => heard.push(message));
  partialSuccess('{"rejectedSpans":3,"errorMessage":"too old"}');
  assert.equal(takeRejectedSpans(), 3);
  assert.equal(takeRejectedSpans(), 0);
  assert.deepEqual(heard, []);
});

test('a partial success without refused spans is a warning', () => {
  const heard: string[] = [];
  listenToDiagnostics((message) => heard.push(message));
  partialSuccess('{"errorMessage":"slow down"}');
  partialSuccess('{"rejectedSpans":-1}');
  assert.equal(takeRejectedSpans(), 0);
  assert.equal(heard.length, 2);
});
