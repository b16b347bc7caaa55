/**
 * One fault: what is ill, for how long, and what must be seen of it. A row runs between two fault-free phases: the
 * load goes on, the fault comes, everything settles, and then what customers, shadow and twinspan's own books say is
 * held against the promises.
 */
import type { Status } from '../../src/status.ts';
import type { CollectorMode } from './service-orders.ts';
import { runLoad, type LoadResult } from './load.ts';
import { sampleResources, type Resources } from './resources.ts';
import type { ShadowMode } from './shadow-modes.ts';
import type { Suite } from './suite.ts';
import type { Sections } from './twinspan-process.ts';

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
  /** Goes on beside the load; resolves with what is worth a remark. */
  readonly act?: (suite: Suite, seconds: number) => Promise<string>;
  /** Outcomes of which at least one must have been counted, else the fault did not happen. */
  readonly outcomes?: readonly string[];
  /** Further promises: what is broken, a sentence each. */
  readonly check?: (result: RowResult) => readonly string[];
}

/** What was seen from the beginning of the fault until everything had settled. */
export interface RowResult {
  readonly load: LoadResult;
  readonly seconds: number;
  /** Since the row began, or since twinspan's last start when it was started anew. */
  readonly seen: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly balance: Status['balance'];
  readonly settled: boolean;
  /** Of spans, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly resources: Resources;
  /** Requests that the shadow had. */
  readonly shadowRequests: number;
  readonly remark: string;
  /** What is broken, a sentence each; empty when every promise held. */
  readonly broken: readonly string[];
}

const settleMs = 20_000;

/** Runs the fault. Rejects only when the machinery of the suite fails. */
export async function runRow(
  suite: Suite,
  row: Row,
  options: { readonly seconds: number; readonly rate: number; readonly prefix: string },
): Promise<RowResult> {
  const { seconds, prefix } = options;
  const { twinspan, shadow, collector } = suite;
  if (row.sections !== undefined) await twinspan.restart(row.sections);
  await shadow.takeIds();
  if (row.shadow !== undefined) await shadow.change(row.shadow);
  if (row.collector !== undefined) await collector.change(row.collector);
  const before = await twinspan.status();
  const { starts, worstCaseMiB } = twinspan;

  const sampling = sampleResources(suite);
  const [load, remark] = await Promise.all([
    runLoad({
      address: suite.customers,
      rate: options.rate * (row.load ?? 1),
      seconds,
      prefix,
      expected: suite.expected,
    }),
    row.act?.(suite, seconds) ?? '',
  ]);
  const resources = await sampling.stop();

  const settled = await settle(suite);
  const after = await twinspan.status();
  const ids = await shadow.takeIds();
  if (row.shadow !== undefined) await shadow.change('well');
  if (row.collector !== undefined) await collector.change('well');
  if (row.sections !== undefined) await twinspan.restart();

  const base =
    twinspan.starts - (row.sections === undefined ? 0 : 1) === starts ? before : undefined;
  const result: RowResult = {
    load,
    seconds,
    seen: after.exchanges.seen - (base?.exchanges.seen ?? 0),
    outcomes: difference(after.exchanges.outcomes, base?.exchanges.outcomes),
    balance: after.balance,
    settled,
    dropped: difference(after.spans.dropped, base?.spans.dropped),
    resources,
    shadowRequests: ids.length,
    remark,
    broken: [],
  };
  const broken = [
    ...brokenForCustomers(load),
    ...brokenAtMostOnce(ids, prefix, load.sent),
    ...brokenBooks(result),
    ...brokenBounds(result, worstCaseMiB),
    ...(row.outcomes?.some((outcome) => (result.outcomes[outcome] ?? 0) > 0) === false
      ? [`none of ${row.outcomes.join(', ')} was counted: the fault did not happen`]
      : []),
    ...(row.check?.(result) ?? []),
  ];
  return { ...result, broken };
}

/** What of P1 a load shows to be broken. */
export function brokenForCustomers({ failures, differing }: LoadResult): string[] {
  return [
    ...(failures.length > 0 ? [`${failures.length} customers got no answer: ${failures[0]}`] : []),
    ...(differing.length > 0
      ? [`${differing.length} answers were not those of live: ${differing[0]}`]
      : []),
  ];
}

/** A request of a customer may reach the shadow once, and nothing else may. */
function brokenAtMostOnce(ids: readonly string[], prefix: string, sent: number): string[] {
  const times = new Map<string, number>();
  for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1);
  const repeated = [...times].filter(([, count]) => count > 1);
  const unknown = [...times.keys()].filter((id) => {
    const number = id.startsWith(`${prefix}-`) ? Number(id.slice(prefix.length + 1)) : Number.NaN;
    return !(number >= 0 && number < sent);
  });
  return [
    ...(repeated.length > 0
      ? [
          `${repeated.length} exchanges reached the shadow more than once: ${repeated[0]!.join(' x ')}`,
        ]
      : []),
    ...(unknown.length > 0
      ? [`${unknown.length} requests at the shadow were no customer's: ${unknown[0]}`]
      : []),
  ];
}

function brokenBooks({ balance, settled }: RowResult): string[] {
  const wrong = Object.entries(balance).filter(([, holds]) => !holds);
  return [
    ...wrong.map(([name]) => `the sums of ${name} do not agree`),
    ...(settled ? [] : [`exchanges were still open ${settleMs / 1000} s after the load`]),
  ];
}

/** P4: what twinspan said at its start that it needs at worst. */
function brokenBounds({ resources }: RowResult, worstCaseMiB: number): string[] {
  const { rssPeakMiB } = resources;
  return rssPeakMiB <= worstCaseMiB
    ? []
    : [`RSS was ${rssPeakMiB.toFixed(0)} MiB, above the sum of ${worstCaseMiB.toFixed(0)} MiB`];
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

function difference(
  after: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>> = {},
): Record<string, number> {
  const changed = Object.entries(after).map(
    ([name, count]) => [name, count - (before[name] ?? 0)] as const,
  );
  return Object.fromEntries(changed.filter(([, count]) => count !== 0));
}
