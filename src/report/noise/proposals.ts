/**
 * Rules of comparison that the counts of `/v1/noise` speak for. With a control, what live itself does not vary in is
 * never passed over, whatever the shadow does there. Without one, only what is new in each answer of any service is: ids,
 * the time, counters. Where a route predicts, nothing but a tolerance is proposed. Nothing is applied by itself.
 */
import { judgeByControl } from './by-control.ts';
import { judgeByForm } from './by-form.ts';
import { evidenceOf } from './evidence.ts';
import { leastSeen, leastShare, patternOf, type Judging, type Proposal } from './proposal.ts';
import { reorderings, type Reordering } from './reordering.ts';
import type { RouteNoise } from './report.ts';
import { meetsPrediction } from './prediction-places.ts';

export interface RouteProposals {
  readonly route: string;
  /** Whose differences the proposals come from; `none`: there are not enough pairs yet. */
  readonly basis: 'control' | 'shadow' | 'none';
  readonly proposals: readonly Proposal[];
  /** What was seen and not proposed, and why. */
  readonly notes: readonly string[];
}

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
  const reordered = reorderings(noise, basis, leastSeen);
  const judging: Judging = { noise, minPairs, reordered };
  const judged = [
    ...reordered.map((reordering) => judgeOrder(reordering, judging, hasControl)),
    ...noise.groups
      .filter(({ group }) => !reordered.some(({ array }) => array === group))
      .map((group) => (hasControl ? judgeByControl : judgeByForm)(group, judging)),
  ];
  const proposals = judged.filter((found) => typeof found === 'object');
  const notes = judged.filter((found) => typeof found === 'string');
  return {
    route,
    basis,
    proposals: withoutCovered(proposals),
    notes: [...notes, ...orderNotes(proposals, reordered), ...cuts(noise)],
  };
}

/** Held against other items, the items of an array do not show what else varies in them. */
function orderNotes(proposals: readonly Proposal[], reordered: readonly Reordering[]): string[] {
  const ofItems = reordered.filter(({ array, shownBy }) => shownBy !== array);
  const arrays = proposals
    .filter(({ rule, place }) => {
      return rule === 'unordered' && ofItems.some(({ array }) => patternOf(array) === place);
    })
    .map(({ place }) => place);
  if (arrays.length === 0) return [];
  return [
    `what else varies in the items of ${arrays.join(', ')} shows once their order is passed over: calibrate again with these rules in force`,
  ];
}

function cuts({ groupsBeyond, control, shadow }: RouteNoise): string[] {
  const notes: string[] = [];
  if (groupsBeyond > 0) {
    notes.push(`${groupsBeyond} differences were in groups beyond those that are kept`);
  }
  for (const [name, side] of Object.entries({ control, shadow })) {
    if (side.cut === 0) continue;
    notes.push(
      `${side.cut} pairs with the ${name} had more differences than are kept, so that some counts are too low`,
    );
  }
  return notes;
}

/** An array whose items come in another order, by what shows it. */
function judgeOrder(
  { array, shownBy, moved, of }: Reordering,
  { noise, minPairs }: Judging,
  hasControl: boolean,
): Proposal | string | undefined {
  const place = patternOf(array);
  const group = noise.groups.find((other) => other.group === shownBy);
  if (place === undefined || group === undefined) return undefined;
  if (!hasControl && group.shadow.differed < minPairs) return undefined;
  const counted = evidenceOf(group, noise);
  const evidence =
    shownBy === array
      ? counted
      : `${shownBy} ${counted}; in ${moved} of ${of} its values only changed places`;
  const no = (why: string): string => `${array}: ${evidence}; ${why}`;
  if (meetsPrediction(place, noise.prediction)) {
    return no('this is what the route predicts: no rule is proposed');
  }
  if (hasControl && (group.control.share?.low ?? 0) < leastShare) {
    return no('too rare to pass over: no rule is proposed');
  }
  const warnings = hasControl
    ? []
    : ['whether live itself has another order each time is not known without a control'];
  return { rule: 'unordered', place, evidence, warnings };
}

/** What a rule holds for needs no second one below it. */
function withoutCovered(proposals: readonly Proposal[]): Proposal[] {
  const ignored = proposals.filter(({ rule }) => rule === 'ignore').map(({ place }) => place);
  return proposals.filter(
    ({ rule, place }) =>
      rule === 'header' || !ignored.some((outer) => place.startsWith(`${outer}/`)),
  );
}
