/**
 * A tally read back from JSON that this program wrote, or somebody changed: everything is looked at before it is
 * believed, since what is counted decides a promotion.
 */
import { isRecord, jsonOf } from '../../base/untrusted-json.ts';
import { isLatencySketch } from './latency-sketch.ts';
import {
  gridSize,
  pairClasses,
  record,
  type DeploymentVersion,
  type Fixed,
  type Moments,
  type RouteTally,
  type Tally,
} from '../tally.ts';

/**
 * Undefined when it is not a whole tally. Labels that are hashed are hashed otherwise in each process, so they are
 * learned anew, and what was counted by them is left out.
 */
export function readTally(text: string): Tally | undefined {
  const value = jsonOf(text);
  if (!isRecord(value) || !isExperiment(value['experiment']) || !isRecord(value['routes'])) {
    return undefined;
  }
  const { attempt, firstAt, lastAt, overflowed, rejected } = value;
  const routes = Object.entries(value['routes']);
  const isSound =
    isCount(attempt) &&
    attempt >= 1 &&
    isOptional(firstAt, Number.isFinite) &&
    isOptional(lastAt, Number.isFinite) &&
    typeof overflowed === 'boolean' &&
    isOptional(rejected, isRejection) &&
    routes.every(([, route]) => isRouteTally(route));
  if (!isSound) return undefined;
  return {
    ...(value as unknown as Tally),
    routes: record(routes.map(([name, route]) => [name, restored(route as RouteTally)])),
  };
}

/** Names are only names again, and what no other process can go on with is gone. */
function restored(route: RouteTally): RouteTally {
  const isHashed =
    route.labels.kind === 'fixed' && route.labels.value.some((label) => label.startsWith('h:'));
  const cells = Object.entries(route.cells);
  return {
    ...route,
    cells: record(isHashed ? cells.filter(([name]) => !isLabelCell(name)) : cells),
    ...(isHashed && { labels: { kind: 'open' as const } }),
    labelBurnIn: record(
      Object.entries(route.labelBurnIn).filter(([label]) => !isHashed && !label.startsWith('h:')),
    ),
  };
}

function isLabelCell(name: string): boolean {
  return name.startsWith('prediction_drift') && name !== 'prediction_drift~score';
}

function isRouteTally(value: unknown): value is RouteTally {
  if (!isRecord(value)) return false;
  const { classes, cells, threshold, labelBurnIn } = value;
  return (
    isRecord(classes) &&
    Object.entries(classes).every(([name, count]) => isPairClass(name) && isCount(count)) &&
    isRecord(cells) &&
    Object.values(cells).every(isGridCounts) &&
    isLatencySketch(value['liveLatency']) &&
    isLatencySketch(value['shadowLatency']) &&
    isLatencySketch(value['burnIn']) &&
    isRecord(threshold) &&
    isFixed(threshold['p95'], isAmount) &&
    isFixed(threshold['p99'], isAmount) &&
    isFixed(value['labels'], isLabels) &&
    isRecord(labelBurnIn) &&
    Object.values(labelBurnIn).every(isCount) &&
    isFixed(value['scoreScale'], isAmount) &&
    isMoments(value['scoreBurnIn'])
  );
}

function isPairClass(name: string): boolean {
  return pairClasses.some((known) => known === name);
}

function isGridCounts(value: unknown): boolean {
  return Array.isArray(value) && value.length === gridSize && value.every(isAmount);
}

function isFixed(value: unknown, holds: (value: unknown) => boolean): value is Fixed<unknown> {
  if (!isRecord(value)) return false;
  if (value['kind'] === 'fixed') return holds(value['value']);
  return value['kind'] === 'open' || value['kind'] === 'differing';
}

function isLabels(value: unknown): boolean {
  return Array.isArray(value) && value.every((label) => typeof label === 'string');
}

function isMoments(value: unknown): value is Moments {
  return (
    isRecord(value) &&
    isCount(value['count']) &&
    Number.isFinite(value['mean']) &&
    isAmount(value['squares'])
  );
}

function isExperiment(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value['id'] === 'string' &&
    isVersion(value['live']) &&
    isVersion(value['shadow'])
  );
}

function isVersion(value: unknown): value is DeploymentVersion {
  return (
    isRecord(value) && isOptional(value['name'], isText) && isOptional(value['version'], isText)
  );
}

function isRejection(value: unknown): boolean {
  return (
    isRecord(value) &&
    Number.isFinite(value['atUnixMs']) &&
    isText(value['gate']) &&
    isText(value['route']) &&
    isText(value['reason'])
  );
}

function isOptional(value: unknown, holds: (value: unknown) => boolean): boolean {
  return value === undefined || holds(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
