/**
 * The sum of two tallies of one experiment, such as those of two replicas, in any order and grouping. What both have
 * fixed must be equal, or the gates that depend on it have nothing to say of the sum.
 */
import { isDeepStrictEqual } from 'node:util';

import { mergeSketches } from './latency-sketch.ts';
import { addMoments } from './moments.ts';
import {
  emptyRouteTally,
  gridSize,
  pairClasses,
  record,
  type Fixed,
  type GridCounts,
  type RouteTally,
  type Tally,
} from '../tally.ts';

/** Neither is changed. */
export function mergeTallies(one: Tally, other: Tally): Tally {
  const firstAt = lesser(one.firstAt, other.firstAt);
  const lastAt = greater(one.lastAt, other.lastAt);
  const rejected = earlier(one.rejected, other.rejected);
  return {
    experiment: one.experiment,
    attempt: Math.max(one.attempt, other.attempt),
    ...(firstAt !== undefined && { firstAt }),
    ...(lastAt !== undefined && { lastAt }),
    routes: mergeRecords(one.routes, other.routes, mergeRoutes),
    overflowed: one.overflowed || other.overflowed,
    ...(rejected && { rejected }),
  };
}

function mergeRoutes(
  one: RouteTally = emptyRouteTally(),
  other: RouteTally = emptyRouteTally(),
): RouteTally {
  return {
    classes: Object.fromEntries(
      pairClasses.flatMap((name) => {
        const count = (one.classes[name] ?? 0) + (other.classes[name] ?? 0);
        return count === 0 ? [] : [[name, count]];
      }),
    ),
    cells: mergeRecords(one.cells, other.cells, addCounts),
    liveLatency: mergeSketches(one.liveLatency, other.liveLatency),
    shadowLatency: mergeSketches(one.shadowLatency, other.shadowLatency),
    burnIn: mergeSketches(one.burnIn, other.burnIn),
    threshold: {
      p95: agreed(one.threshold.p95, other.threshold.p95),
      p99: agreed(one.threshold.p99, other.threshold.p99),
    },
    labels: agreed(one.labels, other.labels),
    labelBurnIn: mergeRecords(one.labelBurnIn, other.labelBurnIn, (a = 0, b = 0) => a + b),
    scoreScale: agreed(one.scoreScale, other.scoreScale),
    scoreBurnIn: addMoments(one.scoreBurnIn, other.scoreBurnIn),
  };
}

function addCounts(one: GridCounts = [], other: GridCounts = []): GridCounts {
  return Array.from({ length: gridSize }, (_, index) => (one[index] ?? 0) + (other[index] ?? 0));
}

function agreed<Value>(one: Fixed<Value>, other: Fixed<Value>): Fixed<Value> {
  if (one.kind === 'open') return other;
  if (other.kind === 'open' || isDeepStrictEqual(one, other)) return one;
  return { kind: 'differing' };
}

function mergeRecords<Value>(
  one: Readonly<Record<string, Value>>,
  other: Readonly<Record<string, Value>>,
  merge: (one: Value | undefined, other: Value | undefined) => Value,
): Record<string, Value> {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return record([...names].map((name) => [name, merge(one[name], other[name])]));
}

function lesser(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}

function greater(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.max(one, other);
}

function earlier(one: Tally['rejected'], other: Tally['rejected']): Tally['rejected'] {
  if (one === undefined || other === undefined) return one ?? other;
  return other.atUnixMs < one.atUnixMs ? other : one;
}
