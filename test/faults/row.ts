/**
 * One fault: what is ill, for how long, and what proves that it was. A row runs between two fault-free phases: the load
 * goes on, the fault comes and stays until it is proven, everything settles, and then what customers, shadow and
 * twinspan's own books say is held against the promises.
 */
import type { Status } from '../../src/status.ts';
import { brokenBounds } from './bounds.ts';
import { brokenAtMostOnce, brokenBooks, brokenForCustomers } from './promises.ts';
import { runLoad, type LoadResult } from './load.ts';
import type { Proof } from './proof.ts';
import { sampleResources, type Resources } from './resources.ts';
import type { CollectorMode } from './service-orders.ts';
import type { ShadowMode } from './shadow-modes.ts';
import type { Suite } from './suite.ts';
import type { Sections } from './twinspan-process.ts';

/** What an act saw, numbers by name. */
export type Observed = Readonly<Record<string, number>>;

export interface Row {
  readonly name: string;
  /** Length of the fault in the long and the short form; a row without the latter is not in it. */
  readonly seconds: number;
  readonly shortSeconds?: number;
  readonly shadow?: ShadowMode;
  readonly collector?: CollectorMode;
  /** twinspan is started with them for this row, and without them again after it. */
  readonly sections?: Sections;
  /** Requests a second as a multiple of the suite's rate. */
  readonly load?: number;
  /** Goes on beside the load. */
  readonly act?: (suite: Suite, seconds: number) => Promise<Observed>;
  /** That the fault happened. */
  readonly proof: Proof;
  /** By how much RSS of twinspan may rise above the fault-free phase before the row, where the default does not fit. */
  readonly rssGrowthMiB?: number;
  /** Exchanges that Envoy must hold at once because of this fault, at the suite's rate. */
  readonly heldByEnvoy?: (rate: number) => number;
  /** Further promises: what is broken, a sentence each. */
  readonly check?: (seen: Seen) => readonly string[];
}

/** What was seen from the beginning of the fault until everything had settled. */
export interface Seen {
  readonly load: LoadResult;
  readonly seconds: number;
  /** Since the row began, or since twinspan's last start when it was started anew. */
  readonly seen: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly balance: Status['balance'];
  readonly settled: boolean;
  /** Of spans, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** RPCs of the filter that have ended, by result. */
  readonly streams: Readonly<Record<string, number>>;
  /** That twinspan could not write. */
  readonly logLinesLost: number;
  readonly resources: Resources;
  /** Requests that the shadow had. */
  readonly shadowRequests: number;
  /** What the collector counted of what it did. */
  readonly collector: Readonly<Record<string, number>>;
  readonly observed: Observed;
}

export interface RowResult extends Seen {
  /** Of the fault-free phase before the row. */
  readonly quiet: Resources;
  /** What proved the fault. */
  readonly remark: string;
  /** What is broken, a sentence each; empty when every promise held. */
  readonly broken: readonly string[];
}

interface RowOptions {
  readonly seconds: number;
  readonly rate: number;
  readonly prefix: string;
  readonly quiet: Resources;
}

const settleMs = 20_000;
/** An export, an idle stream, a breaker take a while to be given up. */
const proofMs = 12_000;

/** Runs the fault. Rejects only when the machinery of the suite fails. */
export async function runRow(suite: Suite, row: Row, options: RowOptions): Promise<RowResult> {
  const { seconds, prefix } = options;
  const { twinspan, shadow, collector } = suite;
  const trouble: string[] = [];
  if (row.sections !== undefined) await twinspan.restart(row.sections);
  await shadow.take();
  await collector.take();
  if (row.shadow !== undefined) await shadow.change(row.shadow);
  if (row.collector !== undefined) await collector.change(row.collector);
  const before = await countsOf(suite);
  const { worstCaseMiB } = twinspan;

  const sampling = sampleResources(suite);
  const [load, observed] = await Promise.all([
    runLoad({
      address: suite.customers,
      rate: options.rate * (row.load ?? 1),
      seconds,
      prefix,
      expected: suite.expected,
    }),
    (row.act?.(suite, seconds) ?? Promise.resolve({})).catch((error: Error): Observed => {
      trouble.push(`the fault could not be made: ${error.message}`);
      return {};
    }),
  ]);
  const resources = await sampling.stop();
  const end = twinspan.unexpectedEnd;
  if (end !== undefined) {
    trouble.push(`twinspan ended by itself (${end})`);
    await twinspan.start(row.sections);
  }

  const settled = await settle(suite);
  const { ids } = await shadow.take();
  const proofUntil = performance.now() + (trouble.length > 0 ? 0 : proofMs);
  let seen: Seen;
  let collected: Readonly<Record<string, number>> = {};
  for (;;) {
    const after = await countsOf(suite);
    const base = after.starts === before.starts ? before : undefined;
    collected = sum(collected, (await collector.take()).counts);
    seen = {
      load,
      seconds,
      seen: after.status.exchanges.seen - (base?.status.exchanges.seen ?? 0),
      outcomes: difference(after.status.exchanges.outcomes, base?.status.exchanges.outcomes),
      balance: after.status.balance,
      settled,
      dropped: difference(after.status.spans.dropped, base?.status.spans.dropped),
      streams: difference(after.streams, base?.streams),
      logLinesLost: after.logLinesLost - (base?.logLinesLost ?? 0),
      resources,
      shadowRequests: ids.length,
      collector: collected,
      observed,
    };
    if (row.proof(seen).every(({ holds }) => holds) || performance.now() > proofUntil) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }

  if (row.shadow !== undefined) await shadow.change('well');
  if (row.collector !== undefined) await collector.change('well');
  if (row.sections !== undefined) await twinspan.restart();

  const evidence = row.proof(seen);
  const broken = [
    ...trouble,
    ...brokenForCustomers(load),
    ...brokenAtMostOnce(ids, prefix, load.sent),
    ...brokenBooks(seen),
    ...brokenBounds(row, resources, { ...options, worstCaseMiB }),
    ...evidence
      .filter(({ holds }) => !holds)
      .map(({ sentence }) => `the fault is not proven: ${sentence}`),
    ...(row.check?.(seen) ?? []),
  ];
  const proven = evidence.filter(({ holds }) => holds);
  return {
    ...seen,
    quiet: options.quiet,
    remark: proven.map(({ sentence }) => sentence).join(', '),
    broken,
  };
}

/** Waits until nothing is under way; false when that does not come. */
export async function settle({ twinspan }: Suite): Promise<boolean> {
  const until = performance.now() + settleMs;
  while (performance.now() < until) {
    const { exchanges, shadow } = await twinspan.status();
    if (exchanges.in_flight === 0 && shadow.in_flight === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

interface Counts {
  readonly starts: number;
  readonly status: Status;
  readonly streams: Readonly<Record<string, number>>;
  readonly logLinesLost: number;
}

async function countsOf({ twinspan }: Suite): Promise<Counts> {
  const streams = await twinspan.counter('twinspan_ext_proc_streams_total', 'result');
  const lost = Object.values(await twinspan.counter('twinspan_log_lines_lost_total'));
  return {
    starts: twinspan.starts,
    status: await twinspan.status(),
    streams,
    logLinesLost: lost[0] ?? 0,
  };
}

function difference(
  after: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>> = {},
): Record<string, number> {
  const changed = Object.entries(after).map(
    ([name, count]) => [name, count - (before[name] ?? 0)] as const,
  );
  return Object.fromEntries(changed.filter(([, count]) => count !== 0));
}

function sum(
  left: Readonly<Record<string, number>>,
  right: Readonly<Record<string, number>>,
): Record<string, number> {
  const total: Record<string, number> = { ...left };
  for (const [name, count] of Object.entries(right)) total[name] = (total[name] ?? 0) + count;
  return total;
}
