/**
 * Bodies that are made to cost a comparison time or memory: each has a named result, within a time that only a
 * cost that grows faster than the body could exceed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

import { compareAnswers, compareJsonTexts, type Answer } from '../unit/comparison/make-pair.ts';

const timeout = 20_000;

/** Two JSON texts and what their comparison says: the result, the reason, and how many differences. */
const texts: Record<string, () => [string, string, string]> = {
  'nesting of a million arrays': () => ['['.repeat(1_000_000), '[]', 'incomparable decode_limit'],
  'nesting of a million objects': () => [
    '{"a":'.repeat(1_000_000),
    '{}',
    'incomparable decode_limit',
  ],
  'half a million keys': () => [objectOf(500_000, 0), '{}', 'incomparable decode_limit'],
  'ten megabytes of digits': () => ['1'.repeat(10_000_000), '1', 'incomparable decode_limit'],
  'ten megabytes of one string': () => [
    `"${'a'.repeat(10_000_000)}x"`,
    `"${'a'.repeat(10_000_000)}y"`,
    'mismatch 1',
  ],
  'ten megabytes of escapes': () => [
    `"${'\\u0061'.repeat(1_600_000)}"`,
    `"${'a'.repeat(1_600_000)}"`,
    'match',
  ],
  'a hundred thousand keys in reverse order': () => [
    objectOf(100_000, 0),
    JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(objectOf(100_000, 0))).reverse())),
    'match',
  ],
  'keys like array indexes': () => [indexKeys(100_000, 0), indexKeys(100_000, 1), 'mismatch 2'],
  'one key a hundred thousand times': () => [
    `{${'"a":1,'.repeat(100_000)}"b":1}`,
    `{"b":1${',"a":2'.repeat(100_000)}}`,
    'mismatch 100000',
  ],
  'a reversed array of twenty thousand': () => [
    JSON.stringify(Array.from({ length: 20_000 }, (_, index) => index)),
    JSON.stringify(Array.from({ length: 20_000 }, (_, index) => 19_999 - index)),
    'mismatch 1',
  ],
  'a difference at the end of deeply nested megabytes': () => [
    nested('1'),
    nested('2'),
    'mismatch 1',
  ],
  'a hundred thousand differences in deep nesting': () => [
    `${'['.repeat(511)}[${'0,'.repeat(99_999)}0]${']'.repeat(511)}`,
    `${'['.repeat(511)}[${'1,'.repeat(99_999)}1]${']'.repeat(511)}`,
    'mismatch 100000',
  ],
  'numbers that need all their digits': () => [
    `[${'1e400,'.repeat(50_000)}0]`,
    `[${'10e399,'.repeat(50_000)}0]`,
    'match',
  ],
};

for (const [name, make] of Object.entries(texts)) {
  test(`${name}: named result in bounded time`, { timeout }, () => {
    const [live, shadow, expected] = make();
    const ignore = ['/**/x/**/y', '/*/*/*/z', '/**/q'];
    for (const { result, reason, differenceCount } of [
      compareJsonTexts(live, shadow, { show: 'values', ignore }),
      compareJsonTexts(shadow, live),
    ]) {
      const count = differenceCount === 0 ? undefined : differenceCount;
      const said = [result, reason ?? count].filter((part) => part !== undefined);
      assert.equal(said.join(' '), expected);
    }
  });
}

/** Pairs of texts in which much moved or changed, for rules that look for counterparts. */
const moved: Record<string, () => [string, string]> = {
  'twenty thousand numbers of which none is the same': () => [
    JSON.stringify(Array.from({ length: 20_000 }, (_, index) => index)),
    JSON.stringify(Array.from({ length: 20_000 }, (_, index) => -1 - index)),
  ],
  'twenty thousand equal items and one other': () => [
    JSON.stringify(Array.from({ length: 20_000 }, () => ({ id: 1 }))),
    JSON.stringify(Array.from({ length: 20_000 }, (_, index) => ({ id: index === 0 ? 2 : 1 }))),
  ],
  'four hundred arrays of a hundred items that all changed': () => [
    JSON.stringify(Array.from({ length: 400 }, (_, row) => itemsFrom(row, 0))),
    JSON.stringify(Array.from({ length: 400 }, (_, row) => itemsFrom(row, 1))),
  ],
  'arrays inside each other that all moved': () => [
    `${'[1,'.repeat(500)}${'0,'.repeat(50_000)}1${']'.repeat(500)}`,
    `${'['.repeat(500)}${'0,'.repeat(50_000)}2${',1]'.repeat(500)}`,
  ],
};

for (const [name, make] of Object.entries(moved)) {
  test(`${name}: counterparts are found in bounded time`, { timeout }, () => {
    const [live, shadow] = make();
    for (const rules of [
      { unordered: ['/**'] },
      { unordered: ['/**'], tolerance: { relative: 1e-6 }, ignore: ['/**/x/**/y'] },
      { keyed: { '/**': 'id' }, nullEqualsMissing: true as const },
    ]) {
      for (const comparison of [
        compareJsonTexts(live, shadow, rules),
        compareJsonTexts(shadow, live, rules),
      ]) {
        assert.equal(comparison.result, 'mismatch');
      }
    }
  });
}

test(
  'a form of a hundred thousand fields, and as many lines: named result in bounded time',
  { timeout },
  () => {
    for (const [type, part] of [
      ['application/x-www-form-urlencoded', 'a=%61&'],
      ['application/x-ndjson', '{}\n'],
    ] as const) {
      const body = part.repeat(100_000);
      const comparison = compareAnswers({ type, body }, { type, body: `${body}1` });
      assert.equal(comparison.result, 'mismatch');
      assert.equal(comparison.differenceCount, 1);
    }
  },
);

const bombs = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
};

for (const [encoding, compress] of Object.entries(bombs)) {
  test(`a ${encoding} bomb cannot be compared on either side`, { timeout }, () => {
    const type = 'application/json';
    const bomb: Answer = { type, encoding, body: compress(Buffer.alloc(16 * 1024 * 1024, '[')) };
    for (const comparison of [
      compareAnswers(bomb, { type, body: '[]' }),
      compareAnswers({ type, body: '[]' }, bomb),
    ]) {
      assert.equal(comparison.result, 'incomparable');
      assert.equal(comparison.reason, 'decode_limit');
    }
  });
}

test(
  'text of megabytes in one line or in empty lines: named result in bounded time',
  { timeout },
  () => {
    for (const filler of ['a', '\n']) {
      const text = filler.repeat(10_000_000);
      const comparison = compareAnswers(
        { type: 'text/plain', body: `${text}x` },
        { type: 'text/plain', body: `${text}y` },
      );
      assert.equal(comparison.differences[0]?.pointer, filler === '\n' ? '/10000000' : '/0');
    }
  },
);

test('header values of 64 KiB: named result in bounded time', { timeout }, () => {
  for (const filler of [';', '"', '\\"', 'a=', ',', ' ', 'A', '?#']) {
    const value = filler.repeat(65_536);
    const comparison = compareAnswers(
      { type: value, encoding: value, headers: [['location', value]], body: 'a' },
      { type: `x/${value}`, encoding: value, headers: [['location', `${value}y`]], body: 'b' },
      { show: 'values' },
    );
    assert.equal(comparison.result, 'mismatch');
  }
});

function itemsFrom(row: number, change: number): { id: number; v: number }[] {
  return Array.from({ length: 100 }, (_, index) => ({ id: index + change / 2, v: row + change }));
}

function objectOf(keys: number, value: number): string {
  return `{${Array.from({ length: keys }, (_, index) => `"k${index}":${value}`).join()}}`;
}

function indexKeys(keys: number, first: number): string {
  return `{${Array.from({ length: keys }, (_, index) => `"${index + first}":0`).join()}}`;
}

function nested(end: string): string {
  const filler = 'x'.repeat(4096);
  return `${`["${filler}",`.repeat(511)}${end}${']'.repeat(511)}`;
}
