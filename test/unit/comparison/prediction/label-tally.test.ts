import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createKeyedHash } from '../../../../src/comparison/keyed-hash.ts';
import {
  LabelTally,
  nameOf,
  type LabelNaming,
} from '../../../../src/comparison/prediction/label-tally.ts';

const hash = createKeyedHash('key');
const naming: LabelNaming = { listed: new Set(['cat']), showsAll: false, hash };

test('a listed label is shown, another one only where all are', () => {
  assert.equal(nameOf('cat', naming), 'cat');
  assert.equal(nameOf('dog', naming), hash('dog'));
  assert.equal(nameOf('dog', { ...naming, showsAll: true }), 'dog');
});

test('a label that is long or looks like a credential is hashed even then', () => {
  for (const label of ['x'.repeat(65), 'eyJhbGciOiJIUzI1NiJ9']) {
    assert.equal(nameOf(label, { ...naming, showsAll: true }), hash(label));
  }
});

test('labels are counted by side', () => {
  const tally = new LabelTally(naming);
  tally.count('cat', 'live');
  tally.count('cat', 'shadow');
  tally.count('dog', 'shadow');
  assert.deepEqual(tally.counts(), {
    cat: { live: 1, shadow: 1 },
    [hash('dog')]: { live: 0, shadow: 1 },
  });
  assert.equal(tally.nameOf('dog'), hash('dog'));
});

test('beyond a hundred labels the others are one, and still have names', () => {
  const tally = new LabelTally({ ...naming, showsAll: true });
  for (let index = 0; index < 150; index++) tally.count(`label ${index}`, 'live');
  tally.count('label 3', 'shadow');
  const counts = tally.counts();
  assert.equal(Object.keys(counts).length, 101);
  assert.deepEqual(counts['~other'], { live: 50, shadow: 0 });
  assert.deepEqual(counts['label 3'], { live: 1, shadow: 1 });
  assert.equal(tally.nameOf('label 149'), 'label 149');
});

test('a label that is called __proto__ is one like any other', () => {
  const tally = new LabelTally({ ...naming, showsAll: true });
  tally.count('__proto__', 'live');
  assert.deepEqual(Object.keys(tally.counts()), ['__proto__']);
});
