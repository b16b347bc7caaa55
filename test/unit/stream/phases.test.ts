import assert from 'node:assert/strict';
import { test } from 'node:test';

import { advance, type PartKind, type Phase } from '../../../src/stream/phases.ts';

/** Runs a sequence; `!` behind a part is its end mark. */
function run(...parts: string[]): Phase {
  let phase: Phase = 'opening';
  for (const part of parts) {
    phase = advance(phase, part.replace('!', '') as PartKind, part.endsWith('!'));
  }
  return phase;
}

test('an exchange without bodies is complete with its response headers', () => {
  assert.equal(run('request_headers!'), 'requested');
  assert.equal(run('request_headers!', 'response_headers!'), 'complete');
});

test('an exchange with bodies is complete with the last part of its response body', () => {
  const parts = ['request_headers', 'request_body', 'request_body!', 'response_headers'];
  assert.equal(run(...parts), 'responding');
  assert.equal(run(...parts, 'response_body'), 'responding');
  assert.equal(run(...parts, 'response_body', 'response_body!'), 'complete');
});

test('trailers are an end without an end mark', () => {
  assert.equal(run('request_headers', 'request_trailers'), 'requested');
  assert.equal(run('request_headers!', 'response_headers', 'response_trailers'), 'complete');
});

test('a response may begin before the request has ended, and end after it', () => {
  const parts = ['request_headers', 'response_headers', 'response_body'];
  assert.equal(run(...parts), 'overlapping');
  assert.equal(run(...parts, 'request_body!'), 'responding');
  assert.equal(run(...parts, 'request_body!', 'response_body!'), 'complete');
});

test('a response that ended first waits for the end of its request', () => {
  const parts = ['request_headers', 'request_body', 'response_headers', 'response_body!'];
  assert.equal(run(...parts), 'awaiting_request');
  assert.equal(run(...parts, 'request_body'), 'awaiting_request');
  assert.equal(run(...parts, 'request_body', 'request_body!'), 'complete');
  assert.equal(run(...parts, 'request_trailers'), 'complete');
  assert.equal(run('request_headers', 'response_headers!'), 'awaiting_request');
});

test('a response without any request is complete with its own end', () => {
  assert.equal(run('response_headers!'), 'complete');
  assert.equal(run('response_headers', 'response_body'), 'responding_alone');
  assert.equal(run('response_headers', 'response_body', 'response_body!'), 'complete');
  assert.equal(run('response_headers', 'response_trailers'), 'complete');
});

test('a direction may begin with its body or its trailers, where the filter skips headers', () => {
  assert.equal(run('request_body', 'request_body!'), 'requested');
  assert.equal(run('request_trailers', 'response_body', 'response_body!'), 'complete');
  assert.equal(run('request_headers!', 'response_body!'), 'complete');
  assert.equal(run('response_headers', 'request_body', 'request_body!'), 'responding');
  assert.equal(run('response_headers', 'request_body', 'response_body!'), 'awaiting_request');
});

test('second headers of a direction are out of order', () => {
  for (const parts of [
    ['request_headers', 'request_headers'],
    ['request_body', 'request_headers'],
    ['request_headers!', 'response_headers', 'response_headers'],
    ['request_headers', 'response_headers', 'request_headers'],
    ['request_headers', 'response_headers', 'response_headers'],
    ['response_headers', 'response_headers'],
    ['request_headers', 'response_headers!', 'request_headers'],
  ]) {
    assert.equal(run(...parts), 'out_of_order', parts.join(' '));
  }
});

test('anything of a direction after its end is out of order', () => {
  for (const parts of [
    ['request_headers!', 'request_body'],
    ['request_headers!', 'request_trailers'],
    ['request_headers', 'request_trailers', 'request_body!'],
    ['request_headers!', 'response_headers', 'request_body'],
    ['request_headers', 'response_headers!', 'response_body'],
    ['request_headers', 'response_headers!', 'response_trailers'],
    ['request_headers!', 'response_headers!', 'response_body'],
    ['response_headers!', 'request_headers'],
  ]) {
    assert.equal(run(...parts), 'out_of_order', parts.join(' '));
  }
});

test('out of order stays out of order', () => {
  assert.equal(run('request_headers!', 'request_body', 'response_headers!'), 'out_of_order');
});
