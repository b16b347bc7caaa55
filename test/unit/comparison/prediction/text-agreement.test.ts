import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  compareTexts,
  createEditBudget,
  maxCountedCharacters,
  maxEditedCharacters,
} from '../../../../src/comparison/prediction/text-agreement.ts';

const compared = (live: string, shadow: string) => compareTexts(live, shadow, createEditBudget());

function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}`);
}

test('two sentences share words and characters', () => {
  const found = compared('the cat sat on the mat', 'the cat is on a mat');
  assert.equal(found.equal, false);
  assertNear(found.tokenF1, 0.6666666667);
  assertNear(found.similarity, 0.7272727273);
});

test('white space and Unicode composition do not matter', () => {
  for (const [live, shadow] of [
    ['a  b\n', ' a b'],
    ['caf\u00e9', 'cafe\u0301'],
    ['', ' '],
  ] as const) {
    assert.deepEqual(compared(live, shadow), { equal: true, tokenF1: 1, similarity: 1 });
  }
});

test('case and punctuation matter to equality, case not to words', () => {
  const found = compared('Yes, it is.', 'yes, it is.');
  assert.equal(found.equal, false);
  assert.equal(found.tokenF1, 1);
  assert.equal(compared('yes', '').tokenF1, 0);
  assert.equal(compared('yes', '').similarity, 0);
});

test('scripts without spaces have a word for each character', () => {
  assert.equal(compared('東京都', '京都府').tokenF1, 2 / 3);
});

test('long texts, and texts for which nothing is left, are measured by their words alone', () => {
  const long = 'word '.repeat(maxEditedCharacters);
  const found = compared(`${long}a`, `${long}b`);
  assert.equal(found.similarity, found.tokenF1);
  const spent = compareTexts('abc', 'abd', { steps: 0 });
  assert.deepEqual(spent, { equal: false, tokenF1: 0, similarity: 0 });
  const budget = createEditBudget();
  compareTexts('abc', 'abd', budget);
  assert.equal(createEditBudget().steps - budget.steps, 3);
});

test('words behind the counted characters are not counted', () => {
  const long = 'x'.repeat(maxCountedCharacters);
  assert.deepEqual(compared(`${long} a`, `${long} b`), {
    equal: false,
    tokenF1: 1,
    similarity: 1,
  });
});
