/**
 * The parts of the comparison against slower and plainer ones: JSON.parse for the reader, exact fractions for
 * numbers, a recursive matcher for pointer globs.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { parseJson } from '../../src/comparison/json/document.ts';
import { sameNumber } from '../../src/comparison/json/number.ts';
import {
  advanceGlobs,
  isComplete,
  parsePointerGlob,
  startGlobs,
} from '../../src/comparison/pointer-glob.ts';
import { escapeSegment, unescapeSegment } from '../../src/comparison/pointer.ts';

const memory = new Int32Array(64);

test('a text is a document exactly when JSON.parse reads it', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    'u00e9',
    '"a"',
    '"b"',
    '0',
    '1',
    '-',
    '.',
    'e',
    '+',
    ' ',
    '\n',
    'true',
    'false',
    'null',
    '\u0001',
    'é',
    '\u2028',
    '{"a":1}',
    '[1,2]',
    '-0.5e-7',
  );
  const text = fc.oneof(
    fc.json(),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.tuple(fc.json(), fc.nat(), pieces).map(([json, at, piece]) => {
      const place = at % (json.length + 1);
      return json.slice(0, place) + piece + json.slice(place + 1);
    }),
  );
  fc.assert(
    fc.property(text, (candidate) => {
      // Half a character becomes another one on its way into bytes.
      fc.pre(candidate.isWellFormed());
      const reading = parseJson(Buffer.from(candidate), memory);
      assert.equal(reading.kind === 'document', isReadable(candidate));
    }),
    { numRuns: 3000 },
  );
});

test('numbers are equal exactly when their fractions are', () => {
  const digits = fc.string({
    unit: fc.constantFrom('0', '0', '1', '9'),
    minLength: 1,
    maxLength: 6,
  });
  const number = fc
    .tuple(fc.boolean(), digits, fc.option(digits), fc.option(fc.integer({ min: -8, max: 8 })))
    .map(([negative, whole, fraction, exponent]) => {
      const start = `${negative ? '-' : ''}${whole.replace(/^0+(?=.)/, '')}`;
      return `${start}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `E${exponent}`}`;
    });
  fc.assert(
    fc.property(number, number, (live, shadow) => {
      assert.equal(sameNumber(live, shadow), scaled(live) === scaled(shadow), `${live} ${shadow}`);
    }),
    { numRuns: 3000 },
  );
});

test('a pattern holds exactly where a matcher that tries everything says so', () => {
  const name = fc.constantFrom('a', 'b', '0');
  const pattern = fc.array(fc.oneof(name, fc.constantFrom('*', '**')), { maxLength: 6 });
  fc.assert(
    fc.property(pattern, fc.array(name, { maxLength: 7 }), (segments, path) => {
      const glob = parsePointerGlob(segments.map((segment) => `/${segment}`).join(''));
      assert.ok(typeof glob !== 'string');
      let progress = startGlobs([glob]);
      let holds = progress.some(isComplete);
      for (const segment of path) {
        progress = advanceGlobs(progress, segment);
        holds ||= progress.some(isComplete);
      }
      assert.equal(holds, matchesPrefix(segments, path));
    }),
    { numRuns: 2000 },
  );
});

test('a segment is what it was after it has been escaped and unescaped', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('~', '/', '0', '1', 'a') }), (segment) => {
      assert.equal(unescapeSegment(escapeSegment(segment)), segment);
    }),
  );
});

function isReadable(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The value times 10^20, an integer for all numbers of the test. */
function scaled(number: string): bigint {
  const [mantissa = '', exponent = '0'] = number.split('E');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return BigInt(whole + fraction) * 10n ** BigInt(20 + Number(exponent) - fraction.length);
}

function matchesPrefix(pattern: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return true;
  if (first === '**' && matchesPrefix(rest, path)) return true;
  if (path.length === 0) return false;
  if (first === '**') return matchesPrefix(pattern, path.slice(1));
  return (first === '*' || first === path[0]) && matchesPrefix(rest, path.slice(1));
}
