import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { parse } from 'yaml';

import type { RuleOptions } from '../../../src/comparison/rules.ts';
import { compareAnswers, differencesOf, type Answer } from './make-pair.ts';

/** An answer as `docs/comparison.md` writes it. */
interface WrittenAnswer {
  readonly status?: number;
  readonly type?: string;
  readonly encoding?: string;
  readonly headers?: Record<string, string>;
  readonly trailers?: Record<string, string>;
  readonly body?: string;
  /** False for a body of which only length and digest were kept. */
  readonly kept?: boolean;
}

interface Example {
  readonly compare?: RuleOptions;
  readonly live: WrittenAnswer;
  readonly shadow: WrittenAnswer;
  readonly result: string;
  readonly reason?: string;
  readonly contract?: boolean;
  readonly differences?: readonly string[];
  readonly ignored?: readonly string[];
  readonly groups?: readonly string[];
  readonly values?: readonly string[];
}

const keys = [
  'compare',
  'live',
  'shadow',
  'result',
  'reason',
  'contract',
  'differences',
  'ignored',
  'groups',
  'values',
];

const page = readFileSync(new URL('../../../docs/comparison.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => ({
  line: page.slice(0, page.indexOf(text!)).split('\n').length,
  example: parse(text!) as Example,
}));

test('the page has its examples', () => {
  assert.ok(examples.length >= 20);
});

for (const { line, example } of examples) {
  test(`the example at line ${line} of docs/comparison.md comes out as it says`, () => {
    assert.deepEqual(
      Object.keys(example).filter((key) => !keys.includes(key)),
      [],
    );
    const comparison = compareAnswers(
      answerOf(example.live),
      answerOf(example.shadow),
      example.compare,
    );
    const { result, reason, contract, differences, ignored } = comparison;
    assert.deepEqual(
      {
        result,
        reason,
        contract,
        differences: differencesOf(comparison),
        ignored: ignored.map(({ pointer, rule }) => `${pointer} by ${rule}`),
      },
      {
        result: example.result,
        reason: example.reason,
        contract: example.contract ?? false,
        differences: example.differences ?? [],
        ignored: example.ignored ?? [],
      },
    );
    if (example.groups !== undefined) {
      assert.deepEqual(
        differences.map(({ group }) => group),
        example.groups,
      );
    }
    const values = differences.map(({ live = '-', shadow = '-' }) => `${live} ${shadow}`);
    assert.deepEqual(values, example.values ?? differences.map(() => '- -'));
  });
}

function answerOf(written: WrittenAnswer): Answer {
  const { headers = {}, trailers = {}, body = '', kept = true, ...rest } = written;
  const bytes = encode(Buffer.from(body), written.encoding);
  return {
    ...rest,
    headers: Object.entries(headers),
    trailers: Object.entries(trailers),
    body: kept
      ? bytes
      : { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
  };
}

function encode(bytes: Buffer, encoding = ''): Buffer {
  let encoded = bytes;
  for (const coding of encoding.split(', ')) {
    if (coding === 'gzip') encoded = gzipSync(encoded);
    if (coding === 'br') encoded = brotliCompressSync(encoded);
  }
  return encoded;
}
