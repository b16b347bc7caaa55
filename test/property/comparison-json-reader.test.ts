/**
 * The reader of JSON texts beside `JSON.parse`: of whatever one can write, both make the same values, and what one of
 * them refuses the other one refuses, but for the bare words `NaN`, `Infinity` and `-Infinity`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import {
  itemsIn,
  itemsOf,
  maxJsonDepth,
  nodeWidth,
  parseJson,
  stringOf,
  typeOf,
  type JsonDocument,
} from '../../src/comparison/json/document.ts';
import { membersOf } from '../../src/comparison/json/members.ts';
import { lexemeOf } from '../../src/comparison/json/text.ts';

/** What the reader leaves in it is there when it reads the next text. */
const usedMemory = new Int32Array(64 * nodeWidth);

const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 });
const digits = fc.string({
  unit: fc.constantFrom(...'0123456789'.split('')),
  minLength: 1,
  maxLength: 20,
});
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits.map((text) => text.replace(/^0+(?=.)/, '')),
    fc.oneof(
      fc.constant(''),
      digits.map((text) => `.${text}`),
    ),
    fc.oneof(
      fc.constant(''),
      fc
        .tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.nat(400))
        .map((parts) => parts.join('')),
    ),
  )
  .map((parts) => parts.join(''));
const escape = fc.oneof(
  fc.constantFrom('\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t'),
  fc.nat(0xffff).map((unit) => {
    const code = unit.toString(16).padStart(4, '0');
    return `\\u${unit % 2 === 0 ? code : code.toUpperCase()}`;
  }),
);
const plain = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 4 })
  .map((characters) => JSON.stringify(characters).slice(1, -1));
const string = fc
  .array(fc.oneof(plain, escape), { maxLength: 8 })
  .map((parts) => `"${parts.join('')}"`);
const key = fc.oneof(
  string,
  fc.constantFrom('"a"', '"\\u0061"', '""', '"0"', '"__proto__"', '"constructor"'),
);

/** Any JSON text: keys may repeat, and white space stands wherever it may. */
const text = fc.letrec<{ value: string; spaced: string }>((tie) => ({
  spaced: fc.tuple(space, tie('value'), space).map((parts) => parts.join('')),
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constantFrom('true', 'false', 'null'), number, string),
    fc
      .tuple(space, fc.array(tie('spaced'), { maxLength: 4 }))
      .map(([empty, items]) => `[${items.length === 0 ? empty : items.join()}]`),
    fc
      .tuple(space, fc.array(fc.tuple(space, key, space, tie('spaced')), { maxLength: 4 }))
      .map(([empty, members]) => {
        const written = members.map(([before, name, after, value]) => {
          return `${before}${name}${after}:${value}`;
        });
        return `{${written.length === 0 ? empty : written.join()}}`;
      }),
  ),
})).spaced;

test('the reader makes of any JSON text what JSON.parse makes of it', () => {
  fc.assert(
    fc.property(text, (written) => {
      requireSameValues(written);
    }),
    { numRuns: 600 },
  );
});

test('so it does of texts that are deep, long or wide', () => {
  const brackets = fc.array(fc.constantFrom('[', '[0,', '{"a":', '{"b":[],"a":'), {
    minLength: 60,
    maxLength: maxJsonDepth - 8,
  });
  fc.assert(
    fc.property(text, brackets, (inner, opening) => {
      const closing = opening.map((start) => (start.startsWith('[') ? ']' : '}')).reverse();
      requireSameValues(`${opening.join('')}${inner}${closing.join('')}`);
    }),
    { numRuns: 40 },
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(number, string, fc.constant('[{}]')), { minLength: 1, maxLength: 8 }),
      fc.nat(3000),
      (some, count) => {
        const items = Array.from({ length: count }, (_, index) => some[index % some.length]!);
        requireSameValues(`[${items.join()}]`);
        requireSameValues(`{${items.map((item, index) => `"k${index}":${item}`).join()}}`);
      },
    ),
    { numRuns: 10 },
  );
  fc.assert(
    fc.property(string, fc.nat(20_000), (part, times) => {
      requireSameValues(`"${part.slice(1, -1).repeat(times)}"`);
    }),
    { numRuns: 20 },
  );
});

test('bytes are a document exactly when they are UTF-8 that JSON.parse reads, but for bare words', () => {
  const bytes = fc.oneof(
    fc.constantFrom(...Buffer.from('{}[],:"\\ \n\t01-+.eEtfnuNaIty/\u0000\u000b')),
    fc.integer({ min: 0, max: 255 }),
  );
  const piece = fc.oneof(
    fc.constantFrom('NaN', 'Infinity', '-Infinity', '-NaN', '\ufeff', '\u00a0', ',,', '1 2', '01'),
    fc.constantFrom('"\\u12"', '"\\x"', "'a'", '/**/', 'True', '.5', '1.', '1e', '+1', '{a:1}'),
    number,
    string,
  );
  const word = fc.constantFrom('null', 'NaN', 'Infinity', '-Infinity');
  const change = fc.tuple(fc.nat(4), fc.nat(), bytes, piece);
  const damaged = fc
    .tuple(text, word, fc.array(change, { maxLength: 3 }))
    .map(([written, instead, changes]) => {
      let body = Buffer.from(written.replaceAll('null', instead));
      for (const [how, draw, byte, inserted] of changes) {
        body = Buffer.from(damage(body, how, draw, byte, inserted));
      }
      return body;
    });
  let refused = 0;
  let bareWords = 0;
  fc.assert(
    fc.property(damaged, (body) => {
      const reading = parseJson(body, usedMemory);
      const readable = isReadable(body);
      if (reading.kind !== 'document' || readable) {
        assert.equal(
          reading.kind,
          readable ? 'document' : 'malformed',
          JSON.stringify(String(body)),
        );
        if (!readable) refused++;
        return;
      }
      bareWords++;
      assert.ok(isReadable(withoutBareWords(reading)), JSON.stringify(String(body)));
    }),
    { numRuns: 2000 },
  );
  // The texts have to be of all three sorts, or nothing was said of one.
  assert.ok(refused > 0 && refused < 1900 && bareWords > 0, `${refused} ${bareWords}`);
});

/** Fails unless the reader finds in a text the very values that JSON.parse finds, and each where it stands. */
function requireSameValues(written: string): void {
  const bytes = Buffer.from(written);
  const reading = parseJson(bytes, usedMemory);
  assert.ok(reading.kind === 'document', `${reading.kind}: ${written.slice(0, 500)}`);
  assert.deepEqual(valueOf(reading, 0), JSON.parse(written));
}

/** The value of a node as JSON.parse has it: of a repeated key the last one counts. */
function valueOf(document: JsonDocument, node: number): unknown {
  const { nodes } = document;
  const type = typeOf(document, node);
  switch (type) {
    case 'null':
      return null;
    case 'boolean':
      return lexemeOf(document, node) === 'true';
    case 'number':
      return Number(lexemeOf(document, node));
    case 'string':
      return stringOf(document, node);
    case 'array': {
      const items = Array.from(itemsOf(document, node), (item) => valueOf(document, item));
      assert.equal(items.length, itemsIn(document, node));
      requireBrackets(document, node, '[', ']');
      return items;
    }
    case 'object': {
      const members = Array.from(
        membersOf(document, node + nodeWidth, nodes[node + 3]!),
        (member): [string, unknown] => {
          return [stringOf(document, member), valueOf(document, member + nodeWidth)];
        },
      );
      requireBrackets(document, node, '{', '}');
      return Object.fromEntries(members);
    }
  }
}

function requireBrackets(
  { bytes, nodes }: JsonDocument,
  node: number,
  open: string,
  close: string,
) {
  const [start, end] = [nodes[node + 1]!, nodes[node + 2]!];
  assert.equal(String.fromCharCode(bytes[start]!, bytes[end - 1]!), open + close);
}

function damage(body: Buffer, how: number, draw: number, byte: number, piece: string): Buffer {
  const place = draw % (body.length + 1);
  const [before, after] = [body.subarray(0, place), body.subarray(place)];
  switch (how) {
    case 0:
      return Buffer.concat([before, after.subarray(1)]);
    case 1:
      return Buffer.concat([before, Buffer.of(byte), after.subarray(1)]);
    case 2:
      return Buffer.concat([before, Buffer.of(byte), after]);
    case 3:
      return draw % 2 === 0 ? before : after;
    default:
      return Buffer.concat([before, Buffer.from(piece), after]);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function isReadable(body: Buffer): boolean {
  try {
    JSON.parse(utf8.decode(body));
    return true;
  } catch {
    return false;
  }
}

/** The text with a number in place of each word that stands for one. */
function withoutBareWords(document: JsonDocument): Buffer {
  const { bytes, nodes } = document;
  const body = Buffer.from(bytes);
  for (let node = 0; node < nodes[3]!; node += nodeWidth) {
    if (typeOf(document, node) !== 'number' || !/[ay]/.test(lexemeOf(document, node))) continue;
    body.fill(' ', nodes[node + 1], nodes[node + 2]);
    body[nodes[node + 1]!] = '0'.charCodeAt(0);
  }
  return body;
}
