/**
 * A verdict read from outside: a file, or an answer. Nothing is believed before its shape was looked at, since a state
 * decides what is rolled out; and by the counts in it every gate can be decided again.
 */
import { isRecord, jsonOf } from '../base/untrusted-json.ts';
import { logEvidence, meanOf } from '../verdict/evidence.ts';
import { gateStateOf } from '../verdict/gates.ts';
import type { GateRow, Verdict, VerdictState } from '../verdict/verdict.ts';

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

/** Decides every gate again, from its counts, and the state as far as it follows from the gates. */
export function recheckVerdict(verdict: Verdict): Disagreement[] {
  const disagreements = verdict.gates.flatMap((gate) => recheckGate(gate, verdict));
  const isReady =
    verdict.gates.length > 0 && verdict.gates.every(({ state }) => state === 'passed');
  if (verdict.state === 'promote' && !(isReady && verdict.floor.met)) {
    disagreements.push({
      place: 'state',
      message: 'promote, and not every gate and floor is met',
    });
  }
  return disagreements;
}

function recheckGate(gate: GateRow, { alpha }: Verdict): Disagreement[] {
  const { id, route, label, direction, margin, range, lnE, need, note } = gate;
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
  const claim = { margin, range: [range[0], range[1]] as const };
  const promote = logEvidence({ ...claim, direction: 'below' }, counts);
  const reject = logEvidence({ ...claim, direction: 'above' }, counts);
  compare('lnE.promote', lnE.promote, promote);
  compare('lnE.reject', lnE.reject, reject);
  compare('estimate', gate.estimate, meanOf(counts));
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
    estimate,
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
    (estimate === undefined || Number.isFinite(estimate)) &&
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
