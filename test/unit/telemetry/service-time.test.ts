import assert from 'node:assert/strict';
import { test } from 'node:test';

import { latencyDelta, liveSeconds, shadowSeconds } from '../../../src/telemetry/service-time.ts';
import {
  answer,
  exchange,
  failure,
  matching,
  request,
  response,
  without,
} from './finished-pairs.ts';

test('service times run from the end of the request to the end of the answer, on each side', () => {
  assert.equal(liveSeconds(matching()), 0.03);
  assert.equal(shadowSeconds(answer()), 0.05);
});

test('a time is whole nanoseconds, without the noise of binary fractions', () => {
  const finished = matching({
    exchange: exchange({
      request: { ...request, endedAt: 1000.1 },
      response: response({ endedAt: 1000.4 }),
    }),
  });
  assert.equal(liveSeconds(finished), 0.0003);
  assert.equal(latencyDelta(0.1, 0.3), 0.2);
  assert.equal(latencyDelta(0.3, 0.1), -0.2);
});

test('what the live service did not answer itself, or not whole, has no service time', () => {
  assert.equal(liveSeconds(matching({ outcome: 'live_upstream_failed' })), undefined);
  assert.equal(liveSeconds(matching({ exchange: without(exchange(), 'request') })), undefined);
  assert.equal(liveSeconds(matching({ exchange: without(exchange(), 'response') })), undefined);
});

test('a shadow without an answer has no service time', () => {
  assert.equal(shadowSeconds(undefined), undefined);
  assert.equal(shadowSeconds(failure('shadow_timeout', 'timeout')), undefined);
});
