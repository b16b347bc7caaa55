/**
 * One run of the demo, observed from outside: customers send, meanwhile twinspan's admin interface is read, and when
 * nothing is under way any more the observations are put together.
 */

import { measureAgreement, type Agreement } from './agreement.ts';
import type { ExpectedCall } from './customers.ts';
import { getJson } from './http-json.ts';
import type { ReceivedSpan } from './otlp-trace.ts';
import { poll } from './poll.ts';
import type { Terminal } from './terminal.ts';
import type { Topology } from './topology.ts';
import { REQUESTS_PER_SECOND, runTraffic, type Traffic } from './traffic.ts';
import { isQuiet, readStatus, type PairRow, type Status } from './twinspan-admin.ts';

/** What to observe. */
export type ObserveOptions = {
  readonly topology: Topology;
  readonly calls: readonly ExpectedCall[];
  /** How long customers send. */
  readonly seconds: number;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
};

/** All that was observed in one run. */
export type Observed = {
  readonly traffic: Traffic;
  readonly status: Status;
  readonly agreement: Agreement;
  /** A pair whose answers differ with its spans; `undefined` when none was seen. */
  readonly example: { readonly row: PairRow; readonly spans: readonly ReceivedSpan[] } | undefined;
};

/** What has been read from twinspan so far. */
type Watched = { status: Status | undefined; readonly mismatches: Map<string, PairRow> };

const WATCH_EVERY_MS = 1000;
const QUIET_TIMEOUT_MS = 15_000;
const PROGRESS_BAR_WIDTH = 20;

/** Sends the traffic, shows how far it is, waits for quiet. Throws the signal's reason when it is aborted. */
export async function observe(options: ObserveOptions): Promise<Observed> {
  const { topology, calls, seconds, terminal, signal } = options;
  const watched: Watched = { status: undefined, mismatches: new Map() };
  const watching = watchEvery(WATCH_EVERY_MS, () => readTwinspan(topology.adminUrl, watched));
  let traffic: Traffic;
  try {
    const startedAtMs = performance.now();
    traffic = await runTraffic({
      url: topology.customersUrl,
      calls,
      requestsPerSecond: REQUESTS_PER_SECOND,
      seconds,
      signal,
      onProgress: (soFar) => {
        const elapsedSeconds = (performance.now() - startedAtMs) / 1000;
        terminal.progress(progressText(elapsedSeconds, seconds, soFar, watched.status));
      },
    });
  } finally {
    await watching.stop();
  }
  signal.throwIfAborted();
  // Until nothing is under way, so that all sums are exact.
  const status = await poll({
    read: () => readTwinspan(topology.adminUrl, watched),
    isEnough: (status) => status.exchanges.seen >= traffic.requests && isQuiet(status),
    timeoutMs: QUIET_TIMEOUT_MS,
    signal,
  });
  return {
    traffic,
    status,
    agreement: measureAgreement({
      answered: traffic.predictions,
      pairSpans: topology.sink.spans
        .filter((span) => span.name === 'twinspan.pair')
        .map((span) => span.attributes),
      mismatches: watched.mismatches,
    }),
    example: exampleOf(topology, watched.mismatches),
  };
}

/** twinspan keeps only its newest pairs, so those that differ are collected as the run goes on. */
async function readTwinspan(adminUrl: string, watched: Watched): Promise<Status> {
  const status = await readStatus(adminUrl);
  const url = `${adminUrl}/v1/pairs?result=mismatch&limit=1000`;
  const { pairs } = (await getJson(url)) as { pairs: PairRow[] };
  for (const row of pairs) watched.mismatches.set(row.requestId, row);
  watched.status = status;
  return status;
}

/** Reads again and again, one reading at a time; `stop` resolves when the last one is done. */
function watchEvery(everyMs: number, read: () => Promise<unknown>): { stop(): Promise<void> } {
  let reading = Promise.resolve<unknown>(undefined);
  let isReading = false;
  const timer = setInterval(() => {
    if (isReading) return;
    isReading = true;
    reading = read()
      // A reading that fails is missing from the progress line; the last one, after the run, must succeed.
      .catch(() => {})
      .finally(() => {
        isReading = false;
      });
  }, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await reading;
    },
  };
}

/** The simplest: one difference, all spans there. */
function exampleOf(
  topology: Topology,
  mismatches: ReadonlyMap<string, PairRow>,
): Observed['example'] {
  const examples = [...mismatches.values()]
    .map((row) => ({
      row,
      spans: topology.sink.spans.filter((span) => span.traceId === row.traceId),
    }))
    .filter(({ spans }) => spans.length > 0);
  return examples.find(({ row }) => row.differences.length === 1) ?? examples[0];
}

function progressText(
  elapsedSeconds: number,
  seconds: number,
  traffic: Traffic,
  status: Status | undefined,
): string {
  const done = Math.min(1, elapsedSeconds / seconds);
  const bar = '█'.repeat(Math.round(done * PROGRESS_BAR_WIDTH)).padEnd(PROGRESS_BAR_WIDTH, '░');
  const { match = 0, mismatch = 0 } = status?.exchanges.outcomes ?? {};
  return (
    `  ${bar} ${Math.floor(elapsedSeconds)}/${seconds} s  ${traffic.requests} requests` +
    `  ${traffic.errors} errors  ${match} match  ${mismatch} mismatch`
  );
}
