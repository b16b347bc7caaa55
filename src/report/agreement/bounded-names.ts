/**
 * Names that come from traffic, in a list that cannot grow without end: the first place is the pool of all names
 * for which there is no room. Counts are kept beside such a list, by place.
 */

/** Everything that has no place of its own. */
export const otherName = '~other';

/** A side, or a request, that has none. */
export const noName = '~none';

/** Most names beside the pools. */
const maxNames = 50;

/**
 * The pools, then the configured names, which keep their places whatever the traffic brings.
 * @param pools names that count against no limit; the first is `~other`
 */
export function boundedNames(pools: readonly string[], configured: readonly string[]): string[] {
  const names = [...pools];
  for (const name of configured) placeOf(names, name, pools.length);
  return names;
}

/** The place of a name, which it gets when it is new and there is room; else that of `~other`. */
export function placeOf(names: string[], name: string, poolCount: number): number {
  const known = names.indexOf(name);
  if (known >= 0) return known;
  return names.length < maxNames + poolCount ? names.push(name) - 1 : 0;
}
