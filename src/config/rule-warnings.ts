/**
 * Rules of a route's `compare` that another one leaves without effect, or that can never meet anything. Patterns are
 * compared as texts: a warning is given only where it is certain.
 */
import type { RouteConfig } from './schema.ts';

type Compare = RouteConfig['compare'];

/** A pattern and the key under `compare` where it stands. */
interface Placed {
  readonly key: string;
  readonly pattern: string;
}

/** At most so many of one route are told. */
const maxWarnings = 20;

/** Warnings that begin with the key below `compare`. */
export function contradictions(compare: Compare): string[] {
  const judging = [...placedList('ignore', compare.ignore), ...judgingRules(compare)];
  const pairing = [
    ...placedList('unordered', compare.unordered),
    ...Object.keys(compare.keyed).map((pattern) => ({ key: 'keyed', pattern })),
  ];
  return [
    ...[...judging, ...pairing]
      .filter(namesEmptyKey)
      .map(told(() => 'ends in "/" and so names an empty key: leave the "/" out')),
    ...ignored(compare.ignore, [...judging, ...pairing]),
    ...pairedTwice(compare),
    ...indexed(judging, pairing),
    ...exactAnyway(compare),
  ].slice(0, maxWarnings);
}

function judgingRules({ tolerance, normalize, nullEqualsMissing }: Compare): Placed[] {
  return [
    ...Object.keys(tolerance.paths).map((pattern) => ({ key: 'tolerance.paths', pattern })),
    ...placedList('nullEqualsMissing', nullEqualsMissing),
    ...Object.entries(normalize).flatMap(([form, patterns]) =>
      placedList(`normalize.${form}`, patterns),
    ),
  ];
}

function placedList(key: string, patterns: readonly string[]): Placed[] {
  return patterns.map((pattern) => ({ key, pattern }));
}

function told(what: (placed: Placed) => string): (placed: Placed) => string {
  return (placed) => `${placed.key} ${JSON.stringify(placed.pattern)} ${what(placed)}`;
}

function namesEmptyKey({ pattern }: Placed): boolean {
  return pattern.endsWith('/');
}

/** What is ignored needs no other rule. */
function ignored(ignore: readonly string[], rules: readonly Placed[]): string[] {
  return rules.flatMap((rule, index) => {
    // Everything everywhere is how "the same all over" is written, and not about one place.
    if (rule.key !== 'ignore' && rule.pattern === '/**') return [];
    const by = ignore.find(
      (pattern, place) =>
        (rule.key !== 'ignore' || place !== index) &&
        covers(segmentsOf(pattern), segmentsOf(rule.pattern)) &&
        // Of two that cover each other the second is told.
        (rule.key !== 'ignore' ||
          place < index ||
          !covers(segmentsOf(rule.pattern), segmentsOf(pattern))),
    );
    if (by === undefined) return [];
    return [
      told(() => `has no effect, because ignore ${JSON.stringify(by)} takes the place out`)(rule),
    ];
  });
}

function pairedTwice({ unordered, keyed }: Compare): string[] {
  return unordered
    .filter((pattern) => Object.hasOwn(keyed, pattern))
    .map((pattern) =>
      told(() => 'has no effect, because keyed pairs the items of that array')({
        key: 'unordered',
        pattern,
      }),
    );
}

/** Items that are not compared by position have no index by which to name them. */
function indexed(judging: readonly Placed[], pairing: readonly Placed[]): string[] {
  return judging.flatMap((rule) => {
    const segments = segmentsOf(rule.pattern);
    const by = pairing.find(({ pattern }) => {
      const array = segmentsOf(pattern);
      return (
        !array.includes('**') &&
        array.every((segment, place) => segment === '*' || segment === segments[place]) &&
        /^\d+$/.test(segments[array.length] ?? '')
      );
    });
    if (by === undefined) return [];
    const index = segments[segmentsOf(by.pattern).length];
    return [
      told(
        () =>
          `names item ${index} of an array that ${by.key} ${JSON.stringify(by.pattern)} compares in any order, where items have no index: write *`,
      )(rule),
    ];
  });
}

/** Bounds of zero replace others, and do nothing where there are none. */
function exactAnyway({ tolerance: { relative, absolute, paths } }: Compare): string[] {
  const isExact = (bounds: { relative: number; absolute: number }) =>
    bounds.relative === 0 && bounds.absolute === 0;
  const entries = Object.entries(paths);
  if (!isExact({ relative, absolute }) || entries.some(([, bounds]) => !isExact(bounds))) return [];
  return entries.map(([pattern]) =>
    told(() => 'has no effect: both bounds are 0, and there are no others to replace')({
      key: 'tolerance.paths',
      pattern,
    }),
  );
}

function segmentsOf(pattern: string): readonly string[] {
  return pattern.split('/').slice(1);
}

/** Whether `pattern` holds, by itself or from further up, wherever `other` does. */
function covers(pattern: readonly string[], other: readonly string[]): boolean {
  if (isLiteral(pattern[0]) && pattern[0] !== other[0]) return false;
  // How far the pattern may have got, as when it follows a path; a wildcard of the other one is met by its like only.
  let places = passOver(pattern, new Set([0]));
  for (const segment of other) {
    if (places.has(pattern.length)) return true;
    const next = new Set<number>();
    for (const place of places) {
      const expected = pattern[place];
      if (expected === '**') next.add(place);
      else if (expected === segment || (expected === '*' && segment !== '**')) next.add(place + 1);
    }
    places = passOver(pattern, next);
  }
  return places.has(pattern.length);
}

function isLiteral(segment: string | undefined): boolean {
  return segment !== undefined && segment !== '*' && segment !== '**';
}

/** `**` also stands for no segment. */
function passOver(pattern: readonly string[], places: Set<number>): Set<number> {
  for (const place of places) if (pattern[place] === '**') places.add(place + 1);
  return places;
}
