/**
 * What holds of predictions for any two answers: an answer agrees with itself wholly, neither side is favoured, what
 * is shown is bounded, and no body whatever makes it fail or changes the outcome of the pair.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { InstanceComparison, PredictionComparison } from '../../src/comparison/prediction.ts';
import { editDistance } from '../../src/comparison/prediction/edit-distance.ts';
import type { PredictionOptions } from '../../src/comparison/prediction/prediction-rules.ts';
import { compareAnswers, type Answer } from '../unit/comparison/make-pair.ts';

const labels = ['cat', 'dog', 'owl'];

const everyPrediction: readonly PredictionOptions[] = [
  { preset: 'kserve-v1' },
  { preset: 'oip-v2' },
  { preset: 'mlflow' },
  { preset: 'openai-chat' },
  { preset: 'sklearn' },
  { label: '/predictions/*/label', score: '/predictions/*/score' },
  { label: '', score: '/score', ranking: '/items' },
];

const prediction = fc
  .tuple(fc.constantFrom(...everyPrediction), fc.boolean())
  .map(([options, named]) => ({ ...options, ...(named && { labels }) }));

const label = fc.constantFrom('cat', 'dog', 'eel', '__proto__', '');
const number = fc.constantFrom(0, 1, 2, 0.25, 0.75, -1, 1e308, -1e308);
const vector = fc.constantFrom([0.25, 0.75], [0.75, 0.25], [0.2, 0.3, 0.5], [3, 1, 2], [1], []);
const text = fc.constantFrom('the cat sat', 'the dog  sat', 'cafe\u0301', 'caf\u00e9', '东京');

const instance = fc.oneof(
  label,
  number,
  vector,
  fc.constant(null),
  fc.tuple(label, number),
  fc.array(fc.tuple(label, number), { maxLength: 3 }),
  fc.record({ label, score: number, probabilities: vector }, { requiredKeys: [] }),
  fc.record({ prediction: fc.oneof(label, number, vector), class: label }, { requiredKeys: [] }),
  fc.record({ cat: number, dog: number }),
);

const tensor = fc.record({
  name: fc.constantFrom('a', 'b', 'diagnosis'),
  datatype: fc.constantFrom('FP32', 'INT64', 'BYTES'),
  shape: fc.constantFrom([2], [1, 2], [2, 1], [3]),
  data: fc.oneof(
    fc.array(fc.oneof(number, label, fc.constant('0.5:1:cat')), { maxLength: 3 }),
    vector,
  ),
});

const choice = fc.record(
  {
    index: fc.constantFrom(0, 1, 7, 'x'),
    finish_reason: fc.constantFrom('stop', 'length'),
    message: fc.record(
      {
        content: text,
        tool_calls: fc.array(
          fc.record({
            function: fc.record({ name: label, arguments: fc.constantFrom('{}', '{"a":1}', '!') }),
          }),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

/** What model servers answer, and what is nearly that. */
const served = fc.oneof(
  fc.record(
    {
      predictions: fc.array(instance, { maxLength: 4 }),
      predict: fc.oneof(label, number, fc.array(fc.oneof(label, number), { maxLength: 3 })),
      predict_proba: fc.oneof(vector, fc.array(vector, { maxLength: 3 })),
      classes: fc.array(label, { maxLength: 3 }),
      score: fc.oneof(number, vector),
      items: fc.array(fc.oneof(label, fc.record({ id: number })), { maxLength: 4 }),
      outputs: fc.oneof(
        fc.array(tensor, { maxLength: 3 }),
        fc.record({ label: fc.array(label), scores: fc.array(number) }),
      ),
      choices: fc.array(choice, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  ),
  fc.array(instance, { maxLength: 4 }),
  fc.jsonValue({ maxDepth: 4 }),
);

const answer: fc.Arbitrary<Answer> = fc
  .tuple(served, fc.constantFrom(200, 200, 200, 500, 204))
  .map(([value, status]) => ({ status, type: 'application/json', body: JSON.stringify(value) }));

const runs = { numRuns: 500 };

function predicted(live: Answer, shadow: Answer, options: PredictionOptions) {
  return compareAnswers(live, shadow, { prediction: options, hashKey: 'key' }).prediction;
}

test('an answer agrees with itself wholly', () => {
  fc.assert(
    fc.property(answer, prediction, (same, options) => {
      const found = predicted(same, same, options);
      if (found === undefined) return;
      for (const share of [found.labelAgreement, found.topKOverlap, found.top1Agreement]) {
        assert.ok(share === undefined || share === 1);
      }
      for (const share of [found.textEqual, found.tokenF1, found.similarity]) {
        assert.ok(share === undefined || share === 1);
      }
      for (const distance of [found.meanJsd, found.maxProbabilityDifference]) {
        assert.ok(distance === undefined || distance === 0);
      }
      for (const distance of [found.meanScoreDifference, found.maxScoreDifference]) {
        assert.ok(distance === undefined || distance === 0);
      }
      for (const { live, shadow } of found.instances) assert.deepEqual(live, shadow);
    }),
    runs,
  );
});

test('an answer that is written in another way agrees with itself wholly', () => {
  fc.assert(
    fc.property(served, prediction, (value, options) => {
      const type = 'application/json';
      const live: Answer = { type, body: JSON.stringify(value) };
      const shadow: Answer = { type: 'text/plain', body: JSON.stringify(value, undefined, 1) };
      assert.deepEqual(predicted(live, shadow, options), predicted(live, live, options));
    }),
    runs,
  );
});

test('swapping the sides mirrors what is said', () => {
  fc.assert(
    fc.property(answer, answer, prediction, (live, shadow, options) => {
      const found = predicted(live, shadow, options);
      const mirrored = predicted(shadow, live, options);
      assert.deepEqual(mirrored && mirror(mirrored), found);
    }),
    runs,
  );
});

function mirror(found: PredictionComparison): PredictionComparison {
  const { instances, labels: counts, meanScoreDifference, ...rest } = found;
  return {
    ...rest,
    ...(meanScoreDifference !== undefined && { meanScoreDifference: minus(meanScoreDifference) }),
    instances: instances.map(mirrorInstance),
    labels: Object.fromEntries(
      Object.entries(counts).map(([name, { live, shadow }]) => [
        name,
        { live: shadow, shadow: live },
      ]),
    ),
  };
}

function mirrorInstance({ live, shadow, scoreDifference, ...rest }: InstanceComparison) {
  return {
    ...rest,
    ...(scoreDifference !== undefined && { scoreDifference: minus(scoreDifference) }),
    ...(live !== undefined && { shadow: live }),
    ...(shadow !== undefined && { live: shadow }),
  };
}

/** Without a negative zero. */
function minus(value: number): number {
  return value === 0 ? 0 : -value;
}

test('what is said is within its bounds and can be written as JSON', () => {
  fc.assert(
    fc.property(answer, answer, prediction, (live, shadow, options) => {
      const found = predicted(live, shadow, options);
      if (found === undefined) return;
      const { labelAgreement, topKOverlap, top1Agreement, meanJsd, tokenF1, similarity } = found;
      for (const share of [
        labelAgreement,
        topKOverlap,
        top1Agreement,
        meanJsd,
        tokenF1,
        similarity,
      ]) {
        assert.ok(share === undefined || (share >= 0 && share <= 1), `${share}`);
      }
      assert.ok(found.instances.length <= Math.min(100, found.count));
      for (const name of Object.keys(found.labels)) {
        const isListed = options.labels?.includes(name) === true;
        assert.ok(isListed || /^(?:h:[0-9a-f]{16}|~other)$/.test(name), name);
      }
      assert.deepEqual(JSON.parse(JSON.stringify(found)), structuredClone(found));
    }),
    runs,
  );
});

test('predictions never change the outcome of a pair', () => {
  fc.assert(
    fc.property(answer, answer, prediction, (live, shadow, options) => {
      const { prediction: _found, ...rest } = compareAnswers(live, shadow, { prediction: options });
      assert.deepEqual(rest, compareAnswers(live, shadow));
    }),
    runs,
  );
});

test('the distance of two texts is that of the plain table', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 100 });
  fc.assert(
    fc.property(letters, letters, (one, other) => {
      assert.equal(editDistance(one, other), plainDistance(one, other));
    }),
  );
});

function plainDistance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const here = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = above[column - 1]! + (one[row - 1] === other[column - 1] ? 0 : 1);
      here.push(Math.min(above[column]! + 1, here[column - 1]! + 1, replaced));
    }
    above = here;
  }
  return above[other.length]!;
}

const many = (item: string, count: number) => `[${`${item},`.repeat(count - 1)}${item}]`;

/** Answers that are made to cost time or memory. */
const hostile: Readonly<Record<string, string>> = {
  'two hundred thousand instances': `{"predictions":${many('"a"', 200_000)}}`,
  'as many labels as instances': `{"predictions":[${Array.from({ length: 100_000 }, (_, index) => `"${index}"`).join()}]}`,
  'instances in deep nesting': `{"predictions":${many(`${'['.repeat(200)}1${']'.repeat(200)}`, 1000)}}`,
  'one record of a hundred thousand fields': `{"predictions":[{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":0`).join()}}]}`,
  'sixty thousand columns': `{"outputs":{${Array.from({ length: 60_000 }, (_, index) => `"k${index}":[0]`).join()}}}`,
  'a vector of two hundred thousand': `{"predictions":[${many('0.000005', 200_000)}]}`,
  'a tensor of two hundred thousand rows': `{"outputs":[{"name":"y","datatype":"BYTES","shape":[200000],"data":${many('"0.5:1:a"', 200_000)}}]}`,
  'a shape of two hundred thousand': `{"outputs":[{"name":"y","datatype":"FP32","shape":${many('1', 200_000)},"data":[1]}]}`,
  'eighty thousand choices': `{"choices":${many('{"index":0}', 80_000)}}`,
  'texts of a megabyte': `{"choices":[{"message":{"content":"${'a b '.repeat(250_000)}"}}]}`,
  'combining marks': `{"choices":[{"message":{"content":"a${'\u0315\u0300'.repeat(100_000)}"}}]}`,
  'a hundred texts': `{"choices":${many(`{"text":"${'ab'.repeat(1000)}"}`, 100)}}`,
  'functions to be called': `{"choices":[{"message":{"tool_calls":${many('{"function":{"name":"f","arguments":"{}"}}', 30_000)}}}]}`,
  'arguments that are objects': `{"choices":[{"message":{"tool_calls":${many('{"function":{"arguments":{"a":1}}}', 25_000)}}}]}`,
  'a number that no double holds': '{"predictions":[1e999,-1e999,NaN,Infinity]}',
};

for (const [name, body] of Object.entries(hostile)) {
  test(`${name}: the ordinary outcome in bounded time`, { timeout: 20_000 }, () => {
    const live: Answer = { type: 'application/json', body };
    // Whatever is behind the last letter differs, texts among it.
    const shadow: Answer = { type: 'application/json', body: body.replaceAll('a', 'b') };
    for (const [one, other] of [
      [live, live],
      [live, shadow],
      [live, { status: 500 }],
    ] satisfies [Answer, Answer][]) {
      const { result } = compareAnswers(one, other);
      for (const options of everyPrediction) {
        const { prediction: found, ...rest } = compareAnswers(one, other, { prediction: options });
        assert.equal(rest.result, result);
        assert.ok(found === undefined || found.instances.length <= 100);
        assert.ok(found === undefined || Object.keys(found.labels).length <= 101);
      }
    }
  });
}
