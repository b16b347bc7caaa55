import assert from 'node:assert/strict';
import { test } from 'node:test';

import { outcomesSince, statusSince } from '../../../demo/growth.ts';
import type { Status } from '../../../demo/twinspan-admin.ts';

test('the outcomes of a phase are those by which the counts grew', () => {
  const before = { match: 100, mismatch: 7, circuit_open: 3 };
  const after = { match: 150, mismatch: 7, circuit_open: 4, shadow_connect: 5 };
  assert.deepEqual(outcomesSince(before, after), { match: 50, circuit_open: 1, shadow_connect: 5 });
});

test('the counts of a new process grew from nothing', () => {
  assert.deepEqual(outcomesSince(undefined, { match: 4, mismatch: 0 }), { match: 4 });
});

function status(count: number, inFlight: number): Status {
  return {
    exchanges: { seen: count + inFlight, in_flight: inFlight, outcomes: { match: count } },
    shadow: { sent: count + inFlight, in_flight: inFlight, answered: count - 1, failed: 1 },
    spans: { created: 3 * count, exported: 3 * count, queued: 0 },
    balance: { exchanges: true, shadow: true, spans: count > 100 },
  };
}

test('what has come is the growth; what is under way, and whether the books agree, is as it is now', () => {
  assert.deepEqual(statusSince(status(100, 2), status(150, 1)), {
    exchanges: { seen: 49, in_flight: 1, outcomes: { match: 50 } },
    shadow: { sent: 49, in_flight: 1, answered: 50, failed: 0 },
    spans: { created: 450, exported: 450, queued: 0 },
    balance: { exchanges: true, shadow: true, spans: true },
  });
});
