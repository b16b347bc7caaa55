import assert from 'node:assert/strict';
import { test } from 'node:test';

import { meetsPrediction } from '../../../../src/report/noise/prediction-places.ts';

test('a pattern at, above or below a predicted place meets it', () => {
  const prediction = { label: '/result/label', score: '/scores/0' };
  for (const [pattern, meets] of [
    ['/result/label', true],
    ['/result', true],
    ['/result/label/text', true],
    ['/scores/*', true],
    ['/*/label', true],
    ['/result/id', false],
    ['/id', false],
    ['/results', false],
    ['/scores_of/0', false],
  ] as const) {
    assert.equal(meetsPrediction(pattern, prediction), meets, pattern);
  }
});

test('every preset keeps what it reads, and leaves the rest', () => {
  for (const [preset, kept, left] of [
    [
      'kserve-v1',
      ['/predictions/*', '/predictions', '/outputs/*/x', '/results/*'],
      ['/id', '/took'],
    ],
    ['oip-v2', ['/outputs/*/data/*', '/outputs'], ['/id', '/model_version']],
    ['mlflow', ['/predictions/*', '/anything', '/*'], []],
    [
      'openai-chat',
      ['/choices', '/choices/*', '/choices/*/message/content', '/choices/*/finish_reason'],
      ['/id', '/created', '/usage/total_tokens', '/choices/*/message/tool_calls/*/id'],
    ],
    ['sklearn', ['/predictions/*', '/label', '/*', '/*/score'], ['/id', '/took']],
  ] as const) {
    for (const pattern of kept) {
      assert.equal(meetsPrediction(pattern, { preset }), true, `${preset} ${pattern}`);
    }
    for (const pattern of left) {
      assert.equal(meetsPrediction(pattern, { preset }), false, `${preset} ${pattern}`);
    }
  }
});

test('a preset of a newer twinspan could predict anywhere, a route without prediction nowhere', () => {
  assert.equal(meetsPrediction('/id', { preset: 'newer' }), true);
  assert.equal(meetsPrediction('/id', null), false);
});
