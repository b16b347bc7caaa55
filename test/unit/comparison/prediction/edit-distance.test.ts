import assert from 'node:assert/strict';
import { test } from 'node:test';

import { editDistance, editSteps } from '../../../../src/comparison/prediction/edit-distance.ts';

test('the distance is the number of characters to put in, leave out or replace', () => {
  assert.equal(editDistance('the cat sat on the mat', 'the cat is on a mat'), 6);
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('abc', ''), 3);
  assert.equal(editDistance('', ''), 0);
});

test('texts of more than one word of bits are measured as shorter ones are', () => {
  for (const length of [31, 32, 33, 63, 64, 65, 200]) {
    const text = 'ab'.repeat(length).slice(0, length);
    assert.equal(editDistance(text, text), 0, `${length}`);
    assert.equal(editDistance(text, `x${text}`), 1, `${length}`);
    assert.equal(editDistance(`${text}yz`, text), 2, `${length}`);
    assert.equal(editDistance(text, 'c'.repeat(length)), length, `${length}`);
  }
});

test('what it takes is known before', () => {
  assert.equal(editSteps('x'.repeat(33), 'y'.repeat(10)), 20);
});
