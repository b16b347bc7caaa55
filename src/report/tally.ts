/**
 * What has been counted of one experiment: the noun of which the verdict is a function. Plain data that is bounded by
 * the configuration, can be written as JSON, and adds: the tally of two runs is the sum of their tallies. It holds no
 * text of any answer but the predicted labels, and those only as the comparison lets them leave.
 */
import { countOf, quantileOf, type LatencySketch } from './tally/latency-sketch.ts';

/** How an exchange ended, as far as the verdict is concerned; each counted exchange is in exactly one class. */
export const pairClasses = [
  /** Both answered without an error: the same; the same by the rules of the route; or not. */
  'equal',
  'equal_by_rules',
  'value_diff',
  'contract_diff',
  /** Somebody answered 5xx. */
  'live_error_only',
  'shadow_error_only',
  'both_error_equal',
  'both_error_diff',
  /** No answer of the shadow. */
  'shadow_timeout',
  'shadow_failed',
  'circuit_open',
  /** Both answered, and nothing can be said of it; `conditional`: because of what live answered. */
  'incomparable',
  'conditional',
  /** No pair, and not because of the shadow. */
  'dropped',
] as const;

export type PairClass = (typeof pairClasses)[number];

/** Fixed at the end of a burn-in or by configuration; `differing` when two tallies that were added disagree. */
export type Fixed<Value> =
  | { readonly kind: 'open' }
  | { readonly kind: 'fixed'; readonly value: Value }
  | { readonly kind: 'differing' };

/** Number, mean and sum of squared distances from the mean. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
}

/**
 * Counts of the 21 values -1, -0.9 … 1 (index 0 to 20). A value between two of them is split between its neighbours in
 * proportion: the mean stays, and since the logarithm of a bet's wealth is concave in the value, the evidence of the
 * split counts is never more than that of the value itself, for any claim in either direction.
 */
export type GridCounts = number[];

export interface RouteTally {
  readonly classes: Partial<Record<PairClass, number>>;
  /** By the name of the cell: `errors`, `latency_p95`, `prediction_drift/setosa` and so on. */
  readonly cells: Record<string, GridCounts>;
  /** All durations that are known, in milliseconds: what people look at. */
  readonly liveLatency: LatencySketch;
  readonly shadowLatency: LatencySketch;
  /** Durations of live before the thresholds were frozen. */
  burnIn: LatencySketch;
  /** Milliseconds that stand for the slow end of live. */
  threshold: { p95: Fixed<number>; p99: Fixed<number> };
  /** The labels that are watched one by one, and how often live predicted each until they were fixed. */
  labels: Fixed<readonly string[]>;
  labelBurnIn: Record<string, number>;
  /** Standard deviation of live's scores, and what is known of them until it is fixed. */
  scoreScale: Fixed<number>;
  scoreBurnIn: Moments;
}

export interface DeploymentVersion {
  readonly name?: string;
  readonly version?: string;
}

/** What an experiment compares; `id` is `twinspan.experiment.id`. */
export interface Experiment {
  readonly id: string;
  readonly live: DeploymentVersion;
  readonly shadow: DeploymentVersion;
}

/** The gate that rejected the shadow, for good. */
export interface Rejection {
  readonly atUnixMs: number;
  /** Name of the gate, route, and what a person reads. */
  readonly gate: string;
  readonly route: string;
  readonly reason: string;
}

export interface Tally {
  readonly experiment: Experiment;
  /** 1 for the first experiment of these two versions. */
  attempt: number;
  /** Unix milliseconds of the first and of the newest counted exchange. */
  firstAt?: number;
  lastAt?: number;
  /** By the name of the route. `~unread` has a coverage cell alone: 1 for each exchange that was shed unread. */
  readonly routes: Record<string, RouteTally>;
  /** Exchanges were counted out of order, or not at all, because too many were open. */
  overflowed: boolean;
  rejected?: Rejection;
}

/**
 * Errors of the shadow that came while several of its versions answered, so that they may be of this experiment or of
 * another: they count against a promotion, and for no rejection.
 */
export const unattributedErrorsCell = 'errors_unattributed';

/** Cells that there is one of a route. */
export const plainCells = [
  'errors',
  unattributedErrorsCell,
  'contract',
  'mismatch',
  'latency_p95',
  'latency_p99',
  'quality',
  'coverage',
] as const;

/** Cells of `prediction_drift`: one for each label that is watched, one for the others, one for scores. */
export const otherLabelsCell = 'prediction_drift~other';
export const scoreCell = 'prediction_drift~score';

export function labelCell(label: string): string {
  return `prediction_drift/${label}`;
}

/** The most frequent or first listed labels are watched one by one, the others together. */
export const watchedLabels = 10;

export const gridSize = 21;

export function gridValue(index: number): number {
  return (index - 10) / 10;
}

export function emptyTally(experiment: Experiment): Tally {
  return { experiment, attempt: 1, routes: record(), overflowed: false };
}

export function emptyRouteTally(): RouteTally {
  return {
    classes: {},
    cells: record(),
    liveLatency: {},
    shadowLatency: {},
    burnIn: {},
    threshold: { p95: { kind: 'open' }, p99: { kind: 'open' } },
    labels: { kind: 'open' },
    labelBurnIn: record(),
    scoreScale: { kind: 'open' },
    scoreBurnIn: { count: 0, mean: 0, squares: 0 },
  };
}

export function routeTally(tally: Tally, route: string): RouteTally {
  return (tally.routes[route] ??= emptyRouteTally());
}

/** Shares of a value are counted in parts of a million or so, which binary numbers add without any rounding. */
const parts = 2 ** 20;

/** Adds one value of -1 to 1, `times` over, to a cell. */
export function addValue(route: RouteTally, cell: string, value: number, times = 1): void {
  const counts = (route.cells[cell] ??= Array.from({ length: gridSize }, () => 0));
  forNeighbours(value, (index, share) => {
    counts[index] = (counts[index] ?? 0) + share * times;
  });
}

/** Calls `visit` with the one or two fixed values that a value counts as, and its share of each. */
export function forNeighbours(value: number, visit: (index: number, share: number) => void): void {
  const scaled = (Math.min(1, Math.max(-1, value)) + 1) * 10;
  const lower = Math.min(gridSize - 1, Math.floor(scaled));
  const share = Math.round((scaled - lower) * parts) / parts;
  if (share < 1) visit(lower, 1 - share);
  if (share > 0) visit(lower + 1, share);
}

/** Counts of a cell as pairs of value and count; empty when nothing was counted. */
export function valuesOf(route: RouteTally | undefined, cell: string): [number, number][] {
  const counts = route?.cells[cell] ?? [];
  return counts.flatMap((count, index): [number, number][] =>
    count === 0 ? [] : [[gridValue(index), count]],
  );
}

/** How many exchanges of a route were counted. */
export function exchangesOf(route: RouteTally): number {
  return Object.values(route.classes).reduce((sum, count) => sum + count, 0);
}

export interface LatencySummary {
  readonly count: number;
  readonly p50Ms?: number;
  readonly p95Ms?: number;
  readonly p99Ms?: number;
}

export function latencySummary(sketch: LatencySketch): LatencySummary {
  const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((quantile) => quantileOf(sketch, quantile));
  return {
    count: countOf(sketch),
    ...(p50Ms !== undefined && { p50Ms }),
    ...(p95Ms !== undefined && { p95Ms }),
    ...(p99Ms !== undefined && { p99Ms }),
  };
}

/** A mapping in which every name is only a name, `__proto__` too. */
export function record<Value>(
  entries: Iterable<readonly [string, Value]> = [],
): Record<string, Value> {
  const empty = Object.create(null) as Record<string, Value>;
  for (const [name, value] of entries) empty[name] = value;
  return empty;
}
