/**
 * May the shadow be promoted? The noun that answers it, `twinspan.verdict/1`: a function of the counts, the
 * configuration and the time. Every number that a gate was decided by is in it, so that anybody can decide it again.
 */
import {
  exchangesOf,
  type DeploymentVersion,
  type Experiment,
  type Rejection,
} from '../report/tally.ts';
import { decide, isFloorMet, type HoldReason } from './decision.ts';
import { confidenceSequence, meanOf } from './evidence.ts';
import {
  attemptOf,
  morePairsOf,
  promoteAlpha,
  rejectAlpha,
  type GateNote,
  type GateResult,
  type GateState,
} from './gates.ts';
import type { GateName, VerdictSettings } from './settings.ts';
import { failureOf, wordsOf } from './sentences.ts';
import { chosenOf, currentOf, standingOf, type ExperimentChoice } from './standing.ts';
import { outlookOf, pairsOf, warningsOf, type PairTotals, type Warning } from './summary.ts';

export type VerdictState = 'collecting' | 'promote' | 'hold' | 'reject';

/** Names are those of the JSON. */
export interface Verdict {
  readonly schema: 'twinspan.verdict/1';
  readonly scope: 'replica' | 'fleet';
  readonly state: VerdictState;
  /** 100, 50 (hold), 25 (collecting) or 0. */
  readonly score: number;
  readonly reason: string;
  /** Only of `hold`. */
  readonly hold?: { readonly reason: HoldReason };
  /** The one thing to do now. */
  readonly next: string;
  /** Absent when nothing has been counted of any experiment. */
  readonly experiment?: {
    readonly id: string;
    readonly attempt: number;
    readonly startedAt?: string;
    readonly live: DeploymentVersion;
    readonly shadow: DeploymentVersion;
    readonly current: boolean;
  };
  readonly pairs: PairTotals;
  readonly elapsedSeconds: number;
  /** Chances of a wrong promotion and of a wrong rejection, at this attempt. */
  readonly alpha: { readonly promote: number; readonly reject: number };
  readonly floor: {
    readonly pairs: number;
    readonly elapsedSeconds: number;
    readonly met: boolean;
  };
  /** More pairs, and seconds at the rate so far; only of `collecting`, where it can be told. */
  readonly eta?: { readonly pairs: number; readonly seconds?: number };
  readonly gates: readonly GateRow[];
  /** Side by side, the current one first. */
  readonly experiments: readonly {
    readonly id: string;
    readonly pairs: number;
    readonly recentPairs: number;
    readonly judged: boolean;
  }[];
  readonly warnings: readonly Warning[];
}

export interface GateRow {
  readonly id: GateName;
  readonly route: string;
  readonly label?: string;
  readonly direction?: 'more' | 'less';
  readonly kind: 'below';
  readonly margin: number;
  readonly range: readonly [number, number];
  /** By value; fractions where a value was split between two. */
  readonly counts: Readonly<Record<string, number>>;
  /** As of `GateResult`; they are not in `counts`. */
  readonly unattributed?: number;
  readonly estimate?: number;
  readonly cs95: readonly [number, number];
  readonly lnE: { readonly promote: number; readonly reject: number };
  readonly need: { readonly promote: number; readonly reject: number };
  readonly state: GateState;
  readonly note?: GateNote;
  readonly etaPairs?: number;
}

export interface Judgement extends ExperimentChoice {
  readonly settings: VerdictSettings;
  /** Unix milliseconds. */
  readonly now: number;
  /** Only the gates of this route are listed; the state is that of all. */
  readonly route?: string;
}

/** 75 and more is a promotion, and nothing else is. */
export const scores: Readonly<Record<VerdictState, number>> = {
  promote: 100,
  hold: 50,
  collecting: 25,
  reject: 0,
};

export function judge(judgement: Judgement): Verdict {
  const { settings, now } = judgement;
  const chosen = chosenOf(judgement);
  if (chosen === undefined) return nothingCounted(judgement);
  const { tally, standing } = chosen;
  const decision = decide(tally, settings, now, standing);
  const outlook = outlookOf(decision, settings);
  const words = wordsOf(decision, settings, outlook, tally.rejected);
  const gates = decision.gates.filter(
    ({ route }) => judgement.route === undefined || route === judgement.route,
  );
  return {
    schema: 'twinspan.verdict/1',
    scope: settings.scope,
    state: decision.state,
    score: scores[decision.state],
    ...words,
    ...(decision.state === 'hold' && { hold: { reason: decision.hold } }),
    experiment: {
      id: tally.experiment.id,
      attempt: attemptOf(tally, settings),
      ...(tally.firstAt !== undefined && { startedAt: new Date(tally.firstAt).toISOString() }),
      live: tally.experiment.live,
      shadow: tally.experiment.shadow,
      current: tally === currentOf(judgement),
    },
    pairs: pairsOf(tally, decision),
    elapsedSeconds: Math.round(decision.elapsedMs / 1000),
    alpha: { promote: promoteAlpha(tally, settings), reject: rejectAlpha },
    floor: floorOf(settings, isFloorMet(decision, settings)),
    ...(decision.state === 'collecting' &&
      outlook.morePairs !== undefined && {
        eta: {
          pairs: outlook.morePairs,
          ...(outlook.moreMs !== undefined && { seconds: Math.ceil(outlook.moreMs / 1000) }),
        },
      }),
    gates: gates.map(rowOf),
    experiments: experimentsOf(judgement),
    warnings: warningsOf(decision, settings, tally, judgement.route),
  };
}

/** The experiments that are rejected now and were not before, for the caller to keep: a rejection stays. */
export function newRejections(judgement: Judgement): [string, Rejection][] {
  const { active, settings, now } = judgement;
  return active.flatMap(({ tally }): [string, Rejection][] => {
    const { id } = tally.experiment;
    const decision = decide(tally, settings, now, standingOf(judgement, tally));
    if (decision.state !== 'reject' || decision.gate === undefined) return [];
    const { id: gate, route } = decision.gate;
    return [[id, { atUnixMs: now, gate, route, reason: failureOf(decision.gate) }]];
  });
}

/** How an experiment stands, without the numbers behind it, which take much longer to compute. */
export interface StandingState extends Pick<Verdict, 'state' | 'score'> {
  readonly experiment: Experiment;
  /** `Tally.overflowed`. */
  readonly overflowed: boolean;
}

export function standingStates(judgement: Judgement): StandingState[] {
  const { active, settings, now } = judgement;
  return active.map(({ tally }) => {
    const { state } = decide(tally, settings, now, standingOf(judgement, tally));
    const { experiment, overflowed } = tally;
    return { experiment, overflowed, state, score: scores[state] };
  });
}

function nothingCounted(judgement: Judgement): Verdict {
  const { settings, experiment, shadow, active } = judgement;
  const asked = [
    ...(experiment === undefined ? [] : [`with the id ${experiment}`]),
    ...(shadow === undefined ? [] : [`with shadow version ${shadow}`]),
  ].join(' ');
  const isUnknown = asked !== '' && active.length > 0;
  return {
    schema: 'twinspan.verdict/1',
    scope: settings.scope,
    state: 'collecting',
    score: scores.collecting,
    reason: isUnknown
      ? `Nothing has been counted of an experiment ${asked}.`
      : 'No pair has been counted yet.',
    next: isUnknown
      ? 'Look at the experiments that are running, or ask for the current one without naming any.'
      : 'Send traffic through Envoy, and see in /status what becomes of it.',
    pairs: { seen: 0, sampled: 0, sent: 0, answered: 0, comparable: 0, dropped: 0 },
    elapsedSeconds: 0,
    alpha: { promote: promoteAlpha({ attempt: 1 }, settings), reject: rejectAlpha },
    floor: floorOf(settings, false),
    gates: [],
    experiments: experimentsOf(judgement),
    warnings:
      asked === ''
        ? []
        : [{ code: 'unknown_experiment', detail: `there is no experiment ${asked}` }],
  };
}

function rowOf(gate: GateResult): GateRow {
  const { id, route, label, direction, margin, range, counts, lnE, need, state, note } = gate;
  const { unattributed } = gate;
  const etaPairs = morePairsOf(gate);
  const estimate = meanOf(counts);
  return {
    id,
    route,
    ...(label !== undefined && { label }),
    ...(direction && { direction }),
    kind: 'below',
    margin,
    range,
    counts: Object.fromEntries(counts.map(([value, count]) => [String(value), count])),
    ...(unattributed !== undefined && { unattributed }),
    ...(estimate !== undefined && { estimate }),
    cs95: confidenceSequence(counts, range, 0.05),
    lnE,
    need,
    state,
    ...(note && { note }),
    ...(etaPairs !== undefined && { etaPairs }),
  };
}

function floorOf({ floor }: VerdictSettings, met: boolean): Verdict['floor'] {
  return { pairs: floor.pairs, elapsedSeconds: floor.elapsedMs / 1000, met };
}

function experimentsOf(judgement: Judgement): Verdict['experiments'] {
  return judgement.active.map(({ tally, recent }) => ({
    id: tally.experiment.id,
    pairs: Object.values(tally.routes).reduce((sum, route) => sum + exchangesOf(route), 0),
    recentPairs: recent,
    judged: standingOf(judgement, tally) === 'judged',
  }));
}
