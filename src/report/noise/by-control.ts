/** With a control: which rule passes over what live itself varies in at a place, and what that would hide. */
import { contractWarnings, evidenceOf, formlessWarnings } from './evidence.ts';
import { closenessOf, isDuration, isNullOrMissing, isVolatile, ruleOfForm } from './forms.ts';
import {
  leastDrawn,
  leastSeen,
  leastShare,
  patternOf,
  type Judging,
  type Proposal,
} from './proposal.ts';
import { isInside } from './reordering.ts';
import type { GroupNoise, GroupSide, RouteNoise } from './report.ts';
import { isLabel, meetsPrediction } from './prediction-places.ts';

/** Numbers of live and live that are further apart are no rounding. */
const largestTolerance = 0.01;
/** A tolerance above it may pass over what a person would call another number. */
const noticeableTolerance = 1e-4;

/** A proposal, a text that says why there is none, or undefined when live does not vary here. */
export function judgeByControl(
  group: GroupNoise,
  { noise, reordered }: Judging,
): Proposal | string | undefined {
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
  const isElsewhere = isInside(group.group, reordered);
  const isLoose = isUntold(group.group, control);
  const closeness = closenessOf(control, isLoose ? noticeableTolerance : largestTolerance);
  if (closeness !== undefined && !isElsewhere && !isLabel(place, noise.prediction)) {
    const warnings =
      closeness > noticeableTolerance
        ? ['live itself is this unsteady: a change within the tolerance is no longer seen']
        : [];
    return {
      rule: 'tolerance',
      place,
      relative: closeness,
      evidence: `${evidence}, at most ${control.maxRelativeDistance} apart`,
      warnings,
    };
  }
  if (meetsPrediction(place, noise.prediction)) {
    return no('this is what the route predicts: no rule is proposed');
  }
  const rule = ruleOfForm(control);
  if (rule !== undefined) return { rule, place, evidence, warnings: [] };
  if (isVolatile(control)) {
    return { rule: 'ignore', place, evidence, warnings: contractWarnings(group, noise) };
  }
  if (isElsewhere) return undefined;
  if (isNullOrMissing(control)) return { rule: 'nullEqualsMissing', place, evidence, warnings: [] };
  const warnings = contractWarnings(group, noise);
  if (isDuration(place, control) && (control.share?.value ?? 0) >= leastDrawn) {
    return { rule: 'ignore', place, evidence, warnings };
  }
  if (isLoose) {
    return no(
      'with so many differences in a pair it cannot be told whether only the order of items varies: paste the rules below and calibrate again, or try unordered or keyed',
    );
  }
  return { rule: 'ignore', place, evidence, warnings: [...warnings, ...formlessWarnings(group)] };
}

/** Whether values of items differ that are not known well enough to see that they only changed places. */
function isUntold(group: string, { kinds, placed }: GroupSide): boolean {
  const isLone = 'missing' in kinds || 'extra' in kinds || 'length' in kinds;
  return group.includes('/*') && !isLone && placed < leastSeen;
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
