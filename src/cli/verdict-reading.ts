/**
 * A verdict read from outside: a file, or an answer. Nothing is believed before its shape was looked at, since a state
 * decides what is rolled out; and by the counts in it every gate can be decided again.
 */
import { isRecord, jsonOf } from '../base/untrusted-json.ts';
import { confidenceSequence, meanOf } from '../verdict/evidence.ts';
import { evidenceOf, gateStateOf } from '../verdict/gates.ts';
import { scores, type GateRow, type Verdict, type VerdictState } from '../verdict/verdict.ts';

const states: readonly VerdictState[] = ['collecting', 'promote', 'hold', 'reject'];

/** Undefined when the text is no `twinspan.verdict/1`. */
export function readVerdict(text: string): Verdict | undefined {
  const value = jsonOf(text);
  if (!isRecord(value)) return undefined;
  const { schema, scope, state, hold, reason, next, pairs, floor, alpha, gates, warnings } = value;
  const isVerdict =
    schema === 'twinspan.verdict/1' &&
    (scope === 'replica' || scope === 'fleet') &&
    states.some((known) => known === state) &&
    (state !== 'hold' || (isRecord(hold) && typeof hold['reason'] === 'string')) &&
    typeof reason === 'string' &&
    typeof next === 'string' &&
    Number.isFinite(value['elapsedSeconds']) &&
    isRecord(pairs) &&
    Object.values(pairs).every(Number.isFinite) &&
    isRecord(floor) &&
    typeof floor['met'] === 'boolean' &&
    Number.isFinite(floor['pairs']) &&
    Number.isFinite(floor['elapsedSeconds']) &&
    isRecord(alpha) &&
    isShare(alpha['promote']) &&
    isShare(alpha['reject']) &&
    Array.isArray(gates) &&
    gates.every(isGateRow) &&
    Array.isArray(warnings) &&
    warnings.every((warning) => isRecord(warning) && typeof warning['detail'] === 'string');
  return isVerdict ? (value as unknown as Verdict) : undefined;
}

/** One thing in which a verdict is not what follows from its counts. */
export interface Disagreement {
  readonly place: string;
  readonly message: string;
}

/**
 * Decides every gate again, from its counts, and the floor and the state as far as they follow from what is there. Rows
 * that somebody took out leave no trace but what the others say: who must not be cheated asks the judge.
 */
export function recheckVerdict(verdict: Verdict): Disagreement[] {
  return [
    ...verdict.gates.flatMap((gate) => recheckGate(gate, verdict)),
    ...recheckFloor(verdict),
    ...recheckState(verdict),
  ];
}

function recheckFloor({ floor, pairs, elapsedSeconds }: Verdict): Disagreement[] {
  if (!floor.met) return [];
  const found: Disagreement[] = [];
  const atLeast = (what: string, value: number, bound: number): void => {
    if (value >= bound) return;
    found.push({ place: 'floor', message: `met, and ${what} is ${value}, less than ${bound}` });
  };
  // The floors hold for each route, and for the time from the first pair to the newest.
  atLeast('pairs.comparable', pairs.comparable, floor.pairs);
  atLeast('elapsedSeconds', elapsedSeconds, Math.round(floor.elapsedSeconds));
  return found;
}

function recheckState({ state, gates, floor, score, hold }: Verdict): Disagreement[] {
  const found: Disagreement[] = [];
  const disagree = (message: string): void => void found.push({ place: 'state', message });
  const isReady = gates.length > 0 && gates.every((gate) => gate.state === 'passed');
  if (state === 'promote' && !(isReady && floor.met)) {
    disagree('promote, and not every gate and floor is met');
  }
  if ((state === 'hold') !== (hold !== undefined)) {
    disagree(`${state} ${hold === undefined ? 'without' : 'with'} a reason to hold`);
  }
  if (score !== scores[state]) disagree(`${state} with a score of ${score}`);
  return found;
}

function recheckGate(gate: GateRow, { alpha }: Verdict): Disagreement[] {
  const { id, route, label, direction, range, lnE, need, note } = gate;
  const place = [id, route, label, direction].filter((part) => part !== undefined).join(' ');
  const counts = Object.entries(gate.counts).map(
    ([value, count]) => [Number(value), count] as const,
  );
  const found: Disagreement[] = [];
  const compare = (
    what: string,
    stated: number | undefined,
    recomputed: number | undefined,
  ): void => {
    if (isClose(stated, recomputed)) return;
    found.push({ place, message: `${what} is ${stated}, and ${recomputed} by its counts` });
  };
  const { promote, reject } = evidenceOf({ ...gate, counts });
  const [lower, upper] = confidenceSequence(counts, range, 0.05);
  compare('lnE.promote', lnE.promote, promote);
  compare('lnE.reject', lnE.reject, reject);
  compare('estimate', gate.estimate, meanOf(counts));
  compare('cs95[0]', gate.cs95[0], lower);
  compare('cs95[1]', gate.cs95[1], upper);
  compare('need.promote', need.promote, Math.log(1 / alpha.promote));
  if (need.reject < Math.log(1 / alpha.reject) - 1e-9) {
    found.push({
      place,
      message: `need.reject is ${need.reject}, less than one claim alone needs`,
    });
  }
  const state = note === undefined ? gateStateOf({ promote, reject }, need) : 'open';
  if (state !== gate.state)
    found.push({ place, message: `${gate.state}, and ${state} by its counts` });
  return found;
}

function isClose(one: number | undefined, other: number | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Math.abs(one - other) <= 1e-6 * Math.max(1, Math.abs(one), Math.abs(other));
}

function isGateRow(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const {
    id,
    route,
    label,
    direction,
    kind,
    margin,
    range,
    counts,
    unattributed,
    estimate,
    cs95,
    lnE,
    need,
    state,
    note,
  } = value;
  return (
    typeof id === 'string' &&
    typeof route === 'string' &&
    isTextOrAbsent(label) &&
    isTextOrAbsent(direction) &&
    isTextOrAbsent(note) &&
    kind === 'below' &&
    isShare(margin) &&
    Array.isArray(range) &&
    range.length === 2 &&
    range.every(Number.isFinite) &&
    range[0] < range[1] &&
    isRecord(counts) &&
    Object.entries(counts).every(
      ([name, count]) => isWithin(Number(name), range as [number, number]) && isAmount(count),
    ) &&
    (unattributed === undefined || isAmount(unattributed)) &&
    (estimate === undefined || Number.isFinite(estimate)) &&
    Array.isArray(cs95) &&
    cs95.length === 2 &&
    cs95.every(Number.isFinite) &&
    isEvidence(lnE) &&
    isEvidence(need) &&
    (state === 'open' || state === 'passed' || state === 'failed')
  );
}

function isEvidence(value: unknown): boolean {
  return isRecord(value) && Number.isFinite(value['promote']) && Number.isFinite(value['reject']);
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value <= 1;
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isWithin(value: number, [least, largest]: readonly [number, number]): boolean {
  return value >= least && value <= largest;
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}
