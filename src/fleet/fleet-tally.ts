/**
 * Tallies made of the sums of counters. The names and values of the counters come from outside, so each is held against
 * what twinspan can have counted, and the gates of a route against each other: what was compared was answered as well.
 * Sums that cannot be true are no ground for a decision.
 */
import { unreadRoute } from '../exchange/outcome.ts';
import {
  emptyTally,
  gridValue,
  otherLabelsCell,
  plainCells,
  routeTally,
  scoreCell,
  unattributedErrorsCell,
  valuesOf,
  gridSize,
  type Experiment,
  type RouteTally,
  type Tally,
} from '../report/tally.ts';
import type { CounterLabels } from './scrapes.ts';

export interface SumDoubt {
  readonly code: 'counts_unknown' | 'counts_contradict';
  readonly message: string;
}

export interface SummedTally {
  readonly tally: Tally;
  readonly doubts: readonly SumDoubt[];
}

/** Counts are sums of parts of 2^20, which binary numbers add without rounding; what Prometheus prints may round. */
const tolerance = 1e-6;

export function sumTally(
  experiment: Experiment,
  totals: Iterable<readonly [CounterLabels, number]>,
): SummedTally {
  const tally = emptyTally(experiment);
  const doubts: SumDoubt[] = [];
  for (const [{ gate, route, value }, count] of totals) {
    const index = indexOf(value);
    if (!isCell(gate) || index === undefined) {
      doubts.push({
        code: 'counts_unknown',
        message: `no twinspan counts the value ${value} of a gate ${gate}`,
      });
      continue;
    }
    const { cells } = routeTally(tally, route);
    const counts = (cells[gate] ??= Array.from({ length: gridSize }, () => 0));
    counts[index] = (counts[index] ?? 0) + count;
  }
  for (const [name, route] of Object.entries(tally.routes)) {
    const contradiction = name === unreadRoute ? undefined : contradictionIn(route);
    if (contradiction === undefined) continue;
    doubts.push({ code: 'counts_contradict', message: `of route ${name}, ${contradiction}` });
  }
  return { tally, doubts };
}

function isCell(gate: string): boolean {
  return (
    plainCells.some((cell) => cell === gate) ||
    gate === otherLabelsCell ||
    gate === scoreCell ||
    (gate.startsWith('prediction_drift/') && gate.length > 'prediction_drift/'.length)
  );
}

/** Only as it is written: `-0.3`, `0`, `1`. */
function indexOf(value: string): number | undefined {
  const index = Math.round(Number(value) * 10) + 10;
  return index >= 0 && index < gridSize && String(gridValue(index)) === value ? index : undefined;
}

/** Each pair of answers counts in `errors`, and what is said of two good answers was covered as well. */
function contradictionIn(route: RouteTally): string | undefined {
  const total = (cell: string): number => sum(valuesOf(route, cell));
  const errors = total('errors');
  const covered = sum(valuesOf(route, 'coverage').filter(([value]) => value === 0));
  const mismatch = total('mismatch');
  const contract = total('contract');
  if (exceeds(mismatch, contract)) return 'more pairs count in mismatch than in contract';
  if (exceeds(mismatch, covered)) return 'more pairs count in mismatch than were covered';
  if (exceeds(covered, errors)) return 'more pairs were covered than count in errors';
  const beyond = Object.keys(route.cells).find(
    (cell) =>
      cell !== 'errors' &&
      cell !== unattributedErrorsCell &&
      cell !== 'coverage' &&
      cell !== 'quality' &&
      exceeds(total(cell), errors),
  );
  return beyond === undefined ? undefined : `more pairs count in ${beyond} than in errors`;
}

function sum(counts: readonly (readonly [number, number])[]): number {
  return counts.reduce((total, [, count]) => total + count, 0);
}

function exceeds(count: number, bound: number): boolean {
  return count > bound + tolerance * Math.max(1, bound);
}
