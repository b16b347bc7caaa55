/**
 * Envoy's own counters of the ext_proc filter, read from its admin interface: the only place where exchanges are
 * counted that never reached twinspan.
 */
import { coverageOf, filterCounter, type Reading } from './coverage.ts';

const answerTimeoutMs = 5000;

/**
 * @param adminUrl base URL of Envoy's admin interface
 * @param signal cancels the read
 * @throws Error when it does not answer, or not with 200, or when the read was cancelled
 */
export async function readEnvoyCounters(
  adminUrl: string,
  signal?: AbortSignal,
): Promise<Pick<Reading, 'started' | 'failed'>> {
  const timeout = AbortSignal.timeout(answerTimeoutMs);
  const response = await fetch(new URL('/stats?filter=ext_proc', adminUrl), {
    signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    redirect: 'error',
  });
  if (!response.ok) throw new Error(`/stats answered ${response.status}`);
  const stats = await response.text();
  return {
    started: filterCounter(stats, 'streams_started'),
    failed: filterCounter(stats, 'streams_failed'),
  };
}

export interface CoverageWatch {
  /** Share of the exchanges that the filter began and twinspan did not see, 0 to 1; undefined while unknown. */
  gap(): number | undefined;
  /** Cancels a read that is under way; nothing is told of from now on. */
  stop(): void;
}

/** Compares Envoy's counters with ours once a period, over that period. Trouble makes the gap unknown, nothing else. */
export function watchCoverage(options: {
  adminUrl: string;
  counters: () => { readonly seen: number; readonly sent: number };
  periodMs?: number;
  onTrouble: (error: unknown) => void;
}): CoverageWatch {
  const { adminUrl, counters, periodMs = 10_000, onTrouble } = options;
  let before: Reading | undefined;
  let gap: number | undefined;
  let reading = false;
  const stopping = new AbortController();
  const read = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    try {
      const after: Reading = {
        ...(await readEnvoyCounters(adminUrl, stopping.signal)),
        twinspan: counters(),
      };
      // Without traffic, or after a restart of Envoy, there is nothing to say about this period.
      const known = before !== undefined && after.started >= before.started;
      gap = known ? coverageOf(before!, after).gap : undefined;
      before = after;
    } catch (error) {
      before = undefined;
      gap = undefined;
      if (!stopping.signal.aborted) onTrouble(error);
    }
    reading = false;
  };
  void read();
  const timer = setInterval(() => void read(), periodMs);
  timer.unref();
  return {
    gap: () => gap,
    stop() {
      clearInterval(timer);
      stopping.abort();
    },
  };
}
