/**
 * From gates to a state. Promote needs every gate and every floor, and is withdrawn when later pairs turn; reject
 * needs one gate and stays; what cannot be decided any more is on hold; everything else collects. Missing data never
 * passes.
 */
import { unreadRoute } from '../exchange/outcome.ts';
import {
  gridValue,
  unattributedErrorsCell,
  valuesOf,
  type RouteTally,
  type Tally,
} from '../report/tally.ts';
import { totalOf } from './evidence.ts';
import { evaluateGates, isFutile, type GateResult } from './gates.ts';
import { judgedRoutes, type JudgedRoute } from './judged-routes.ts';
import type { VerdictSettings } from './settings.ts';

export type HoldReason =
  'horizon' | 'futile' | 'coverage' | 'superseded' | 'conflict' | 'evidence_overflow';

export type Standing =
  /** It gets pairs, and enough of them to be judged. */
  | 'judged'
  /** Less than a hundredth of the pairs are its own. */
  | 'too_few'
  /** It gets no pairs any more, and another one does; or it was counted by other gates. */
  | 'superseded';

interface Evaluated {
  readonly routes: readonly JudgedRoute[];
  readonly gates: readonly GateResult[];
  /** Since the first counted exchange, and from that to the newest one. */
  readonly elapsedMs: number;
  readonly observedMs: number;
}

export type Decision = Evaluated &
  (
    | { readonly state: 'promote' }
    | { readonly state: 'collecting'; readonly standing: Standing }
    | {
        readonly state: 'reject';
        /** Absent when it was rejected earlier. */
        readonly gate?: GateResult;
      }
    | {
        readonly state: 'hold';
        readonly hold: HoldReason;
        /** The first gate, or the route, that is the reason. */
        readonly gate?: GateResult;
        readonly route?: string;
      }
  );

/** `now` is in Unix milliseconds. */
export function decide(
  tally: Tally,
  settings: VerdictSettings,
  now: number,
  standing: Standing = 'judged',
): Decision {
  const routes = judgedRoutes(tally, settings);
  const gates = evaluateGates(tally, routes, settings);
  const elapsedMs = tally.firstAt === undefined ? 0 : Math.max(0, now - tally.firstAt);
  // A time in which nothing came shows nothing of a daily cycle.
  const observedMs =
    tally.firstAt === undefined ? 0 : Math.max(0, (tally.lastAt ?? now) - tally.firstAt);
  const evaluated: Evaluated = { routes, gates, elapsedMs, observedMs };
  if (tally.rejected !== undefined) return { ...evaluated, state: 'reject' };
  if (standing === 'superseded') return { ...evaluated, state: 'hold', hold: 'superseded' };
  // Counts that cannot be true are no ground for anything, a rejection included.
  const contradictory = contradictoryRoute(tally);
  if (contradictory !== undefined) {
    return { ...evaluated, state: 'hold', hold: 'conflict', route: contradictory };
  }
  if (standing === 'too_few') return { ...evaluated, state: 'collecting', standing };
  const failed = gates.filter(({ state }) => state === 'failed');
  const rejecting = failed.find(({ id }) => id !== 'coverage');
  if (rejecting !== undefined) return { ...evaluated, state: 'reject', gate: rejecting };
  if (tally.overflowed) return { ...evaluated, state: 'hold', hold: 'evidence_overflow' };
  if (isReady(evaluated, settings)) return { ...evaluated, state: 'promote' };
  const [uncovered] = failed;
  if (uncovered !== undefined) {
    return { ...evaluated, state: 'hold', hold: 'coverage', gate: uncovered };
  }
  const futile = gates.find(isFutile);
  if (futile !== undefined) return { ...evaluated, state: 'hold', hold: 'futile', gate: futile };
  if (elapsedMs >= settings.horizonMs) return { ...evaluated, state: 'hold', hold: 'horizon' };
  return { ...evaluated, state: 'collecting', standing };
}

function isReady(evaluated: Evaluated, settings: VerdictSettings): boolean {
  const { gates } = evaluated;
  return (
    gates.length > 0 &&
    gates.every(({ state }) => state === 'passed') &&
    isFloorMet(evaluated, settings)
  );
}

/** Whether there are pairs enough, over a time that is long enough. */
export function isFloorMet({ routes, observedMs }: Evaluated, { floor }: VerdictSettings): boolean {
  return (
    routes.length > 0 &&
    routes.every(({ comparable }) => comparable >= floor.pairs) &&
    observedMs >= floor.elapsedMs
  );
}

/** A route whose counts cannot all be true. */
function contradictoryRoute(tally: Tally): string | undefined {
  return Object.entries(tally.routes).find(
    // What was shed unread, beside all that was seen, is counted of no answers and in one cell alone.
    ([name, route]) => !arePossible(route) || (name !== unreadRoute && isContradictory(route)),
  )?.[0];
}

/** Cells whose values are shares; all others are differences. */
const shareCells = new Set([unattributedErrorsCell, 'contract', 'mismatch', 'coverage']);
/**
 * Dropped exchanges are covered by no answer, true labels may come for pairs that were counted before a restart, and what
 * is nobody's error is nobody's pair.
 */
const countedApart = new Set(['coverage', 'quality', unattributedErrorsCell]);
/** Counts are sums of parts of 2^20; what was read as text may be rounded. */
const tolerance = 1e-6;

function arePossible({ cells }: RouteTally): boolean {
  return Object.entries(cells).every(([cell, counts]) =>
    counts.every(
      (count, index) =>
        count === 0 ||
        (count > 0 && Number.isFinite(count) && !(shareCells.has(cell) && gridValue(index) < 0)),
    ),
  );
}

/**
 * Whatever is counted of two answers is counted in `errors` as well, and what is compared is covered and has a contract:
 * were the counts of one value lost, the sums would differ. A cell that has no count at all speaks for nothing: its own
 * gate is open.
 */
function isContradictory(route: RouteTally): boolean {
  const total = (cell: string): number => totalOf(valuesOf(route, cell));
  const zeros = (cell: string): number =>
    totalOf(valuesOf(route, cell).filter(([value]) => value === 0));
  const exceeds = (count: number, bound: number): boolean =>
    count > bound + tolerance * Math.max(1, bound);
  const errors = total('errors');
  const [contract, mismatch] = [total('contract'), total('mismatch')];
  const isBeyond = (cell: string): boolean =>
    !countedApart.has(cell) && exceeds(total(cell), errors);
  return (
    Object.keys(route.cells).some(isBeyond) ||
    exceeds(zeros('coverage'), errors) ||
    (total('coverage') > 0 && exceeds(mismatch, zeros('coverage'))) ||
    (contract > 0 && exceeds(mismatch, contract)) ||
    (mismatch > 0 && exceeds(zeros('contract'), mismatch))
  );
}
