/** What stands beside a proposed rule: what was counted, and what the rule would hide beside noise, in words. */
import type { GroupNoise, RouteNoise } from './report.ts';

/** `differed by value in 412 of 412 pairs with the control (99.1 to 100 %) and 7830 of 7830 with the shadow (…)`. */
export function evidenceOf(group: GroupNoise, noise: RouteNoise): string {
  const sides = (['control', 'shadow'] as const).filter((side) => noise[side].pairs > 0);
  const kinds = sides.map((side) => Object.keys(group[side].kinds).sort().join(', '));
  const told = kinds.filter((kind) => kind !== '');
  const together = new Set(told).size === 1 ? ` by ${told[0]}` : '';
  const counts = sides.map((side, index) => {
    const { differed, share } = group[side];
    const pairs = index === 0 ? `pairs with the ${side}` : `with the ${side}`;
    const interval = share === null ? '' : ` (${percent(share.low)} to ${percent(share.high)} %)`;
    const how = together === '' && kinds[index] !== '' ? ` by ${kinds[index]}` : '';
    return `${differed} of ${noise[side].pairs} ${pairs}${interval}${how}`;
  });
  return `differed${together} in ${counts.join(' and ')}`;
}

function percent(share: number): string {
  return String(Math.round(share * 1000) / 10);
}

/** Contract differences that an `ignore` at the place of this group hides: it holds for all below as well. */
export function contractWarnings({ group }: GroupNoise, { groups }: RouteNoise): string[] {
  const contract = groups.filter(
    (other) =>
      (other.group === group || other.group.startsWith(`${group}/`)) &&
      other.control.contract + other.shadow.contract > 0,
  );
  if (contract.length === 0) return [];
  const seen = contract
    .slice(0, 3)
    .map(
      (other) =>
        `${other.group} in ${other.control.contract} pairs with the control and ${other.shadow.contract} with the shadow`,
    );
  const more = contract.length > 3 ? `, and ${contract.length - 3} more` : '';
  return [`hides contract differences: ${seen.join(', ')}${more}`];
}

/** Of an `ignore` for values that have no form by which noise is told from a change. */
export function formlessWarnings({ group, control }: GroupNoise): string[] {
  const array = group.lastIndexOf('/*');
  const ofNumbers =
    control.measured > 0 ? `, of numbers up to ${control.maxRelativeDistance} apart` : '';
  return [
    `hides every change here${'length' in control.kinds ? ' and in all items' : ''}${ofNumbers}: these values have no form that tells noise from a change`,
    ...(array === -1
      ? []
      : [
          `if it is the order of ${group.slice(0, array) || 'the whole answer'} that varies, try unordered or keyed for it instead`,
        ]),
  ];
}
