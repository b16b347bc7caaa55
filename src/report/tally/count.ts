/**
 * Counting: one entry more in a tally, in constant time. What the gates hold live and shadow against (the slow end of
 * live, the labels that are watched, the spread of live's scores) is fixed by configuration or by the first entries,
 * which then do not count in those gates: whatever a value is measured by was known before the value was.
 */
import { otherLabels } from '../../comparison/prediction.ts';
import { addDuration, countOf, quantileOf } from './latency-sketch.ts';
import type { PredictionEntry, TallyEntry } from './entry.ts';
import { addMoments, deviationOf } from './moments.ts';
import {
  addValue,
  forNeighbours,
  gridValue,
  labelCell,
  otherLabelsCell,
  routeTally,
  scoreCell,
  watchedLabels,
  type RouteTally,
  type Tally,
} from '../tally.ts';

export interface CountSettings {
  /** How much slower than live counts as an exceedance: 0.1 is a tenth. */
  readonly slower: number;
  /** Milliseconds, where the configuration names them. */
  readonly thresholdMs: { readonly p95?: number; readonly p99?: number };
  /** `prediction.labels` of a route; empty when it lists none. */
  readonly labels: (route: string) => readonly string[];
}

/** Hears of each value that was counted in a cell whose name the configuration fixes, such as a counter to export. */
export type CountListener = (route: string, cell: string, value: number, count: number) => void;

/** Entries of live from which a threshold, a set of labels or a spread is taken. */
export const burnInSize = 500;
/** Distinct labels that a burn-in tells apart. */
const maxBurnInLabels = 1000;
/** Standard deviations of live's scores at which a difference is as large as it can count. */
export const scoreReach = 5;

export function countEntry(
  tally: Tally,
  entry: TallyEntry,
  settings: CountSettings,
  listener: CountListener = () => {},
): void {
  tally.firstAt = Math.min(tally.firstAt ?? entry.at, entry.at);
  tally.lastAt = Math.max(tally.lastAt ?? entry.at, entry.at);
  const route = routeTally(tally, entry.route);
  route.classes[entry.class] = (route.classes[entry.class] ?? 0) + 1;
  const count = (cell: string, value: number | undefined, isExported = true): void => {
    if (value === undefined) return;
    addValue(route, cell, value);
    if (!isExported) return;
    forNeighbours(value, (index, share) => listener(entry.route, cell, gridValue(index), share));
  };
  count('errors', entry.errors);
  count('contract', entry.contract);
  count('mismatch', entry.mismatch);
  count('coverage', entry.coverage);
  countLatency(route, entry, settings, count);
  if (entry.prediction !== undefined) {
    const listed = settings.labels(entry.route);
    countLabels(route, entry.prediction, listed, count);
    countScores(route, entry.prediction, count);
  }
}

/** Counts what a true label says of a pair: correct answers of live minus those of the shadow, as a share. */
export function countQuality(tally: Tally, route: string, lost: number): void {
  addValue(routeTally(tally, route), 'quality', lost);
}

type Count = (cell: string, value: number | undefined, isExported?: boolean) => void;

function countLatency(
  route: RouteTally,
  { liveMs, shadowMs }: TallyEntry,
  { slower, thresholdMs }: CountSettings,
  count: Count,
): void {
  if (liveMs === undefined || shadowMs === undefined) return;
  addDuration(route.liveLatency, liveMs);
  if (Number.isFinite(shadowMs)) addDuration(route.shadowLatency, shadowMs);
  let isBurnIn = false;
  for (const quantile of ['p95', 'p99'] as const) {
    if (route.threshold[quantile].kind === 'open') {
      const value = thresholdMs[quantile] ?? slowEndOf(route.burnIn, quantile);
      if (value !== undefined) route.threshold[quantile] = { kind: 'fixed', value };
      else isBurnIn = true;
    }
    const threshold = route.threshold[quantile];
    if (threshold.kind !== 'fixed') continue;
    const late = Number(shadowMs > (1 + slower) * threshold.value);
    count(`latency_${quantile}`, late - Number(liveMs > threshold.value));
  }
  if (isBurnIn) addDuration(route.burnIn, liveMs);
}

function slowEndOf(burnIn: RouteTally['burnIn'], quantile: 'p95' | 'p99'): number | undefined {
  if (countOf(burnIn) < burnInSize) return undefined;
  return quantileOf(burnIn, quantile === 'p95' ? 0.95 : 0.99);
}

function countLabels(
  route: RouteTally,
  { count: instances, labels }: PredictionEntry,
  listed: readonly string[],
  count: Count,
): void {
  const predicted = Object.entries(labels);
  if (predicted.length === 0 || instances === 0) return;
  if (route.labels.kind === 'open') {
    if (listed.length > 0) {
      route.labels = { kind: 'fixed', value: listed.slice(0, watchedLabels) };
    } else {
      const seen = Object.values(route.labelBurnIn).reduce((sum, times) => sum + times, 0);
      if (seen < burnInSize) {
        for (const [label, { live }] of predicted) addToBurnIn(route.labelBurnIn, label, live);
        return;
      }
      route.labels = { kind: 'fixed', value: mostFrequent(route.labelBurnIn) };
    }
  }
  if (route.labels.kind !== 'fixed') return;
  const isExported = listed.length > 0;
  let others = 0;
  const shares = new Map<string, number>();
  for (const [label, { live, shadow }] of predicted) {
    const change = (shadow - live) / instances;
    if (route.labels.value.includes(label)) shares.set(label, change);
    else others += change;
  }
  for (const label of route.labels.value)
    count(labelCell(label), shares.get(label) ?? 0, isExported);
  count(otherLabelsCell, others, isExported);
}

function addToBurnIn(burnIn: Record<string, number>, label: string, times: number): void {
  if (burnIn[label] === undefined && Object.keys(burnIn).length >= maxBurnInLabels) return;
  burnIn[label] = (burnIn[label] ?? 0) + times;
}

/** Equal frequencies are ordered by name, so that the choice depends on the counts alone. */
function mostFrequent(burnIn: Readonly<Record<string, number>>): string[] {
  return Object.entries(burnIn)
    .filter(([label]) => label !== otherLabels)
    .sort(([one, ones], [other, others]) => others - ones || (one < other ? -1 : 1))
    .slice(0, watchedLabels)
    .map(([label]) => label);
}

function countScores(route: RouteTally, { labels, scores }: PredictionEntry, count: Count): void {
  // Where there are labels the score is a confidence, and the labels are what is predicted.
  if (scores === undefined || Object.keys(labels).length > 0) return;
  if (route.scoreScale.kind === 'open') {
    if (route.scoreBurnIn.count < burnInSize) {
      route.scoreBurnIn = addMoments(route.scoreBurnIn, scores.live);
      return;
    }
    route.scoreScale = { kind: 'fixed', value: deviationOf(route.scoreBurnIn) };
  }
  if (route.scoreScale.kind !== 'fixed') return;
  const reach = scoreReach * route.scoreScale.value;
  const { meanDifference } = scores;
  count(scoreCell, reach > 0 ? meanDifference / reach : Math.sign(meanDifference));
}
