/**
 * The gates: each states a claim about one mean ("the share of pairs that differ is below 1 %"), and has passed when
 * the counts show it, failed when they show the opposite, and is open otherwise.
 */
import { unreadRoute } from '../exchange/outcome.ts';
import {
  labelCell,
  otherLabelsCell,
  scoreCell,
  unattributedErrorsCell,
  valuesOf,
  watchedLabels,
  type Fixed,
  type RouteTally,
  type Tally,
} from '../report/tally.ts';
import {
  logEvidence,
  meanOf,
  pairsNeeded,
  totalOf,
  type Claim,
  type ValueCounts,
} from './evidence.ts';
import { otherRoute, type JudgedRoute } from './judged-routes.ts';
import type { GateName, Margins, VerdictSettings } from './settings.ts';

export type GateState = 'open' | 'passed' | 'failed';

/** Why a gate has nothing to go by, whatever has been counted. */
export type GateNote =
  /** The first requests are still being looked at, to fix what later ones are held against. */
  | 'burn_in'
  /** Tallies were added that had fixed it differently. */
  | 'differing'
  /** Over a whole fleet only the configuration can fix it. */
  | 'not_configured';

export interface GateResult {
  readonly id: GateName;
  readonly route: string;
  /** Of `prediction_drift`: the label, `~other` for the labels that are not watched, `~score` for scores. */
  readonly label?: string;
  /** Of `prediction_drift`: whether the shadow predicts it more often (scores higher), or less. */
  readonly direction?: 'more' | 'less';
  /** The claim is that the mean lies below it. */
  readonly margin: number;
  readonly range: Claim['range'];
  readonly counts: ValueCounts;
  /** Of `errors`: those of the shadow that may be of another version. A promotion must hold were all of them its own. */
  readonly unattributed?: number;
  readonly lnE: { readonly promote: number; readonly reject: number };
  readonly need: { readonly promote: number; readonly reject: number };
  readonly state: GateState;
  readonly note?: GateNote;
}

/** Chance of a wrong rejection. */
export const rejectAlpha = 0.05;
const share: Claim['range'] = [0, 1];
const difference: Claim['range'] = [-1, 1];

export function attemptOf({ attempt }: Pick<Tally, 'attempt'>, settings: VerdictSettings): number {
  return Math.max(1, settings.attempt ?? attempt);
}

/** Chance of a wrong promotion in this attempt; those of all attempts together sum to less than 1.65 times the first. */
export function promoteAlpha(tally: Pick<Tally, 'attempt'>, settings: VerdictSettings): number {
  return settings.alpha / attemptOf(tally, settings) ** 2;
}

export function evaluateGates(
  tally: Tally,
  routes: readonly JudgedRoute[],
  settings: VerdictSettings,
): GateResult[] {
  const promote = Math.log(1 / promoteAlpha(tally, settings));
  const reject = Math.log(rejectingClaims(settings, routes) / rejectAlpha);
  const coverage = Math.log((settings.routes.length + 2) / rejectAlpha);
  const results = routes.flatMap((route) =>
    claimsOf(route, settings).map((claim) =>
      evaluate(claim, { promote, reject: claim.id === 'coverage' ? coverage : reject }),
    ),
  );
  const unread = valuesOf(tally.routes[unreadRoute], 'coverage');
  const { coverage: margin } = settings.margins;
  if (margin === undefined || totalOf(unread) === 0) return results;
  const claim = {
    id: 'coverage',
    route: unreadRoute,
    margin,
    range: share,
    counts: unread,
  } as const;
  return [...results, evaluate(claim, { promote, reject: coverage })];
}

type GateClaim = Omit<GateResult, 'lnE' | 'need' | 'state'>;

function evaluate(claim: GateClaim, need: GateResult['need']): GateResult {
  const { note } = claim;
  const lnE = evidenceOf(claim);
  const state = note === undefined ? gateStateOf(lnE, need) : 'open';
  return { ...claim, lnE, need, state };
}

type Counted = Pick<GateResult, 'margin' | 'range' | 'counts' | 'unattributed'>;

/** What the counts of a gate say for its claim and against it. */
export function evidenceOf(gate: Counted): GateResult['lnE'] {
  const { margin, range, counts } = gate;
  const claim = { margin, range };
  return {
    promote: logEvidence({ ...claim, direction: 'below' }, withUnattributed(gate)),
    reject: logEvidence({ ...claim, direction: 'above' }, counts),
  };
}

/** The counts as they would be at worst. */
function withUnattributed({ counts, unattributed = 0 }: Counted): ValueCounts {
  return unattributed === 0 ? counts : [...counts, [1, unattributed]];
}

/** What the evidence of a gate that has something to go by comes to; failing counts before passing. */
export function gateStateOf(lnE: GateResult['lnE'], need: GateResult['need']): GateState {
  if (lnE.reject >= need.reject) return 'failed';
  return lnE.promote >= need.promote ? 'passed' : 'open';
}

/** More pairs of its route until a gate passes, if all are as those counted; undefined when that is never. */
export function morePairsOf(gate: GateResult): number | undefined {
  const { margin, range, need, state } = gate;
  if (state === 'passed') return 0;
  const counts = withUnattributed(gate);
  const total = totalOf(counts);
  const rates: ValueCounts = total === 0 ? [[0, 1]] : counts;
  const enough = pairsNeeded({ direction: 'below', margin, range }, rates, need.promote);
  return enough && Math.max(1, enough - total);
}

/** Whether a gate is so certainly near its margin that more pairs will hardly move it to either side. */
export function isFutile({ counts, margin, range, state }: GateResult): boolean {
  const mean = meanOf(counts);
  if (state !== 'open' || mean === undefined || Math.abs(mean - margin) > 0.1 * margin)
    return false;
  const surely = Math.log(2 / 0.05);
  const holds = (direction: Claim['direction'], bound: number): boolean =>
    logEvidence({ direction, margin: bound, range }, counts) >= surely;
  return holds('above', 0.9 * margin) && holds('below', 1.1 * margin);
}

function claimsOf(route: JudgedRoute, settings: VerdictSettings): GateClaim[] {
  const claims: GateClaim[] = [];
  const plain = (id: GateName, range: Claim['range'], note?: GateNote): void => {
    const margin = route.margins[id];
    if (margin === undefined) return;
    const counts = note === undefined ? valuesOf(route.tally, id) : [];
    const unattributed =
      id === 'errors' ? totalOf(valuesOf(route.tally, unattributedErrorsCell)) : 0;
    claims.push({
      id,
      route: route.name,
      margin,
      range,
      counts,
      ...(unattributed > 0 && { unattributed }),
      ...(note && { note }),
    });
  };
  plain('errors', difference);
  plain('contract', share);
  plain('mismatch', share);
  plain('latency_p95', difference, latencyNote(route, settings, 'p95'));
  plain('latency_p99', difference, latencyNote(route, settings, 'p99'));
  claims.push(...driftClaims(route, settings));
  // Labels come late or never: without any the gate is not there, and the verdict warns of it.
  if (totalOf(valuesOf(route.tally, 'quality')) > 0) plain('quality', difference);
  plain('coverage', share);
  return claims;
}

function latencyNote(
  { tally }: JudgedRoute,
  { scope, thresholdMs }: VerdictSettings,
  quantile: 'p95' | 'p99',
): GateNote | undefined {
  const threshold = tally?.threshold[quantile];
  if (threshold?.kind === 'differing') return 'differing';
  if (thresholdMs[quantile] !== undefined) return undefined;
  if (scope === 'fleet') return 'not_configured';
  return threshold?.kind === 'fixed' ? undefined : 'burn_in';
}

function driftClaims(route: JudgedRoute, { scope }: VerdictSettings): GateClaim[] {
  const { tally, labels: listed = [], margins } = route;
  const stated = margins.prediction_drift;
  if (stated === undefined) return [];
  const both = (label: string, cell: string, margin: number): GateClaim[] => {
    const counts = valuesOf(tally, cell);
    const shared = {
      id: 'prediction_drift',
      route: route.name,
      label,
      margin,
      range: difference,
    } as const;
    // Zero has no sign: it is one value, however it is turned.
    const negated = counts.map(([value, count]) => [value === 0 ? 0 : -value, count] as const);
    return [
      { ...shared, direction: 'more', counts },
      { ...shared, direction: 'less', counts: negated },
    ];
  };
  const claims: GateClaim[] = [];
  const labels = labelsOf(tally, listed);
  if (labels.kind === 'fixed' && totalOf(valuesOf(tally, otherLabelsCell)) > 0) {
    for (const label of labels.value) claims.push(...both(label, labelCell(label), stated));
    claims.push(...both('~other', otherLabelsCell, stated));
  }
  if (tally?.scoreScale.kind !== 'differing' && totalOf(valuesOf(tally, scoreCell)) > 0) {
    // On the scale of a score 0.01 is a twentieth of live's standard deviation.
    claims.push(...both('~score', scoreCell, stated / 2));
  }
  if (claims.length > 0) return claims;
  const note =
    scope === 'fleet' && listed.length === 0 ? 'not_configured' : driftNote(tally, labels);
  return [
    {
      id: 'prediction_drift',
      route: route.name,
      margin: stated,
      range: difference,
      counts: [],
      note,
    },
  ];
}

function labelsOf(
  tally: RouteTally | undefined,
  listed: readonly string[],
): Fixed<readonly string[]> {
  if (listed.length > 0) return { kind: 'fixed', value: listed.slice(0, watchedLabels) };
  return tally?.labels ?? { kind: 'open' };
}

function driftNote(tally: RouteTally | undefined, labels: Fixed<readonly string[]>): GateNote {
  return labels.kind === 'differing' || tally?.scoreScale.kind === 'differing'
    ? 'differing'
    : 'burn_in';
}

/** All claims that could ever reject, whatever the traffic: the chance of a wrong rejection is divided among them. */
function rejectingClaims(
  { routes, margins }: VerdictSettings,
  judged: readonly JudgedRoute[],
): number {
  const all = routes.reduce((sum, route) => sum + claimCount(route.margins, route.labels), 0);
  const arePooled = routes.length !== 1 || judged.some(({ name }) => name === otherRoute);
  return Math.max(1, arePooled ? all + claimCount(margins) : all);
}

function claimCount(margins: Margins, labels: readonly string[] = []): number {
  const watched = labels.length === 0 ? watchedLabels : Math.min(watchedLabels, labels.length);
  return Object.keys(margins).reduce((sum, gate) => {
    if (gate === 'coverage') return sum;
    // Each label, the others and the score, in both directions.
    return sum + (gate === 'prediction_drift' ? 2 * (watched + 2) : 1);
  }, 0);
}
