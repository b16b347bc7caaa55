/**
 * Without a control: which rule passes over what is new in each answer of any version by its form, from the differences
 * between live and the shadow.
 */
import { contractWarnings, evidenceOf } from './evidence.ts';
import { closenessOf, isDuration, isNullOrMissing, isVolatile, ruleOfForm } from './forms.ts';
import { leastDrawn, leastSeen, patternOf, type Judging, type Proposal } from './proposal.ts';
import { isInside } from './reordering.ts';
import type { GroupNoise, RouteNoise } from './report.ts';
import { isLabel, meetsPrediction } from './prediction-places.ts';

/** Of live and another version: what single precision and the order of additions do, and not much more. */
const largestShadowTolerance = 1e-5;

const withoutControl = 'whether live itself varies here is not known without a control';

/** A proposal, a text that says why there is none, or undefined when nothing looks volatile here. */
export function judgeByForm(
  group: GroupNoise,
  { noise, minPairs, reordered }: Judging,
): Proposal | string | undefined {
  const { shadow } = group;
  const place = patternOf(group.group);
  if (shadow.differed < minPairs || !group.group.startsWith('/') || place === undefined) {
    return undefined;
  }
  const evidence = evidenceOf(group, noise);
  const isElsewhere = isInside(group.group, reordered);
  const closeness = closenessOf(shadow, largestShadowTolerance);
  if (closeness !== undefined && !isElsewhere && !isLabel(place, noise.prediction)) {
    const warnings = [
      'live against the shadow: this passes over how far the versions are apart, not what live varies by',
    ];
    return {
      rule: 'tolerance',
      place,
      relative: closeness,
      evidence: `${evidence}, at most ${shadow.maxRelativeDistance} apart`,
      warnings,
    };
  }
  const proposal = proposalByForm(group, place, evidence, noise);
  if (proposal === undefined || (isElsewhere && proposal.warnings.length > 0)) return undefined;
  if (meetsPrediction(place, noise.prediction)) {
    return `${group.group}: ${evidence}; this is what the route predicts: no rule is proposed`;
  }
  return proposal;
}

function proposalByForm(
  group: GroupNoise,
  place: string,
  evidence: string,
  noise: RouteNoise,
): Proposal | undefined {
  const { shadow } = group;
  const rule = ruleOfForm(shadow);
  if (rule !== undefined) return { rule, place, evidence, warnings: [] };
  const warnings = contractWarnings(group, noise);
  if (isVolatile(shadow)) return { rule: 'ignore', place, evidence, warnings };
  if (isDuration(place, shadow) && (shadow.share?.value ?? 0) >= leastDrawn) {
    warnings.push(`a time that something took, by its name; ${withoutControl}`);
    return { rule: 'ignore', place, evidence, warnings };
  }
  const { missing = 0, extra = 0 } = shadow.kinds;
  // Each side has null at times: neither version has simply given up the key.
  const isEither = Math.min(missing, extra) >= leastSeen;
  if (isEither && isNullOrMissing(shadow)) {
    return { rule: 'nullEqualsMissing', place, evidence, warnings: [withoutControl] };
  }
  return undefined;
}
