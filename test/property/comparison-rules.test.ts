/**
 * What holds of the rules for any two JSON values: none loses a difference, none favours a side, order means nothing
 * where a rule says so, and a rule never makes a mismatch of what matches without it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import * as fc from 'fast-check';

import type { Comparison } from '../../src/comparison/comparison.ts';
import type { RuleOptions } from '../../src/comparison/rules.ts';
import { compareJsonTexts } from '../unit/comparison/make-pair.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const scalar = fc.oneof(
  fc.constantFrom(null, true, 'a', 'A', ' a'),
  fc.constantFrom(0, 1, 1.0001, 1.2, 1_700_000_000, 1_700_000_001_000),
  fc.constantFrom('2024-01-01T00:00:00Z', '2025-01-01t00:00:00.5+01:00'),
  fc.constantFrom('00000000-0000-0000-0000-000000000000', '019f3b64-6f8e-7c1e-8d2a-0123456789AB'),
);

const document = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'medium', withCrossShrink: true },
    scalar,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', '0', 'id'), tie('tree'), { noNullPrototype: true }),
  ),
})).tree;

const glob = fc
  .array(fc.constantFrom('*', '**', '0', '1', 'a', 'b', 'id'), { maxLength: 3 })
  .map((parts) => parts.map((part) => `/${part}`).join(''));
const globs = fc.array(glob, { maxLength: 2 });
const bounds = fc.record({
  relative: fc.constantFrom(0, 1e-3, 0.5),
  absolute: fc.constantFrom(0, 0.01, 10),
});

/** Rules that judge what was found, and change nothing of what is compared with what. */
const judging: fc.Arbitrary<RuleOptions> = fc.record({
  ignore: globs,
  nullEqualsMissing: fc.oneof(globs, fc.constant(true as const)),
  normalize: fc.record({ timestamp: globs, uuid: globs, lowercase: globs, trim: globs }),
  tolerance: fc
    .tuple(bounds, fc.dictionary(glob, bounds, { maxKeys: 2 }))
    .map(([general, paths]) => ({ ...general, paths })),
});

/** Rules that say which items of arrays are compared with each other. */
const pairing: fc.Arbitrary<RuleOptions> = fc.record({
  unordered: globs,
  keyed: fc.dictionary(glob, fc.constantFrom('id', 'a'), { maxKeys: 2 }),
});

const rules = fc.tuple(judging, pairing).map(([one, other]) => ({ ...one, ...other }));

/** Two values that are often much alike: items moved, places changed. */
const twoValues = fc
  .tuple(document, document, fc.nat(4), fc.infiniteStream(fc.nat(1000)))
  .map(([live, other, kind, draws]): [Json, Json] => {
    const draw = () => Number(draws.next().value);
    if (kind === 0) return [live, other];
    return [live, changed(live, draw, kind > 2 ? 0 : 4)];
  });

test('a rule that judges moves differences to the ignored ones and loses none', () => {
  fc.assert(
    fc.property(twoValues, judging, ([live, shadow], options) => {
      const all = compareValues(live, shadow, {});
      const some = compareValues(live, shadow, options);
      assert.equal(
        some.differenceCount + some.ignoredCount,
        all.differenceCount + all.ignoredCount,
      );
      assert.deepEqual(pointersOf(some), pointersOf(all));
      assert.ok(some.differenceCount <= all.differenceCount);
    }),
    { numRuns: 2000 },
  );
});

test('whatever the rules, an answer matches itself and nothing is ignored', () => {
  fc.assert(
    fc.property(document, rules, (both, options) => {
      const { result, ignoredCount } = compareValues(both, both, options);
      assert.equal(result, 'match');
      const text = compareJsonTexts(JSON.stringify(both), JSON.stringify(both, null, 1), options);
      assert.equal(text.result, 'match');
      assert.equal(text.ignoredCount + ignoredCount, 0);
    }),
    { numRuns: 1000 },
  );
});

test('whatever the rules, values that are equal match and others are told, as different or ignored', () => {
  fc.assert(
    fc.property(twoValues, rules, ([live, shadow], options) => {
      const { differenceCount, ignoredCount } = compareValues(live, shadow, options);
      assert.equal(differenceCount + ignoredCount === 0, isDeepStrictEqual(live, shadow));
    }),
    { numRuns: 2000 },
  );
});

test('whatever the rules, swapping the sides keeps the result, the groups and what is ignored', () => {
  fc.assert(
    fc.property(twoValues, rules, ([live, shadow], options) => {
      assert.deepEqual(
        summary(compareValues(shadow, live, options)),
        swapped(compareValues(live, shadow, options)),
      );
    }),
    { numRuns: 2000 },
  );
});

test('permuting unordered arrays of the shadow changes no difference', () => {
  fc.assert(
    fc.property(twoValues, judging, fc.infiniteStream(fc.nat(1000)), (values, options, draws) => {
      const [live, shadow] = values;
      const everywhere = { ...options, unordered: ['/**'] };
      const permuted = changed(shadow, () => Number(draws.next().value), 0);
      const before = compareValues(live, shadow, everywhere);
      const after = compareValues(live, permuted, everywhere);
      assert.deepEqual(after.differences, before.differences);
      assert.equal(after.result, before.result);
    }),
    { numRuns: 2000 },
  );
});

test('an unordered array that is permuted is one ignored finding', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(document, { comparator: isDeepStrictEqual, minLength: 2, maxLength: 6 }),
      fc.nat(10),
      (items, turn) => {
        const by = 1 + (turn % (items.length - 1));
        const turned = [...items.slice(by), ...items.slice(0, by)];
        const without = compareValues(items, turned, {});
        assert.deepEqual(
          without.differences.map(({ kind, pointer }) => `${kind} ${pointer}`),
          ['order '],
        );
        const { result, ignored } = compareValues(items, turned, { unordered: [''] });
        assert.equal(result, 'match');
        assert.deepEqual(ignored, [{ pointer: '', rule: 'unordered ' }]);
      },
    ),
    { numRuns: 500 },
  );
});

function compareValues(live: Json, shadow: Json, options: RuleOptions): Comparison {
  return compareJsonTexts(JSON.stringify(live), JSON.stringify(shadow), options);
}

/** The value with the items of its arrays in another order and, one place in `outOf`, another scalar. */
function changed(value: Json, draw: () => number, outOf: number): Json {
  if (Array.isArray(value)) {
    const items = value.map((item) => changed(item, draw, outOf));
    for (let last = items.length - 1; last > 0; last--) {
      const other = draw() % (last + 1);
      [items[last], items[other]] = [items[other]!, items[last]!];
    }
    return items;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, changed(item, draw, outOf)]),
    );
  }
  if (outOf === 0 || draw() % outOf > 0) return value;
  return typeof value === 'number' ? value + 0.001 : typeof value === 'string' ? `${value} ` : 1;
}

function pointersOf({ differences, ignored }: Comparison): string[] {
  return [...differences, ...ignored].map(({ pointer }) => pointer).sort();
}

function summary(comparison: Comparison) {
  const { result, contract, differenceCount, differences, ignoredCount, ignored } = comparison;
  return {
    result,
    contract,
    differenceCount,
    ignoredCount,
    differences: differences.map(({ kind, group }) => `${kind} ${group}`).sort(),
    rules: ignored.map(({ rule }) => rule).sort(),
  };
}

function swapped(comparison: Comparison) {
  const turned = { missing: 'extra', extra: 'missing' } as Record<string, string>;
  const { differences, ...rest } = summary(comparison);
  return {
    ...rest,
    differences: differences
      .map((line) => line.replace(/^(?:missing|extra)/, (word) => turned[word]!))
      .sort(),
  };
}
