import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { parse } from 'yaml';

import { compare } from '../../../src/comparison/compare.ts';
import type { PredictionOptions } from '../../../src/comparison/prediction/prediction-rules.ts';
import type { RuleOptions } from '../../../src/comparison/rules.ts';
import type { SegmentOptions } from '../../../src/comparison/segments.ts';
import { differencesOf, makePair, rulesOf, type Answer } from './make-pair.ts';

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
  readonly prediction?: PredictionOptions;
  /** What the comparison says of the predictions, but for the instances. */
  readonly predicted?: Record<string, unknown>;
  /** The first of these. */
  readonly instances?: readonly unknown[];
  readonly segments?: SegmentOptions;
  readonly request?: WrittenRequest;
  readonly segmented?: Record<string, string>;
}

/** A request as `docs/comparison.md` writes it. */
interface WrittenRequest {
  readonly headers?: Record<string, string>;
  readonly body?: string;
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
  'prediction',
  'predicted',
  'instances',
  'segments',
  'request',
  'segmented',
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
    const { headers = {}, body = '' } = example.request ?? {};
    const comparison = compare(
      makePair(answerOf(example.live), answerOf(example.shadow), {
        asked: { headers: Object.entries(headers), body },
      }),
      rulesOf({
        ...example.compare,
        prediction: example.prediction,
        segments: example.segments,
        hashKey: 'the key of the examples',
      }),
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
    const { instances, ...predicted } = comparison.prediction ?? {};
    assert.deepEqual(rounded(predicted), example.predicted ?? {});
    if (example.instances !== undefined) assert.deepEqual(rounded(instances), example.instances);
    assert.deepEqual(comparison.segments, example.segmented);
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

/** The same with at most ten digits behind the point. */
function rounded(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, item: unknown) =>
    typeof item === 'number' ? Number(item.toFixed(10)) : item,
  );
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
