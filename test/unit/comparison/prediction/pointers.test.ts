import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compilePlace, readPlaces } from '../../../../src/comparison/prediction/pointers.ts';
import { sourceOf } from './source.ts';

function read(
  answer: unknown,
  places: { label?: string; score?: string; ranking?: string },
  labels?: readonly string[],
) {
  const compiled = {
    label: compilePlace(places.label),
    score: compilePlace(places.score),
    ranking: compilePlace(places.ranking),
  };
  return [...readPlaces(sourceOf(answer, labels), compiled)];
}

test('without a star the answer is one instance', () => {
  const answer = { out: { 'a/b': 'spam', p: 0.9 }, items: ['x', 'y'] };
  assert.deepEqual(read(answer, { label: '/out/a~1b', score: '/out/p', ranking: '/items' }), [
    { label: 'spam', score: 0.9, ranking: ['"x', '"y'] },
  ]);
  assert.deepEqual(read(7, { label: '' }), [{ label: '7' }]);
  assert.deepEqual(read({}, { label: '/a' }), [undefined]);
});

test('a star stands for the items of an array, in step with those of the other places', () => {
  const answer = { rows: [{ l: 'a' }, { x: 1 }, { l: 'c' }], p: [0.1] };
  assert.deepEqual(read(answer, { label: '/rows/*/l', score: '/p/*' }), [
    { label: 'a', score: 0.1 },
    undefined,
    { label: 'c' },
  ]);
  assert.deepEqual(read({ rows: 7 }, { label: '/rows/*/l' }), []);
});

test('the place of a label may hold the number of a class', () => {
  assert.deepEqual(read({ c: 1 }, { label: '/c' }, ['no', 'yes']), [{ label: 'yes' }]);
  assert.deepEqual(read({ c: 1 }, { label: '/c' }), [{ label: '1' }]);
});

test('the place of the score may hold the probabilities of all classes', () => {
  const answer = { l: 'x', p: [0.2, 0.8] };
  const read1 = { score: 0.8, probabilities: { values: [0.2, 0.8] } };
  assert.deepEqual(read(answer, { score: '/p' }), [{ label: '1', ...read1 }]);
  assert.deepEqual(read(answer, { label: '/l', score: '/p' }), [{ label: 'x', ...read1 }]);
});

test('nothing is read below a name that stands for a secret', () => {
  const answer = { user: { password: 'x' }, rows: [{ email: 'y' }], score: 0.5 };
  assert.deepEqual(read(answer, { label: '/user/password', score: '/score' }), [{ score: 0.5 }]);
  assert.deepEqual(read(answer, { label: '/rows/*/email' }), []);
});
