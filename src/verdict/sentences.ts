/**
 * The verdict in words: why it is what it is, and the one thing to do now. Plain, and never more certain than the
 * counts are.
 */
import { unreadRoute } from '../exchange/outcome.ts';
import type { Rejection } from '../report/tally.ts';
import type { Decision, HoldReason } from './decision.ts';
import { meanOf, totalOf } from './evidence.ts';
import { morePairsOf, type GateNote, type GateResult } from './gates.ts';
import type { VerdictSettings } from './settings.ts';
import type { Outlook } from './summary.ts';

export interface Words {
  readonly reason: string;
  readonly next: string;
}

export function wordsOf(
  decision: Decision,
  settings: VerdictSettings,
  outlook: Outlook,
  rejected: Rejection | undefined,
): Words {
  switch (decision.state) {
    case 'promote':
      return promoteWords(decision, settings);
    case 'reject':
      return {
        reason: rejected?.reason ?? (decision.gate ? failureOf(decision.gate) : 'Rejected.'),
        next: 'Do not promote. Look at the differing pairs of that route and repair the shadow: a new version of it begins a new experiment.',
      };
    case 'hold':
      return holdWords(decision.hold, decision.gate, decision.route, decision, settings);
    case 'collecting':
      return collectingWords(decision, settings, outlook);
  }
}

/** Why a gate has failed, as a sentence. */
export function failureOf(gate: GateResult): string {
  return `${subjectOf(gate)} is above its margin of ${percent(gate.margin)}: ${percent(meanOf(gate.counts) ?? 0)} in ${whole(totalOf(gate.counts))} pairs.`;
}

function promoteWords({ gates, routes, elapsedMs }: Decision, { scope }: VerdictSettings): Words {
  const pairs = routes.reduce((sum, { comparable }) => sum + comparable, 0);
  const margins = gates.length === 1 ? 'the one gate is' : `all ${gates.length} gates are`;
  return {
    reason: `Ready for a canary: ${margins} shown to be within the margins by ${whole(pairs)} compared pairs in ${duration(elapsedMs)}.`,
    next:
      scope === 'fleet'
        ? 'Start a canary with a small share of real traffic: users, feedback and full load are not part of what a shadow shows.'
        : 'This is the verdict of one replica: with several, ask the judge of the fleet (twinspan verdict serve). With one, start a canary with a small share of real traffic.',
  };
}

function holdWords(
  hold: HoldReason,
  gate: GateResult | undefined,
  route: string | undefined,
  { gates }: Decision,
  { horizonMs }: VerdictSettings,
): Words {
  const subject = gate === undefined ? 'A gate' : subjectOf(gate);
  switch (hold) {
    case 'horizon': {
      const open = gates.filter(({ state }) => state !== 'passed').length;
      return {
        reason: `Undecided after ${duration(horizonMs)}: ${open} of ${gates.length} gates are not shown to be within their margins, or a floor is not met.`,
        next: 'Decide by hand from the gates below, or widen a margin that is too narrow for this traffic, which begins a new attempt.',
      };
    }
    case 'futile':
      return {
        reason: `${subject} lies so near its margin that more pairs will hardly decide it.`,
        next: 'Decide by hand whether that is good enough, or change the margin, which begins a new attempt.',
      };
    case 'coverage':
      return {
        reason: gate === undefined ? 'Too many exchanges gave no usable pair.' : failureOf(gate),
        next: 'Find out why exchanges are dropped or incomparable (the outcomes in /status), and give the shadow more room or sample less.',
      };
    case 'superseded':
      return {
        reason: 'Another experiment has taken its place: versions, rules or gates have changed.',
        next: 'Ask for the verdict of the current experiment.',
      };
    case 'conflict':
      return {
        reason: `The counts of ${route ?? 'a route'} contradict each other: what was answered, covered and compared does not add up.`,
        next: 'Look at where the counts come from: a counter may be missing, or be another one of the same name.',
      };
    case 'evidence_overflow':
      return {
        reason:
          'Too many exchanges were open at once to count them in order, so the counts may look better than they are.',
        next: 'Sample less or give the shadow a shorter timeout, and begin a new experiment.',
      };
  }
}

function collectingWords(
  decision: Extract<Decision, { state: 'collecting' }>,
  { floor }: VerdictSettings,
  { morePairs, moreMs }: Outlook,
): Words {
  const { routes, gates, observedMs, standing } = decision;
  if (standing === 'too_few') {
    return {
      reason: 'Less than 1 % of the pairs of the last five minutes are of this experiment.',
      next: 'Wait until it gets more traffic: below 1 % it is reported and not judged.',
    };
  }
  if (routes.every(({ traffic }) => traffic === 0)) {
    return {
      reason: 'No pair has been counted yet.',
      next: 'Send traffic through Envoy, and see in /status what becomes of it.',
    };
  }
  if (gates.length === 0) {
    return {
      reason: 'Every gate is off, so there is nothing to judge by.',
      next: 'State a margin in verdict.margins.',
    };
  }
  const stuck = gates.find(({ note }) => note !== undefined && note !== 'burn_in');
  if (stuck?.note !== undefined) {
    return {
      reason: `${subjectOf(stuck)} cannot be judged: ${noteOf(stuck.note)}.`,
      next: remedyOf(stuck),
    };
  }
  const next = waiting(morePairs, moreMs);
  const short = routes.find(({ comparable }) => comparable < floor.pairs);
  const open = slowest(gates);
  if (open !== undefined) {
    if (open.note === 'burn_in') {
      return {
        reason: `${subjectOf(open)} has no count yet: the first requests show what it is held against.`,
        next,
      };
    }
    const needed = morePairsOf(open);
    const more =
      needed === undefined ? 'not within it so far' : `needs about ${whole(needed)} more pairs`;
    return {
      reason: `${subjectOf(open)} is not shown to be below its margin of ${percent(open.margin)} yet: ${more}.`,
      next,
    };
  }
  if (short !== undefined) {
    return {
      reason: `Every gate is passed, and ${short.name} has ${whole(short.comparable)} of at least ${whole(floor.pairs)} compared pairs.`,
      next,
    };
  }
  return {
    reason: `Every gate is passed, and pairs came over ${duration(observedMs)} of at least ${duration(floor.elapsedMs)}.`,
    next: `Wait another ${duration(floor.elapsedMs - observedMs)}: traffic by day and by night differs.`,
  };
}

/** The open gate that takes longest, one that will never pass first. */
function slowest(gates: readonly GateResult[]): GateResult | undefined {
  const far = (gate: GateResult): number =>
    gate.note === 'burn_in' ? Number.MAX_VALUE : (morePairsOf(gate) ?? Number.POSITIVE_INFINITY);
  return gates
    .filter(({ state }) => state !== 'passed')
    .reduce<GateResult | undefined>(
      (most, gate) => (most === undefined || far(gate) > far(most) ? gate : most),
      undefined,
    );
}

function waiting(morePairs: number | undefined, moreMs: number | undefined): string {
  if (morePairs === undefined) {
    return 'Wait for more pairs. As things stand it will not pass: look at the pairs that speak against it.';
  }
  const time = moreMs === undefined ? '' : `, ${duration(moreMs)} at the rate so far`;
  return `Wait for about ${whole(morePairs)} more pairs${time}.`;
}

/** What a gate's note says, to go on after a colon. */
function noteOf(note: GateNote): string {
  switch (note) {
    case 'burn_in':
      return 'the first requests are still being looked at';
    case 'differing':
      return 'its counts come from replicas that measured against different live answers';
    case 'not_configured':
      return 'over a whole fleet what it is held against must be in the configuration';
  }
}

function remedyOf({ id }: GateResult): string {
  return id === 'prediction_drift'
    ? 'List the labels of the route in prediction.labels.'
    : 'State verdict.latency.threshold in the configuration.';
}

function subjectOf({ id, route, label, direction }: GateResult): string {
  const on = route.startsWith('~') ? routeInWords(route) : `on ${route}`;
  switch (id) {
    case 'errors':
      return `The share of errors that the shadow has and live has not, ${on},`;
    case 'contract':
      return `The share of broken contracts (status class, types, keys) ${on}`;
    case 'mismatch':
      return `The share of answers that differ ${on}`;
    case 'latency_p95':
    case 'latency_p99':
      return `The share of slow answers of the shadow beyond those of live (at ${id.slice('latency_'.length)}) ${on}`;
    case 'prediction_drift':
      return `The change of predictions${drift(label, direction)} ${on}`;
    case 'quality':
      return `The share of correct predictions lost ${on}`;
    case 'coverage':
      return `The share of exchanges without a usable pair ${on}`;
  }
}

function drift(label: string | undefined, direction: GateResult['direction']): string {
  if (label === undefined) return '';
  if (label === '~score') return direction === 'more' ? ' to higher scores' : ' to lower scores';
  const named = label === '~other' ? 'other labels' : `"${label}"`;
  return ` to ${direction === 'less' ? 'fewer' : 'more'} ${named}`;
}

function routeInWords(route: string): string {
  return route === unreadRoute ? 'of all that reached twinspan' : 'on the small routes together';
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function whole(count: number): string {
  return Math.ceil(count).toLocaleString('en-US');
}

function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
