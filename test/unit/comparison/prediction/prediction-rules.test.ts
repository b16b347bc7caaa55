import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { PredictionOptions } from '../../../../src/comparison/prediction/prediction-rules.ts';
import { compareAnswers, type Answer } from '../make-pair.ts';

const json = (value: unknown, over: Answer = {}): Answer => ({
  type: 'application/json',
  body: JSON.stringify(value),
  ...over,
});

function compared(live: Answer, shadow: Answer, prediction: PredictionOptions) {
  return compareAnswers(live, shadow, { prediction });
}

test('each preset and the pointers read their own answers', () => {
  const labels = ['a', 'b', 'stop'];
  const chat = (content: string) => ({
    choices: [{ index: 0, message: { content }, finish_reason: 'stop' }],
  });
  const tensor = (data: readonly string[]) => ({
    outputs: [{ name: 'y', datatype: 'BYTES', shape: [data.length], data }],
  });
  const cases: readonly [PredictionOptions, unknown, unknown, number][] = [
    [{ preset: 'kserve-v1' }, { predictions: ['a', 'b'] }, { predictions: ['a', 'a'] }, 0.5],
    [{ preset: 'oip-v2' }, tensor(['a', 'b']), tensor(['a', 'a']), 0.5],
    [{ preset: 'mlflow' }, { predictions: ['a'] }, ['b'], 0],
    [{ preset: 'openai-chat' }, chat('yes'), chat('no'), 1],
    [{ preset: 'sklearn' }, ['a', 'b'], { labels: ['a', 'a'] }, 0.5],
    [{ label: '/rows/*' }, { rows: ['a', 'b'] }, { rows: ['a', 'a'] }, 0.5],
  ];
  for (const [prediction, live, shadow, agreement] of cases) {
    const found = compared(json(live), json(shadow), { ...prediction, labels }).prediction;
    assert.equal(found?.labelAgreement, agreement, JSON.stringify(prediction));
  }
});

test('equal bodies agree wholly', () => {
  const answer = json({ predictions: ['a', 'b'] });
  const comparison = compared(answer, answer, { preset: 'kserve-v1', labels: ['a', 'b'] });
  assert.equal(comparison.result, 'match');
  assert.equal(comparison.prediction?.labelAgreement, 1);
  assert.equal(comparison.prediction?.count, 2);
});

test('an answer of another class, or none of JSON, predicts nothing: it disagrees', () => {
  const live = json({ predictions: ['a'] });
  for (const shadow of [
    json({ predictions: ['a'] }, { status: 500 }),
    json({ predictions: ['a'] }, { status: 204 }),
    { type: 'text/html', body: '<h1>Bad Gateway</h1>' },
    json({ predictions: ['a'] }, { encoding: 'gzip' }),
    { body: '' },
  ]) {
    const { prediction } = compared(live, shadow, { preset: 'kserve-v1' });
    assert.equal(prediction?.labelAgreement, 0);
    assert.equal(prediction.instances[0]?.shadow, undefined);
    const swapped = compared(shadow, live, { preset: 'kserve-v1' }).prediction;
    assert.equal(swapped?.labelAgreement, 0);
    assert.equal(swapped.instances[0]?.live, undefined);
  }
});

test('JSON is read whatever its media type is', () => {
  const answer: Answer = { type: 'text/html', body: '{"predictions":["a"]}' };
  assert.equal(compared(answer, answer, { preset: 'kserve-v1' }).prediction?.count, 1);
});

test('of an answer that is too large to be read nobody knows what it predicts', () => {
  const live = json({ predictions: ['a'] });
  for (const shadow of [
    { type: 'application/json', body: { length: 9, sha256: 'ab'.repeat(32) } },
    { type: 'application/json', body: '['.repeat(1000) + ']'.repeat(1000) },
    json({}, { encoding: 'gzip, br' }),
  ]) {
    assert.equal(compared(live, shadow, { preset: 'kserve-v1' }).prediction, undefined);
  }
});

test('labels are hashed with the key of the route unless they are listed or values are shown', () => {
  const answer = json({ predictions: ['a', 'b'] });
  const labelsOf = (show: 'pointers' | 'values', hashKey = 'key') =>
    compareAnswers(answer, answer, {
      prediction: { preset: 'kserve-v1', labels: ['a'] },
      show,
      hashKey,
    }).prediction?.instances.map(({ live }) => live?.label);
  const [listed, hashed] = labelsOf('pointers')!;
  assert.equal(listed, 'a');
  assert.match(hashed!, /^h:[0-9a-f]{16}$/);
  assert.equal(labelsOf('pointers')![1], hashed);
  assert.notEqual(labelsOf('pointers', 'other')![1], hashed);
  assert.deepEqual(labelsOf('values'), ['a', 'b']);
});
