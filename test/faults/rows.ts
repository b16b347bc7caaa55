/**
 * The faults, in the order of the table: an ill shadow, an ill collector, an ill twinspan, an Envoy that is replaced,
 * rude customers, intruders at the ext_proc port, and everything at once for long.
 */
import { collectorRows } from './collector-rows.ts';
import { intruderRows } from './intruder-rows.ts';
import { processRows } from './process-rows.ts';
import { atLeast, outcome } from './proof.ts';
import type { Row, Seen } from './row.ts';
import { shadowRows } from './shadow-rows.ts';

const slopeMiBPerMinute = 1;
const slopeFromSeconds = 240;

/**
 * Beside what every row may use, the two waiting rooms that this one keeps at their limits: spans that nobody takes
 * (telemetry.queue.bytes, 32 MiB), and duplicates that wait for the shadow (shadow.queue.bytes, 32 MiB, which count twice:
 * `memory.ts`). None of it is there in the fault-free phase.
 */
const overloadGrowthMiB = 128 + 32 + 2 * 32;

/** The claim of P4: with nothing that can be delivered, memory does not grow. */
const overloadRow: Row = {
  name: 'overload: the shadow never answers, the collector is dead',
  seconds: 300,
  shortSeconds: 3,
  load: 1.5,
  shadow: 'never answers',
  collector: 'refuses',
  // The breaker would take the load away.
  sections: {
    shadow: { concurrency: 64, breaker: { failures: 10_000, window: '1s', open: '500ms' } },
  },
  proof: (seen) => [
    outcome(seen, ['shadow_timeout'], 64),
    atLeast(1, seen.dropped['export_failed'], 'spans dropped as export_failed'),
    // The queue takes a thousand before it turns anybody away.
    ...(seen.seconds < slopeFromSeconds ? [] : [outcome(seen, ['queue_full'], 1000)]),
  ],
  rssGrowthMiB: overloadGrowthMiB,
  check: flatMemory,
};

/** In the order in which they run. */
export const rows: readonly Row[] = [
  ...shadowRows,
  ...collectorRows,
  ...processRows,
  ...intruderRows,
  overloadRow,
];

function flatMemory({ resources, seconds }: Seen): readonly string[] {
  const slope = resources.rssSlopeMiBPerMinute;
  // Shorter than this a slope says nothing but where the garbage collector stood.
  if (seconds < slopeFromSeconds || slope < slopeMiBPerMinute) return [];
  return [`RSS grew by ${slope.toFixed(2)} MiB a minute over the last half`];
}
