/** Every row of the fault suite must be able to fail: without its fault it is broken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Seen } from './row.ts';
import { rows } from './rows.ts';

/** A phase in which customers asked, everything was matched and exported, and nothing was wrong. */
function faultFree(seconds: number): Seen {
  const sent = 200 * seconds;
  return {
    load: { sent, failures: [], differing: [], latenciesMs: [] },
    seconds,
    seen: sent,
    outcomes: { match: sent },
    balance: { exchanges: true, shadow: true, spans: true },
    settled: true,
    dropped: {},
    streams: { complete: sent },
    logLinesLost: 0,
    resources: { rssPeakMiB: 200, envoyHeapPeakMiB: 8, rssSlopeMiBPerMinute: 0 },
    shadowRequests: sent,
    collector: {},
    observed: {},
  };
}

for (const row of rows) {
  test(`without its fault a row is broken: ${row.name}`, () => {
    for (const seconds of [row.seconds, row.shortSeconds ?? row.seconds]) {
      const evidence = row.proof(faultFree(seconds));
      assert.ok(
        evidence.some(({ holds }) => !holds),
        evidence.map(({ sentence }) => sentence).join('; '),
      );
    }
  });
}

test('rows are told apart by their names', () => {
  assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
});
