/**
 * What holds of the comparison for any two answers: it is reflexive and has no favourite side, finds a change where
 * it was made, loses nothing to a rule that ignores, and gives a named result for garbage.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

import * as fc from 'fast-check';

import type { Comparison } from '../../src/comparison/comparison.ts';
import { compareAnswers, compareJsonTexts, type Answer } from '../unit/comparison/make-pair.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Path = (string | number)[];

const jsonValue = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

const type = fc.constantFrom(
  undefined,
  'application/json',
  'application/problem+json; charset=utf-8',
  'text/plain',
  'application/xml',
  'application/x-ndjson',
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  'multipart/mixed; boundary=x',
  ';;="',
);

const encoding = fc.constantFrom(
  undefined,
  'gzip',
  'x-gzip',
  'br',
  'deflate',
  'zstd',
  'identity',
  'gzip, br',
  'unknown',
);

const garbage = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .string({ unit: fc.constantFrom(...'{}[],:"\\ 01eE.-+truefalsn\n'.split('')) })
    .map((text) => Buffer.from(text)),
  jsonValue.map((value) => Buffer.from(JSON.stringify(value))),
  jsonValue.map((value) => gzipSync(JSON.stringify(value))),
  jsonValue.map((value) => brotliCompressSync(JSON.stringify(value))),
  jsonValue.map((value) => deflateSync(JSON.stringify(value))),
  jsonValue.map((value) => zstdCompressSync(JSON.stringify(value))),
);

const answer: fc.Arbitrary<Answer> = fc
  .record({
    status: fc.constantFrom(200, 201, 204, 404, 500),
    type,
    encoding,
    body: garbage,
    location: fc.option(fc.webPath(), { nil: undefined }),
  })
  .map(({ status, type, encoding, body, location }) => ({
    status,
    body,
    ...(type !== undefined && { type }),
    ...(encoding !== undefined && { encoding }),
    ...(location !== undefined && { headers: [['location', location] as const] }),
  }));

/** An answer, and another one that is often much like it. */
const twoAnswers = fc
  .tuple(answer, answer, fc.subarray(['status', 'type', 'encoding', 'headers', 'body'] as const))
  .map(([live, other, same]): [Answer, Answer] => {
    const shadow: Record<string, unknown> = { ...other };
    for (const part of same) {
      delete shadow[part];
      if (live[part] !== undefined) shadow[part] = live[part];
    }
    return [live, shadow];
  });

/** A JSON value and another one in which few places are changed. */
const twoValues = fc
  .tuple(jsonValue, fc.array(fc.tuple(fc.nat(), jsonValue), { maxLength: 3 }))
  .map(([live, changes]): [Json, Json] => {
    let shadow = live;
    for (const [draw, value] of changes) {
      const paths = pathsOf(shadow);
      shadow = replaceAt(shadow, paths[draw % paths.length]!, value);
    }
    return [live, shadow];
  });

test('an answer compared with itself matches, whatever it is', () => {
  fc.assert(
    fc.property(answer, (both) => {
      assert.equal(compareAnswers(both, both).result, 'match');
    }),
  );
});

test('any two answers have a named result, and only what is incomparable has a reason', () => {
  fc.assert(
    fc.property(twoAnswers, ([live, shadow]) => {
      const { result, reason, differenceCount, differences } = compareAnswers(live, shadow);
      assert.equal(result === 'mismatch', differenceCount > 0);
      assert.equal(result === 'incomparable', reason !== undefined);
      assert.equal(differences.length, Math.min(differenceCount, 100));
    }),
    { numRuns: 1000 },
  );
});

test('swapping the sides keeps the result and turns missing into extra', () => {
  fc.assert(
    fc.property(twoAnswers, ([live, shadow]) => {
      assert.deepEqual(
        summary(compareAnswers(shadow, live)),
        swapped(compareAnswers(live, shadow)),
      );
    }),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(twoValues, ([live, shadow]) => {
      const [one, other] = [JSON.stringify(live), JSON.stringify(shadow)];
      assert.deepEqual(
        summary(compareJsonTexts(other, one)),
        swapped(compareJsonTexts(one, other)),
      );
    }),
  );
});

test('two JSON texts match exactly when their values are equal', () => {
  fc.assert(
    fc.property(twoValues, fc.constantFrom(0, 2), ([live, shadow], indent) => {
      const comparison = compareJsonTexts(
        JSON.stringify(live),
        JSON.stringify(reverseKeys(shadow), undefined, indent),
      );
      assert.equal(comparison.result === 'match', isDeepStrictEqual(normal(live), normal(shadow)));
    }),
    { numRuns: 500 },
  );
});

test('one changed place is found at exactly its pointer', () => {
  fc.assert(
    fc.property(jsonValue, fc.nat(), fc.string(), (live, draw, key) => {
      const paths = pathsOf(live);
      const path = paths[draw % paths.length]!;
      const { shadow, kind, at } = mutate(live, path, key);
      const comparison = compareJsonTexts(
        JSON.stringify(live),
        JSON.stringify(reverseKeys(shadow)),
        {
          show: 'values',
        },
      );
      assert.deepEqual(
        comparison.differences.map((difference) => [difference.kind, difference.pointer]),
        [[kind, pointerTo(at)]],
      );
    }),
    { numRuns: 1000 },
  );
});

test('a rule that ignores moves differences to the ignored ones and loses none', () => {
  const segment = fc.constantFrom('*', '**', '0', '1', 'a', 'b');
  const pattern = fc
    .array(segment, { maxLength: 4 })
    .map((parts) => parts.map((part) => `/${part}`).join(''));
  const document = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, depthSize: 'medium' },
      fc.nat(3),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', '0'), tie('tree')),
    ),
  })).tree;
  fc.assert(
    fc.property(document, document, fc.array(pattern, { maxLength: 4 }), (live, shadow, ignore) => {
      const [one, other] = [JSON.stringify(live), JSON.stringify(shadow)];
      const all = compareJsonTexts(one, other);
      let before = all.differenceCount;
      for (let rules = 0; rules <= ignore.length; rules++) {
        const some = compareJsonTexts(one, other, { ignore: ignore.slice(0, rules) });
        assert.equal(some.differenceCount + some.ignoredCount, all.differenceCount);
        assert.deepEqual(
          [...some.differences, ...some.ignored].map(({ pointer }) => pointer).sort(),
          all.differences.map(({ pointer }) => pointer).sort(),
        );
        assert.ok(some.differenceCount <= before);
        before = some.differenceCount;
      }
    }),
    { numRuns: 500 },
  );
});

test('an answer that was cut anywhere never matches the whole one', () => {
  const whole = Buffer.from(
    JSON.stringify({ rows: Array.from({ length: 40 }, (_, row) => ({ row })) }),
  );
  const answers: Answer[] = [
    { type: 'application/json', body: whole },
    { type: 'text/plain', body: whole },
    { type: 'application/x-ndjson', body: whole },
    { type: 'application/x-www-form-urlencoded', body: whole },
    { body: whole },
    { type: 'application/json', encoding: 'gzip', body: gzipSync(whole) },
    { type: 'application/json', encoding: 'br', body: brotliCompressSync(whole) },
    { type: 'application/json', encoding: 'zstd', body: zstdCompressSync(whole) },
    { type: 'application/json', encoding: 'deflate', body: deflateSync(whole) },
  ];
  for (const uncut of answers) {
    const bytes = uncut.body as Buffer;
    for (let length = 0; length < bytes.length; length++) {
      const cut = { ...uncut, body: bytes.subarray(0, length) };
      assert.notEqual(compareAnswers(uncut, cut).result, 'match');
      assert.notEqual(compareAnswers(cut, uncut).result, 'match');
    }
  }
});

/** Every place of a value, the root first. */
function pathsOf(value: Json, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Array.isArray(value)
    ? value.flatMap((item, index) => pathsOf(item, [...path, index]))
    : Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]));
  return [path, ...below];
}

function replaceAt(value: Json, path: Path, by: Json): Json {
  const [first, ...rest] = path;
  if (first === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((item, index) => (index === first ? replaceAt(item, rest, by) : item));
  }
  return objectFrom(
    Object.entries(value as Record<string, Json>).map(([key, item]) => [
      key,
      key === first ? replaceAt(item, rest, by) : item,
    ]),
  );
}

/** Changes the value at `path` in the way that its type suggests. */
function mutate(root: Json, path: Path, key: string): { shadow: Json; kind: string; at: Path } {
  const value = path.reduce<Json>(
    (at, segment) => (at as Record<string | number, Json>)[segment]!,
    root,
  );
  const change = (by: Json, kind: string, at: Path = path) => ({
    shadow: replaceAt(root, path, by),
    kind,
    at,
  });
  if (value === null) return change(key, 'type');
  if (typeof value === 'boolean') return change(!value, 'value');
  if (typeof value === 'number') return change(value === 0 ? 1 : -value, 'value');
  if (typeof value === 'string') return change(`${value}x`, 'value');
  if (Array.isArray(value)) return change([...value, key], 'length');
  const entries = Object.entries(value);
  const [first, ...rest] = entries;
  if (first !== undefined && key.length % 2 === 0) {
    return change(objectFrom(rest), 'missing', [...path, first[0]]);
  }
  let added = key;
  while (Object.hasOwn(value, added)) added += '_';
  return change(objectFrom([...entries, [added, null]]), 'extra', [...path, added]);
}

/** With `__proto__` as a key like any other. */
function objectFrom(entries: [string, Json][]): Json {
  return Object.fromEntries(entries);
}

function reverseKeys(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(reverseKeys);
  return objectFrom(
    Object.entries(value)
      .map(([key, item]): [string, Json] => [key, reverseKeys(item)])
      .reverse(),
  );
}

/** As JSON has it: no -0. */
function normal(value: Json): unknown {
  return JSON.parse(JSON.stringify(value));
}

function pointerTo(path: Path): string {
  return path
    .map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

function summary({ result, reason, contract, differs, differenceCount, differences }: Comparison) {
  return {
    result,
    reason,
    contract,
    differs,
    differenceCount,
    differences: differences.map(({ kind, pointer }) => `${kind} ${pointer}`).sort(),
  };
}

function swapped(comparison: Comparison) {
  const turned = { missing: 'extra', extra: 'missing' } as Record<string, string>;
  const { differences, ...rest } = summary(comparison);
  return {
    ...rest,
    differences: differences
      .map((line) => line.replace(/missing|extra/, (word) => turned[word]!))
      .sort(),
  };
}
