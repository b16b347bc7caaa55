/**
 * The comparison beside two established diff libraries, jsondiffpatch and microdiff, on random JSON texts: where they see
 * values only, all three find the same. Each value is written twice in the ways that JSON leaves open (key order, white
 * space, escapes, the digits of numbers), and the libraries get what `JSON.parse` makes of it. Where they differ by
 * design is said where their findings are translated, and for what the generators never make, in the last test.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';
import { DiffPatcher } from 'jsondiffpatch';
import microdiff from 'microdiff';

import type { Comparison } from '../../src/comparison/comparison.ts';
import { compareJsonTexts } from '../unit/comparison/make-pair.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Path = readonly (string | number)[];
type Draw = () => number;

/** A difference in the words of the comparison. */
interface Finding {
  readonly kind: string;
  readonly path: Path;
}

/** As long as no item is equal to one at another place. */
const byPosition = new DiffPatcher();
/** Left to itself it takes any two objects for different ones where an item is equal to one at another place. */
const byContent = new DiffPatcher({ objectHash: (item) => canonical(item as Json) });

/** No names of `Object.prototype`: the libraries take them for members that are there. */
const keys = ['a', 'b', 'id', 'a/b', 'm~n', '~1', '', '0', '1', '_t', '_0', 'é', 'x"\\'];

const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom(null, true, false, 0, 1, -2, '', 'a', 'a/b'),
  // As JSON.stringify does: texts have no -0.
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const document = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'medium', withCrossShrink: true },
    scalar,
    fc.array(tie('tree'), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom(...keys), tie('tree'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).tree;
const draws = fc.infiniteStream(fc.nat(1_000_000)).map(
  (stream): Draw =>
    () =>
      Number(stream.next().value),
);

/** Two values, the second made from the first by a few edits of any sort: items also move. */
const edited = fc
  .tuple(document, fc.array(document, { maxLength: 4 }), draws)
  .map(([live, values, draw]): [Json, Json] => {
    const root: Json[] = [structuredClone(live)];
    for (const value of values) edit(root, structuredClone(value), draw);
    return [live, root[0]!];
  });

/**
 * The same with arrays that change at their ends only, and no item twice: then jsondiffpatch, which looks for the
 * longest common subsequence of two arrays, has none to find but by position.
 */
const editedInPlace = fc
  .tuple(document, fc.array(document, { maxLength: 4 }), draws)
  .map(([value, values, draw]): [Json, Json] => {
    let count = 0;
    const fresh = () => (++count % 2 === 0 ? count : `text ${count}`);
    const live = withoutTwins(value, fresh);
    const root: Json[] = [structuredClone(live)];
    for (const other of values)
      editInPlace(root, isFew(other) ? fresh() : withoutTwins(other, fresh), draw);
    return [live, root[0]!];
  });

test('a comparison finds exactly what microdiff finds, whose arrays go by position as well', () => {
  fc.assert(
    fc.property(edited, draws, ([live, shadow], draw) => {
      const [one, other] = [write(live, draw), write(shadow, draw)];
      const comparison = compareJsonTexts(one, other, { show: 'values' });
      fc.pre(comparison.differenceCount <= 100);
      const found = microdiff({ root: JSON.parse(one) }, { root: JSON.parse(other) });
      assert.deepEqual(
        linesOf(comparison),
        linesFor(live, shadow, found.map(findingOfMicrodiff)),
        `${one}\n${other}`,
      );
    }),
    { numRuns: 600 },
  );
});

test('a comparison finds exactly what jsondiffpatch finds where arrays change in place', () => {
  fc.assert(
    fc.property(editedInPlace, draws, ([live, shadow], draw) => {
      const [one, other] = [write(live, draw), write(shadow, draw)];
      const comparison = compareJsonTexts(one, other, { show: 'values' });
      fc.pre(comparison.differenceCount <= 100);
      const found = findingsInDelta(byPosition.diff(JSON.parse(one), JSON.parse(other)), []);
      assert.deepEqual(linesOf(comparison), linesFor(live, shadow, found), `${one}\n${other}`);
    }),
    { numRuns: 600 },
  );
});

test('wherever items move, a comparison and jsondiffpatch name the same places outside of arrays', () => {
  fc.assert(
    fc.property(edited, draws, ([live, shadow], draw) => {
      const [one, other] = [write(live, draw), write(shadow, draw)];
      const comparison = compareJsonTexts(one, other, { show: 'values' });
      fc.pre(comparison.differenceCount <= 100);
      const found = findingsInDelta(byContent.diff(JSON.parse(one), JSON.parse(other)), []);
      assert.deepEqual(
        placesOutside(
          live,
          comparison.differences.map(({ pointer }) => pathTo(pointer)),
        ),
        placesOutside(
          live,
          found.map(({ path }) => path),
        ),
        `${one}\n${other}`,
      );
    }),
    { numRuns: 600 },
  );
});

test('what the libraries do not see, or see where nothing is, is compared as it is written', () => {
  // By the comparison, by jsondiffpatch, by microdiff.
  const seen = (live: string, shadow: string) => {
    const [one, other] = [JSON.parse(live), JSON.parse(shadow)] as [object, object];
    return [
      compareJsonTexts(live, shadow).differenceCount,
      findingsInDelta(byPosition.diff(one, other), []).length,
      microdiff(one, other).length,
    ];
  };
  const rows: [string, string, number[]][] = [
    ['[9007199254740993]', '[9007199254740992]', [1, 0, 0]],
    ['[1e400]', '[2e400]', [1, 0, 0]],
    ['[0.1000000000000000055]', '[0.1]', [1, 0, 0]],
    ['[-0]', '[0]', [0, 0, 1]],
    ['{"a":1,"a":2}', '{"a":2}', [2, 0, 0]],
    ['{"x":1}', '{"x":1,"toString":2}', [1, 0, 0]],
    ['{"__proto__":{"y":1}}', '{"__proto__":{"y":2}}', [1, 0, 1]],
    ['[1,2,3]', '[3,1,2]', [1, 1, 3]],
  ];
  for (const [live, shadow, counts] of rows) assert.deepEqual(seen(live, shadow), counts, live);
});

/** One edit somewhere below `root[0]`. */
function edit(root: Json[], value: Json, draw: Draw): void {
  const [parent, key] = drawn(root, draw);
  if (!Array.isArray(parent) || parent === root) {
    editMember(parent, key, value, draw);
    return;
  }
  const index = Number(key);
  const other = draw() % parent.length;
  switch (draw() % 5) {
    case 0:
      parent.splice(index, 1);
      break;
    case 1:
      parent.splice(index, 0, value);
      break;
    case 2:
      [parent[index], parent[other]] = [parent[other]!, parent[index]!];
      break;
    case 3:
      parent.splice(other, 0, ...parent.splice(index, 1));
      break;
    default:
      parent[index] = value;
  }
}

/** One edit that moves no item. */
function editInPlace(root: Json[], value: Json, draw: Draw): void {
  const [parent, key] = drawn(root, draw);
  if (!Array.isArray(parent) || parent === root) editMember(parent, key, value, draw);
  else if (draw() % 3 === 0) parent.pop();
  else if (draw() % 2 === 0) parent.push(value);
  else parent[Number(key)] = value;
}

/** In the array of the root nothing can come or go. */
function editMember(parent: Json[] | Record<string, Json>, key: string, value: Json, draw: Draw) {
  const members = parent as Record<string, Json>;
  const how = Array.isArray(parent) ? 2 : draw() % 3;
  if (how === 0) delete members[key];
  else if (how === 1) members[keys[draw() % keys.length]!] = value;
  else members[key] = value;
}

/** Any place below, as the container that has it and its key there. */
function drawn(root: Json[], draw: Draw): [Json[] | Record<string, Json>, string] {
  const places: [Json[] | Record<string, Json>, string][] = [];
  const visit = (parent: Json[] | Record<string, Json>) => {
    for (const [key, value] of Object.entries(parent)) {
      places.push([parent, key]);
      if (typeof value === 'object' && value !== null) visit(value);
    }
  };
  visit(root);
  return places[draw() % places.length]!;
}

/**
 * With numbers and texts of which each is new, and in arrays in place of nulls and booleans, of which there are too few:
 * no item that is a scalar is equal to another one.
 */
function withoutTwins(value: Json, fresh: () => Json): Json {
  if (Array.isArray(value)) {
    return value.map((item) => (isFew(item) ? fresh() : withoutTwins(item, fresh)));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, withoutTwins(member, fresh)]),
    );
  }
  return isFew(value) ? value : fresh();
}

function isFew(value: Json): boolean {
  return value === null || typeof value === 'boolean';
}

/** A JSON text of the value, in one of the ways in which it can be written. */
function write(value: Json, draw: Draw): string {
  const space = () => ['', '', ' ', '\n\t', '\r\n'][draw() % 5]!;
  const around = (text: string) => `${space()}${text}${space()}`;
  if (typeof value === 'string') return around(writeString(value, draw));
  if (typeof value === 'number') return around(writeNumber(value, draw));
  if (typeof value !== 'object' || value === null) return around(String(value));
  if (Array.isArray(value)) {
    return around(`[${value.map((item) => write(item, draw)).join() || space()}]`);
  }
  const members = Object.entries(value).map(([key, member]) => ({ key, member, place: draw() }));
  members.sort((one, other) => one.place - other.place);
  const written = members.map(({ key, member }) => {
    return `${around(writeString(key, draw))}:${write(member, draw)}`;
  });
  return around(`{${written.join() || space()}}`);
}

function writeString(text: string, draw: Draw): string {
  const characters = Array.from(text, (character) => {
    if (draw() % 4 > 0) return JSON.stringify(character).slice(1, -1);
    if (character === '/') return '\\/';
    return character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
  });
  return `"${characters.join('')}"`;
}

function writeNumber(value: number, draw: Draw): string {
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  const power = Number(exponent);
  switch (draw() % 4) {
    case 0:
      return `${mantissa}${mantissa.includes('.') ? '00' : '.0'}E${exponent}`;
    case 1:
      if (value === 0 || mantissa.includes('.')) return `${mantissa}e+${power}`.replace('+-', '-');
      return `${mantissa}0e${power - 1}`;
    default:
      return String(value);
  }
}

function linesOf({ differences }: Comparison): string[] {
  return differences.map(({ kind, pointer }) => `${kind} ${pointer}`).sort();
}

/**
 * What a library found as the comparison says it: an array whose items are all there in another order is one
 * difference, however many of its places differ.
 */
function linesFor(live: Json, shadow: Json, found: readonly Finding[]): string[] {
  const lines = found.map(({ kind, path }) => {
    const reordered = reorderedOn(path, live, shadow);
    return reordered === undefined
      ? `${kind} ${pointerTo(path)}`
      : `order ${pointerTo(path.slice(0, reordered))}`;
  });
  return [...new Set(lines)].sort();
}

/** How long the path to the outermost array is whose items are in another order. */
function reorderedOn(path: Path, live: Json, shadow: Json): number | undefined {
  let [one, other]: (Json | undefined)[] = [live, shadow];
  for (const [depth, segment] of path.entries()) {
    if (Array.isArray(one) && Array.isArray(other)) {
      const [items, others] = [one.map(canonical), other.map(canonical)];
      if (items.join() !== others.join() && items.sort().join() === others.sort().join()) {
        return depth;
      }
    }
    one = childOf(one, segment);
    other = childOf(other, segment);
  }
  return undefined;
}

function canonical(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`,
  );
  return `{${members.sort().join()}}`;
}

function childOf(value: Json | undefined, segment: string | number): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Record<string | number, Json>)[segment];
}

/** The items that one array has beyond the other are one difference, of its length. */
function findingOfMicrodiff(found: ReturnType<typeof microdiff>[number]): Finding {
  const path = found.path.slice(1);
  if (found.type === 'CHANGE') return { kind: kindOf(found.oldValue, found.value), path };
  if (typeof path.at(-1) === 'number') return { kind: 'length', path: path.slice(0, -1) };
  return { kind: found.type === 'REMOVE' ? 'missing' : 'extra', path };
}

/** The findings of a delta of jsondiffpatch (its docs/deltas.md). */
function findingsInDelta(delta: unknown, path: Path): Finding[] {
  if (delta === undefined) return [];
  if (Array.isArray(delta)) {
    if (delta.length === 1) return [{ kind: 'extra', path }];
    if (delta.length === 2) return [{ kind: kindOf(delta[0], delta[1]), path }];
    return [{ kind: 'missing', path }];
  }
  const entries = Object.entries(delta as Record<string, unknown>);
  // The delta of a member that is called `_t` is no text.
  if ((delta as { _t?: unknown })._t === 'a') return findingsInArray(entries, path);
  return entries.flatMap(([key, inner]) => findingsInDelta(inner, [...path, key]));
}

/** `_i` is what live has at i and is gone or moved, `i` what the shadow has there and is new or changed. */
function findingsInArray(entries: readonly [string, unknown][], path: Path): Finding[] {
  const gone = new Map<string, unknown[]>();
  for (const [key, inner] of entries) {
    if (key !== '_t' && key.startsWith('_')) gone.set(key.slice(1), inner as unknown[]);
  }
  const findings = entries.flatMap(([key, inner]): Finding[] => {
    if (key.startsWith('_')) return [];
    const place = [...path, Number(key)];
    if (!Array.isArray(inner) || inner.length !== 1) return findingsInDelta(inner, place);
    const old = gone.get(key);
    if (old?.[2] !== 0) return [{ kind: 'length', path }];
    gone.delete(key);
    return [{ kind: kindOf(old[0], inner[0]), path: place }];
  });
  const left = [...gone.values()].map((delta) => (delta[2] === 3 ? 'moved' : 'length'));
  return [...findings, ...left.map((kind) => ({ kind, path }))];
}

function kindOf(live: unknown, shadow: unknown): 'type' | 'value' {
  return typeName(live) === typeName(shadow) ? 'value' : 'type';
}

function typeName(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

/** The pointers without what lies inside arrays. */
function placesOutside(live: Json, paths: readonly Path[]): string[] {
  const pointers = paths.map((path) => {
    let value: Json | undefined = live;
    for (const [depth, segment] of path.entries()) {
      if (Array.isArray(value)) return pointerTo(path.slice(0, depth));
      value = childOf(value, segment);
    }
    return pointerTo(path);
  });
  return [...new Set(pointers)].sort();
}

function pointerTo(path: Path): string {
  return path
    .map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

function pathTo(pointer: string): Path {
  const segments = pointer.split('/').slice(1);
  return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}
