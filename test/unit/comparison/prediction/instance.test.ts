import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  classOf,
  entriesOf,
  numbersOf,
  readInstance,
  readNumber,
  readRecord,
  textsOf,
} from '../../../../src/comparison/prediction/instance.ts';
import { sourceOf } from './source.ts';

const flowers = ['setosa', 'versicolor', 'virginica'];
const read = (value: unknown, labels?: readonly string[]) =>
  readInstance(sourceOf(value, labels), 0);

test('a text or boolean is a label, null is nothing', () => {
  assert.deepEqual(read('"setosa"'), { label: 'setosa' });
  assert.deepEqual(read(true), { label: 'true' });
  assert.equal(read(null), undefined);
});

test('a number is a score, unless the labels say that it is a class', () => {
  assert.deepEqual(read(2), { score: 2 });
  assert.deepEqual(read(2, flowers), { label: 'virginica' });
  assert.deepEqual(read('2.0', flowers), { label: 'virginica' });
  assert.deepEqual(read(2, ['1', '2']), { label: '2' });
  assert.deepEqual(read(0.5, flowers), { score: 0.5 });
  assert.deepEqual(read(3, flowers), { score: 3 });
  assert.equal(read('NaN'), undefined);
  assert.deepEqual(readNumber(sourceOf(1, flowers), 0), { label: 'versicolor' });
  assert.equal(classOf(sourceOf(7), 0), '7');
});

test('a list of one thing is that thing', () => {
  assert.deepEqual(read([0.3]), { score: 0.3 });
  assert.deepEqual(read([[[0.3]]]), { score: 0.3 });
  assert.deepEqual(read([['setosa']]), { label: 'setosa' });
  assert.deepEqual(read([{ label: 'setosa' }]), { label: 'setosa' });
});

test('a list of numbers is probabilities or the numbers of named classes', () => {
  const values = [0.1, 0.2, 0.7];
  const expected = { label: 'virginica', score: 0.7, probabilities: { values } };
  assert.deepEqual(read(values, flowers), expected);
  assert.deepEqual(read([values], flowers), expected);
  assert.deepEqual(read([1, 2, 3], flowers), { label: 'virginica', score: 3 });
  assert.equal(read([1, 2, 3]), undefined);
});

test('of classes with scores the best one counts', () => {
  const best = { label: 'b', score: 0.8 };
  const none = { label: 'c', score: 0.1 };
  assert.deepEqual(
    read([
      ['a', 0.2],
      ['b', 0.8],
    ]),
    best,
  );
  assert.deepEqual(read([['b', 0.8]]), best);
  assert.deepEqual(read(['b', 0.8]), best);
  assert.deepEqual(read([none, best]), best);
  assert.equal(read([none, 7]), undefined);
});

test('a list of texts is a ranking', () => {
  assert.deepEqual(read(['a', 'b']), { ranking: ['"a', '"b'] });
  assert.equal(read([]), undefined);
});

test('a record is read by the names that servers use', () => {
  assert.deepEqual(read({ label: 'a', score: 0.9, id: 7 }), { label: 'a', score: 0.9 });
  assert.deepEqual(read({ class: 1, confidence: 0.9 }, flowers), {
    label: 'versicolor',
    score: 0.9,
  });
  assert.deepEqual(read({ prediction: 1.5 }), { score: 1.5 });
  assert.deepEqual(read({ predicted_label: 'x', probabilities: [0.9, 0.1] }), {
    label: 'x',
    score: 0.9,
    probabilities: { values: [0.9, 0.1] },
  });
  assert.deepEqual(read({ classes: ['x', 'y'], scores: [0.1, 0.9] }), {
    label: 'y',
    score: 0.9,
    probabilities: { values: [0.1, 0.9], classes: ['x', 'y'] },
  });
});

test('a record of one unknown thing is that thing, unless its name hides values', () => {
  assert.deepEqual(read({ price: 12.5 }), { score: 12.5 });
  assert.equal(read({ diagnosis: 'flu' }), undefined);
});

test('a record of numbers that are a distribution is that of its keys', () => {
  const classes = ['x', 'y'];
  assert.deepEqual(read({ x: 0.4, y: 0.6 }), {
    label: 'y',
    score: 0.6,
    probabilities: { values: [0.4, 0.6], classes },
  });
  for (const value of [{ x: 1, y: 2 }, { x: 0.4, y: '0.6' }, { a: [], b: {} }, {}]) {
    assert.equal(read(value), undefined);
  }
});

test('the parts of a record can come from elsewhere', () => {
  const source = sourceOf({ a: 'x', b: 0.5 });
  const nodes = [...entriesOf(source.document, 0)];
  assert.deepEqual(
    nodes.map(([key]) => key),
    ['a', 'b'],
  );
  assert.deepEqual(
    readRecord(source, [
      ['label', nodes[0]![1]],
      ['score', nodes[1]![1]],
    ]),
    { label: 'x', score: 0.5 },
  );
});

test('lists are numbers or texts as a whole, or not at all', () => {
  assert.deepEqual(numbersOf(sourceOf([1, 2.5]).document, 0), [1, 2.5]);
  assert.equal(numbersOf(sourceOf([1, '2']).document, 0), undefined);
  assert.equal(numbersOf(sourceOf([]).document, 0), undefined);
  assert.deepEqual(textsOf(sourceOf(['a', 1]).document, 0), ['a', '1']);
  assert.equal(textsOf(sourceOf(['a', null]).document, 0), undefined);
  assert.equal(textsOf(sourceOf('"a"').document, 0), undefined);
});
