/**
 * P4 in a row: the memory of twinspan and of Envoy, each held against the fault-free phase before it, so that a fault
 * which makes either grow is seen although the sum of all budgets is far away.
 */
import type { Resources } from './resources.ts';
import type { Row } from './row.ts';

/**
 * The bytes that may be in flight (64 MiB) and as much again, which V8 lets wait before it collects them. A process that
 * was just started rises by up to 80 MiB in a row by the load alone.
 */
const rssGrowthMiB = 128;

/** What Envoy's allocator may have handed out more by chance, with no exchange held: it has two workers' buffers. */
const envoySlackMiB = 16;
/**
 * An exchange that Envoy holds: some 16 KiB for the stream and the filter's state, and on average 10 KiB of body that
 * the suite's questions and answers have.
 */
const heldExchangeMiB = 32 / 1024;

/** What is broken, a sentence each. */
export function brokenBounds(
  row: Pick<Row, 'rssGrowthMiB' | 'heldByEnvoy'>,
  { rssPeakMiB, envoyHeapPeakMiB }: Resources,
  { quiet, worstCaseMiB, rate }: Readonly<{ quiet: Resources; worstCaseMiB: number; rate: number }>,
): string[] {
  const rssLimit = Math.min(worstCaseMiB, quiet.rssPeakMiB + (row.rssGrowthMiB ?? rssGrowthMiB));
  const held = row.heldByEnvoy?.(rate) ?? 0;
  const heapLimit = quiet.envoyHeapPeakMiB + envoySlackMiB + held * heldExchangeMiB;
  return [
    ...above('RSS of twinspan', rssPeakMiB, rssLimit, quiet.rssPeakMiB),
    ...above("Envoy's heap", envoyHeapPeakMiB, heapLimit, quiet.envoyHeapPeakMiB),
  ];
}

function above(what: string, peak: number, limit: number, quiet: number): string[] {
  if (peak <= limit) return [];
  return [
    `${what} was ${peak.toFixed(0)} MiB, above ${limit.toFixed(0)} MiB (fault-free: ${quiet.toFixed(0)} MiB)`,
  ];
}
