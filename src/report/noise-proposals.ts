/**
 * Rules of comparison that the counts of `/v1/noise` speak for. With a control, what live itself does not vary in is
 * never passed over, whatever the shadow does there. Without one, only what is new in each answer of any service is: ids,
 * the time, counters. Where a route predicts, nothing but a tolerance is proposed. Nothing is applied by itself.
 */
import { meetsPrediction } from './prediction-places.ts';
import type { GroupNoise, GroupSide, RouteNoise } from './noise-report.ts';

export type Proposal = {
  /** Pattern of a place, or the name of a header. */
  readonly place: string;
  /** What was counted, in words. */
  readonly evidence: string;
  /** What the rule would hide beside noise. */
  readonly warnings: readonly string[];
} & (
  | { readonly rule: 'ignore' | 'unordered' | 'timestamp' | 'uuid' }
  | { readonly rule: 'tolerance'; readonly relative: number }
  /** No longer compared. */
  | { readonly rule: 'header' }
);

export interface RouteProposals {
  readonly route: string;
  /** Whose differences the proposals come from; `none`: there are not enough pairs yet. */
  readonly basis: 'control' | 'shadow' | 'none';
  readonly proposals: readonly Proposal[];
  /** What was seen and not proposed, and why. */
  readonly notes: readonly string[];
}

/** Live differs from itself at a place when the share of pairs in which it does is surely above this. */
const leastShare = 0.01;
/** Of the values that differ, how many must look volatile: the first of a place never does. */
const leastVolatile = 0.9;
/** Requests that are under way at once are counted in another order than they begin. */
const leastRising = 0.8;
/** Numbers of live and live that are further apart are no rounding. */
const largestTolerance = 0.01;
/** Of live and another version: what single precision and the order of additions do, and not much more. */
const largestShadowTolerance = 1e-5;
const maxSegments = 30;

/** @param minPairs fewer pairs propose nothing */
export function proposeRules(noise: RouteNoise, minPairs: number): RouteProposals {
  const { route, control, shadow } = noise;
  const hasControl = control.pairs > 0;
  const basis = hasControl ? 'control' : 'shadow';
  const pairs = hasControl ? control.pairs : shadow.pairs;
  if (pairs < minPairs) {
    const note = `too little data: ${pairs} ${pairs === 1 ? 'pair' : 'pairs'} with the ${basis}, at least ${minPairs} are needed (--min-pairs)`;
    return { route, basis: 'none', proposals: [], notes: [note] };
  }
  const proposals: Proposal[] = [];
  const notes: string[] = [];
  for (const group of noise.groups) {
    const judged = hasControl ? judgeByControl(group, noise) : judgeByForm(group, noise, minPairs);
    if (judged === undefined) continue;
    if (typeof judged === 'string') notes.push(judged);
    else proposals.push(judged);
  }
  if (noise.groupsBeyond > 0) {
    notes.push(`${noise.groupsBeyond} differences were in groups beyond those that are kept`);
  }
  for (const [name, side] of Object.entries({ control, shadow })) {
    if (side.cut === 0) continue;
    notes.push(
      `${side.cut} pairs with the ${name} had more differences than are kept, so that some counts are too low`,
    );
  }
  return {
    route,
    basis,
    proposals: withoutCovered(proposals),
    notes: [...notes, ...orderNotes(proposals)],
  };
}

/** Items that came in another order, and have ids of their own, differ in all that they hold. */
function orderNotes(proposals: readonly Proposal[]): string[] {
  const ignoredIn = new Map<string, number>();
  for (const { rule, place } of proposals) {
    const end = place.lastIndexOf('/*/');
    if (rule !== 'ignore' || end === -1) continue;
    const array = place.slice(0, end);
    ignoredIn.set(array, (ignoredIn.get(array) ?? 0) + 1);
  }
  return [...ignoredIn]
    .filter(([, fields]) => fields > 1)
    .map(
      ([array]) =>
        `several fields of the items of ${array === '' ? 'the whole answer' : array} vary: if their order means nothing, try unordered or keyed for it before these ignore rules`,
    );
}

/** A proposal, a text that says why there is none, or undefined when live does not vary here. */
function judgeByControl(group: GroupNoise, noise: RouteNoise): Proposal | string | undefined {
  const { control } = group;
  if (control.differed === 0) return undefined;
  const evidence = evidenceOf(group, noise);
  const no = (why: string): string => `${group.group}: ${evidence}; ${why}`;
  if ((control.share?.low ?? 0) < leastShare) {
    return no('too rare to pass over: no rule is proposed');
  }
  const header = /^(?:header|trailer):(.+)$/s.exec(group.group)?.[1];
  if (header !== undefined) return judgeHeader(header, group, noise, evidence);
  if (group.group === 'status') return no('no rule passes over a status: live itself is unsteady');
  if (group.group === 'body') {
    return no('a rule for the whole body would leave nothing to compare: write it by hand if so');
  }
  const place = patternOf(group.group);
  if (place === undefined) return no('the place is too deep for a pattern');
  const closeness = closenessOf(control, largestTolerance);
  if (closeness !== undefined && !isLabel(place, noise)) {
    return { rule: 'tolerance', place, relative: closeness, evidence, warnings: [] };
  }
  if (meetsPrediction(place, noise.prediction)) {
    return no('this is what the route predicts: no rule is proposed');
  }
  const rule = ruleOfForm(control) ?? 'ignore';
  const warnings = rule === 'ignore' ? warningsOf(group, noise) : [];
  return { rule, place, evidence, warnings };
}

/** Without a control: what is new in each answer by its form, of the shadow's differences. */
function judgeByForm(
  group: GroupNoise,
  noise: RouteNoise,
  minPairs: number,
): Proposal | string | undefined {
  const { shadow } = group;
  const place = patternOf(group.group);
  if (shadow.differed < minPairs || !group.group.startsWith('/') || place === undefined) {
    return undefined;
  }
  const evidence = evidenceOf(group, noise);
  const closeness = closenessOf(shadow, largestShadowTolerance);
  if (closeness !== undefined && !isLabel(place, noise)) {
    const warnings = [
      'live against the shadow: this passes over how far the versions are apart, not what live varies by',
    ];
    return { rule: 'tolerance', place, relative: closeness, evidence, warnings };
  }
  const rule = ruleOfForm(shadow) ?? (isVolatile(shadow) ? 'ignore' : undefined);
  if (rule === undefined) return undefined;
  if (meetsPrediction(place, noise.prediction)) {
    return `${group.group}: ${evidence}; this is what the route predicts: no rule is proposed`;
  }
  const warnings = rule === 'ignore' ? warningsOf(group, noise) : [];
  if (rule === 'unordered') {
    warnings.push('whether live itself has another order each time is not known without a control');
  }
  return { rule, place, evidence, warnings };
}

function judgeHeader(
  name: string,
  group: GroupNoise,
  { compare }: RouteNoise,
  evidence: string,
): Proposal | string {
  if (!compare.headers.includes(name)) {
    return `${group.group}: ${evidence}; it is compared because compare.headers has "*": list the headers by name to leave it out`;
  }
  const warnings =
    name === 'content-type' ? ['hides contract differences: another content type is one'] : [];
  return { rule: 'header', place: name, evidence, warnings };
}

/** Labels are the same or they are not. */
function isLabel(place: string, { prediction }: RouteNoise): boolean {
  return prediction?.label !== undefined && meetsPrediction(place, { label: prediction.label });
}

/** A rule that passes over these differences alone and still checks the form. */
function ruleOfForm(side: GroupSide): 'unordered' | 'timestamp' | 'uuid' | undefined {
  const kinds = Object.keys(side.kinds);
  if (kinds.length !== 1) return undefined;
  if (kinds[0] === 'order') return 'unordered';
  if (kinds[0] !== 'value') return undefined;
  for (const form of ['timestamp', 'uuid'] as const) {
    if (shareOfValues(side, side.volatility[form]) >= leastVolatile) return form;
  }
  return undefined;
}

function isVolatile(side: GroupSide): boolean {
  const { identifier, counter } = side.volatility;
  if (Object.keys(side.kinds).join() !== 'value') return false;
  return (
    shareOfValues(side, identifier) >= leastVolatile || shareOfValues(side, counter) >= leastRising
  );
}

function shareOfValues({ values }: GroupSide, count = 0): number {
  return values === 0 ? 0 : count / values;
}

/** The tolerance within which all numbers here are, when they are close. */
function closenessOf(side: GroupSide, largest: number): number | undefined {
  const { kinds, values, measured, maxRelativeDistance: distance } = side;
  if (Object.keys(kinds).join() !== 'value' || measured < values) return undefined;
  return distance === null || distance > largest ? undefined : roundedUp(distance);
}

/** To one digit. */
function roundedUp(distance: number): number {
  const unit = 10 ** Math.floor(Math.log10(distance));
  return Number((Math.ceil(distance / unit - 1e-9) * unit).toPrecision(1));
}

/** The group as a pattern: an index and a key that is data are any. */
function patternOf(group: string): string | undefined {
  const segments = group.split('/').slice(1);
  if (segments.length > maxSegments) return undefined;
  return segments.map((segment) => `/${segment === '{key}' ? '*' : segment}`).join('');
}

/** What else an `ignore` at the place of this group hides: it holds for all below as well. */
function warningsOf({ group }: GroupNoise, { groups }: RouteNoise): string[] {
  const hidden = groups.filter(
    (other) => other.group === group || other.group.startsWith(`${group}/`),
  );
  const contract = hidden.filter(({ control, shadow }) => control.contract + shadow.contract > 0);
  const warnings: string[] = [];
  if (contract.length > 0) {
    const seen = contract
      .slice(0, 3)
      .map(
        (other) =>
          `${other.group} in ${other.control.contract} pairs with the control and ${other.shadow.contract} with the shadow`,
      );
    const more = contract.length > 3 ? `, and ${contract.length - 3} more` : '';
    warnings.push(`hides contract differences: ${seen.join(', ')}${more}`);
  }
  return warnings;
}

/** What a rule holds for needs no second one below it. */
function withoutCovered(proposals: readonly Proposal[]): Proposal[] {
  const ignored = proposals.filter(({ rule }) => rule === 'ignore').map(({ place }) => place);
  return proposals.filter(
    ({ rule, place }) =>
      rule === 'header' || !ignored.some((outer) => place.startsWith(`${outer}/`)),
  );
}

/** `differed in 412 of 412 pairs with the control (99.1 to 100 %), 7830 of 7830 with the shadow`. */
function evidenceOf(group: GroupNoise, noise: RouteNoise): string {
  const sides = (['control', 'shadow'] as const)
    .filter((side) => noise[side].pairs > 0)
    .map((side) => {
      const { differed, share, kinds } = group[side];
      const interval = share === null ? '' : ` (${percent(share.low)} to ${percent(share.high)} %)`;
      const how = Object.keys(kinds).length === 0 ? '' : `, by ${Object.keys(kinds).join(', ')}`;
      return `${differed} of ${noise[side].pairs} pairs with the ${side}${interval}${how}`;
    });
  return `differed in ${sides.join('; ')}`;
}

function percent(share: number): string {
  return String(Math.round(share * 1000) / 10);
}
