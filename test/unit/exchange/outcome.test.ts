import assert from 'node:assert/strict';
import { test } from 'node:test';

import { classOf, outcomes } from '../../../src/exchange/outcome.ts';

test('every outcome has one name and one class', () => {
  const byClass: Record<string, string[]> = {};
  for (const outcome of outcomes) (byClass[classOf(outcome)] ??= []).push(outcome);
  // Names that dashboards and queries rely on.
  assert.deepEqual(byClass, {
    not_followed: [
      'loop_guard',
      'route_unmatched',
      'method_not_allowed',
      'side_effect_guard',
      'upgrade',
      'local_reply',
      'protocol_unsupported',
      'sampled_out',
      'paused',
      'expired',
      'unsafe_envoy_mode',
      'header_invalid',
    ],
    dropped: [
      'over_capacity',
      'loop_lag',
      'bytes_exhausted',
      'queue_full',
      'over_rate',
      'circuit_open',
      'body_too_large',
      'live_upstream_failed',
      'live_aborted',
      'live_incomplete',
      'shutdown',
      'internal',
    ],
    failed: [
      'shadow_connect',
      'shadow_timeout',
      'shadow_reset',
      'shadow_malformed',
      'shadow_too_large',
    ],
    compared: ['match', 'mismatch', 'incomparable'],
    control: ['control'],
  });
  assert.equal(new Set(outcomes).size, outcomes.length);
});
