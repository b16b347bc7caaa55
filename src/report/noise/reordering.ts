/**
 * Arrays whose items come in another order: those that differ by their order alone, and those of which the values of a
 * field only changed places. What else differs in the items of such an array says nothing as long as it is compared by
 * position, since other items are held against each other.
 */
import { leastVolatile } from './forms.ts';
import type { GroupSide, RouteNoise } from './report.ts';

export interface Reordering {
  /** As a group. */
  readonly array: string;
  /** The group whose values changed places; the array itself when only its order differs. */
  readonly shownBy: string;
  readonly moved: number;
  readonly of: number;
}

/** @param leastPairs in fewer pairs nothing is told */
export function reorderings(
  { groups }: RouteNoise,
  basis: 'control' | 'shadow',
  leastPairs: number,
): Reordering[] {
  const found = new Map<string, Reordering>();
  for (const { group, [basis]: side } of groups) {
    const array = movedArray(side, leastPairs);
    if (array === undefined) continue;
    const { [array]: moved = 0 } = side.moved;
    if (moved > (found.get(array)?.moved ?? 0)) {
      found.set(array, { array, shownBy: group, moved, of: side.placed });
    }
  }
  for (const { group, [basis]: side } of groups) {
    const { order = 0 } = side.kinds;
    if (order < leastPairs || Object.keys(side.kinds).length > 1) continue;
    found.set(group, { array: group, shownBy: group, moved: order, of: side.differed });
  }
  return [...found.values()].sort((one, other) => (one.array < other.array ? -1 : 1));
}

/** The innermost array in whose items the values of a group changed places nearly always. */
function movedArray({ moved, placed }: GroupSide, leastPairs: number): string | undefined {
  if (placed < leastPairs) return undefined;
  return Object.keys(moved)
    .filter((array) => moved[array]! / placed >= leastVolatile)
    .sort((one, other) => other.length - one.length)[0];
}

/** Whether a group is something in the items of one of these arrays. */
export function isInside(group: string, arrays: readonly Reordering[]): boolean {
  return arrays.some(({ array }) => group.startsWith(`${array}/*`));
}
