/**
 * One act of the demo, observed from outside: customers send for their time and until twinspan has decided on the
 * shadow, meanwhile its admin interface is read, and when nothing is under way any more the observations are put
 * together.
 */

import type { AgreementDescription } from '../src/report/agreement/agreement-description.ts';
import type { Verdict } from '../src/verdict/verdict.ts';
import type { ExpectedCall } from './customers.ts';
import { statusSince } from './growth.ts';
import type { ReceivedSpan } from './otlp-trace.ts';
import { poll } from './poll.ts';
import type { Terminal } from './terminal.ts';
import type { Topology } from './topology.ts';
import { REQUESTS_PER_SECOND, runTraffic, type Traffic } from './traffic.ts';
import {
  isQuiet,
  readAgreement,
  readMismatches,
  readStatus,
  readVerdict,
  type PairRow,
  type Status,
} from './twinspan-admin.ts';

/** What to observe. */
export type ObserveOptions = {
  readonly topology: Topology;
  /** Version of the shadow that is judged. */
  readonly shadowVersion: string;
  readonly calls: readonly ExpectedCall[];
  /** How long customers send at least. */
  readonly seconds: number;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
};

/** All that was observed in one act. */
export type Observed = {
  readonly traffic: Traffic;
  /** The books at its end, with what has come since its beginning. */
  readonly status: Status;
  readonly verdict: Verdict;
  /** Of the predictions; `undefined` when none was compared. */
  readonly agreement: AgreementDescription | undefined;
  /** A pair whose answers differ with its spans; `undefined` when none was seen. */
  readonly example: { readonly row: PairRow; readonly spans: readonly ReceivedSpan[] } | undefined;
};

/** What has been read from twinspan so far. */
type Watched = { status?: Status; verdict?: Verdict };

/** How much longer than asked customers go on for a decision. */
export const MAX_EXTRA_SECONDS = 60;

const WATCH_EVERY_MS = 1000;
const QUIET_TIMEOUT_MS = 15_000;
const PROGRESS_BAR_WIDTH = 20;

/** Sends the traffic, shows how far it is, waits for quiet. Throws the signal's reason when it is aborted. */
export async function observe(options: ObserveOptions): Promise<Observed> {
  const { topology, shadowVersion, signal } = options;
  const { adminUrl } = topology;
  const before = await readStatus(adminUrl);
  const traffic = await sendUntilDecided(options, before);
  signal.throwIfAborted();
  // Until nothing is under way, so that all sums are exact.
  const after = await poll({
    read: () => readStatus(adminUrl),
    isEnough: (status) =>
      status.exchanges.seen - before.exchanges.seen >= traffic.requests && isQuiet(status),
    timeoutMs: QUIET_TIMEOUT_MS,
    signal,
  });
  return {
    traffic,
    status: statusSince(before, after),
    verdict: await readVerdict(adminUrl, shadowVersion),
    agreement: await readAgreement(adminUrl, 'predict'),
    example: exampleOf(topology, await readMismatches(adminUrl)),
  };
}

/** Whether more pairs would hardly change it. */
export function isDecided({ state }: Pick<Verdict, 'state'>): boolean {
  return state === 'promote' || state === 'reject';
}

async function sendUntilDecided(options: ObserveOptions, before: Status): Promise<Traffic> {
  const { topology, shadowVersion, calls, seconds, terminal, signal } = options;
  const watched: Watched = {};
  const watching = watchEvery(WATCH_EVERY_MS, async () => {
    watched.status = statusSince(before, await readStatus(topology.adminUrl));
    watched.verdict = await readVerdict(topology.adminUrl, shadowVersion);
  });
  const startedAtMs = performance.now();
  const elapsedSeconds = () => (performance.now() - startedAtMs) / 1000;
  const decided = poll({
    read: async () => watched.verdict,
    isEnough: (verdict) =>
      elapsedSeconds() >= seconds && verdict !== undefined && isDecided(verdict),
    timeoutMs: (seconds + MAX_EXTRA_SECONDS) * 1000,
    signal,
  });
  try {
    return await runTraffic({
      url: topology.customersUrl,
      calls,
      requestsPerSecond: REQUESTS_PER_SECOND,
      seconds,
      goOnUntil: decided,
      signal,
      onProgress: (soFar) =>
        terminal.progress(progressText(elapsedSeconds(), seconds, soFar, watched)),
    });
  } finally {
    await watching.stop();
  }
}

/** Reads again and again, one reading at a time; `stop` resolves when the last one is done. */
function watchEvery(everyMs: number, read: () => Promise<unknown>): { stop(): Promise<void> } {
  let reading = Promise.resolve<unknown>(undefined);
  let isReading = false;
  const timer = setInterval(() => {
    if (isReading) return;
    isReading = true;
    reading = read()
      // A reading that fails is missing from the progress line; those after the run must succeed.
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
function exampleOf({ sink }: Topology, mismatches: readonly PairRow[]): Observed['example'] {
  const examples = mismatches
    .map((row) => ({ row, spans: sink.spans.filter((span) => span.traceId === row.traceId) }))
    .filter(({ spans }) => spans.length > 0);
  return examples.find(({ row }) => row.differences.length === 1) ?? examples[0];
}

function progressText(
  elapsedSeconds: number,
  seconds: number,
  traffic: Traffic,
  { status, verdict }: Watched,
): string {
  const done = Math.min(1, elapsedSeconds / seconds);
  const bar = '█'.repeat(Math.round(done * PROGRESS_BAR_WIDTH)).padEnd(PROGRESS_BAR_WIDTH, '░');
  const { match = 0, mismatch = 0 } = status?.exchanges.outcomes ?? {};
  const isLonger = elapsedSeconds > seconds + 1;
  return (
    `  ${bar} ${Math.floor(elapsedSeconds)}/${seconds} s  ${traffic.requests} requests` +
    `  ${traffic.errors} errors  ${match} match  ${mismatch} mismatch` +
    `  ${isLonger ? 'going on until decided: ' : ''}${verdict?.state ?? ''}`
  );
}
