/**
 * Counts what one pair shows of one group of differences: how it differs, and what the values tell of why, as far as the
 * comparison lets that out: hints, distances, and keyed hashes by which equal values are known.
 */
import type { Difference } from '../../comparison/comparison.ts';
import type { GroupCell } from './report.ts';

/** @param differences those of one pair in the group of the cell, at least one */
export function addToCell(cell: GroupCell, differences: readonly Difference[]): void {
  cell.differed += 1;
  if (differences.some(({ contract }) => contract)) cell.contract += 1;
  for (const kind of new Set(differences.map((difference) => difference.kind))) {
    cell.kinds[kind] = (cell.kinds[kind] ?? 0) + 1;
  }
  for (const difference of differences) {
    if (difference.kind === 'value') addValue(cell, difference);
    if (difference.kind === 'missing' || difference.kind === 'extra') addLone(cell, difference);
  }
  const arrays = arraysThatMoved(differences);
  if (arrays === undefined) return;
  cell.placed += 1;
  for (const array of arrays) cell.moved[array] = (cell.moved[array] ?? 0) + 1;
}

function addValue(cell: GroupCell, { volatility, relativeDistance }: Difference): void {
  cell.values += 1;
  if (volatility !== undefined) {
    cell.volatility[volatility] = (cell.volatility[volatility] ?? 0) + 1;
  }
  if (relativeDistance === undefined) return;
  cell.measured += 1;
  cell.maxRelativeDistance = Math.max(cell.maxRelativeDistance, relativeDistance);
}

function addLone(cell: GroupCell, { live, shadow, digests }: Difference): void {
  const shown = live ?? shadow;
  const type = (digests?.live ?? digests?.shadow)?.type;
  if (shown === undefined && type === undefined) return;
  cell.lone += 1;
  if (shown === 'null' || type === 'null') cell.loneNull += 1;
}

/**
 * The arrays, as groups, in whose items the values that differ only stand elsewhere: each array has the same values on
 * both sides. Undefined when that cannot be told.
 */
function arraysThatMoved(differences: readonly Difference[]): string[] | undefined {
  const segments = differences[0]!.group.split('/');
  if (!segments.includes('*')) return undefined;
  const moves: { readonly path: string[]; readonly live: string; readonly shadow: string }[] = [];
  for (const difference of differences) {
    const live = difference.live ?? difference.digests?.live?.hash;
    const shadow = difference.shadow ?? difference.digests?.shadow?.hash;
    if (live === undefined || shadow === undefined) return undefined;
    moves.push({ path: difference.pointer.split('/'), live, shadow });
  }
  const arrays: string[] = [];
  for (const [depth, segment] of segments.entries()) {
    if (segment !== '*') continue;
    const surplus = new Map<string, number>();
    for (const { path, live, shadow } of moves) {
      const array = path.slice(0, depth).join('/');
      add(surplus, `${array} ${live}`, 1);
      add(surplus, `${array} ${shadow}`, -1);
    }
    const isMoved = [...surplus.values()].every((count) => count === 0);
    if (isMoved) arrays.push(segments.slice(0, depth).join('/'));
  }
  return arrays;
}

function add(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
