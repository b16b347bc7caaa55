import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  addLabels,
  cohensKappa,
  emptyConfusionMatrix,
  forEachCell,
  marginalHomogeneity,
  mergeConfusionMatrix,
  tableOf,
  type ConfusionMatrix,
} from '../../../../src/report/agreement/confusion-matrix.ts';
import { printedDigits } from '../../../kit/predictions.ts';

function matrixOf(counts: readonly (readonly number[])[], configured: string[] = []) {
  const matrix = emptyConfusionMatrix(configured);
  counts.forEach((row, live) =>
    row.forEach((count, shadow) => {
      for (let index = 0; index < count; index += 1) add(matrix, `label${live}`, `label${shadow}`);
    }),
  );
  return matrix;
}

function add(matrix: ConfusionMatrix, live: string | undefined, shadow: string | undefined): void {
  addLabels(matrix, live, shadow, live === shadow);
}

const three = [
  [45, 5, 0],
  [4, 30, 6],
  [1, 2, 7],
];

test("Cohen's kappa is that of the worked example", () => {
  const matrix = matrixOf(three);
  assert.equal(matrix.equal / matrix.total, 0.82);
  assert.equal(printedDigits(cohensKappa(matrix), 10), 0.6943972835);
});

test('the Stuart-Maxwell test is that of the worked example', () => {
  const result = marginalHomogeneity(matrixOf(three));
  assert.equal(printedDigits(result?.statistic, 10), 1.0112359551);
  assert.equal(result?.degreesOfFreedom, 2);
  // The statistic is 90/89, and with two degrees the tail is e^(-x/2).
  assert.equal(printedDigits(result?.pValue, 14), printedDigits(Math.exp(-45 / 89), 14));
});

test("with two labels it is McNemar's: (b - c)² / (b + c)", () => {
  const result = marginalHomogeneity(
    matrixOf([
      [40, 12],
      [3, 50],
    ]),
  );
  assert.equal(result?.statistic, 81 / 15);
  assert.equal(result?.degreesOfFreedom, 1);
});

test('labels that are never confused with the others take no part in the test', () => {
  const result = marginalHomogeneity(
    matrixOf([
      [5, 4, 0, 0, 0],
      [1, 5, 0, 0, 0],
      [0, 0, 9, 0, 0],
      [0, 0, 0, 7, 6],
      [0, 0, 0, 2, 7],
    ]),
  );
  // Two tables that have nothing to do with each other: their statistics add up.
  assert.equal(printedDigits(result?.statistic, 10), printedDigits(9 / 5 + 16 / 8, 10));
  assert.equal(result?.degreesOfFreedom, 2);
});

test('without a disagreement there is no test, and without variety no kappa', () => {
  assert.equal(marginalHomogeneity(matrixOf([[3], [0, 4]])), undefined);
  assert.equal(cohensKappa(matrixOf([[3], [0, 4]])), 1);
  assert.equal(cohensKappa(matrixOf([[7]])), undefined);
  assert.equal(cohensKappa(matrixOf([])), undefined);
});

test('a side without a label is ~none, two are nothing', () => {
  const matrix = emptyConfusionMatrix(['a', 'b']);
  add(matrix, 'a', undefined);
  add(matrix, undefined, 'b');
  add(matrix, undefined, undefined);
  assert.equal(matrix.total, 2);
  assert.equal(matrix.equal, 0);
  assert.deepEqual(tableOf(matrix), {
    labels: ['a', 'b', '~none'],
    counts: [
      [0, 0, 1],
      [0, 0, 0],
      [0, 1, 0],
    ],
  });
});

test('configured labels come first whatever is seen first, and those never seen are left out', () => {
  const matrix = emptyConfusionMatrix(['setosa', 'never', 'virginica']);
  add(matrix, 'new', 'virginica');
  add(matrix, 'setosa', 'setosa');
  assert.deepEqual(tableOf(matrix).labels, ['setosa', 'virginica', 'new']);
});

test('beyond 50 labels the rest is one, which makes no two of them equal', () => {
  const matrix = emptyConfusionMatrix([]);
  for (let index = 0; index < 70; index += 1) add(matrix, `label${index}`, `label${index}`);
  add(matrix, 'label60', 'label61');
  assert.equal(matrix.labels.length, 52);
  assert.equal(matrix.total, 71);
  assert.equal(matrix.equal, 70);
  const { labels, counts } = tableOf(matrix);
  assert.equal(labels.at(-1), '~other');
  assert.equal(counts.at(-1)?.at(-1), 21);
  assert.ok(cohensKappa(matrix)! < 70 / 71);
});

test('labels that only look equal are not counted as equal', () => {
  const matrix = emptyConfusionMatrix([]);
  addLabels(matrix, 'cut', 'cut', false);
  assert.equal(matrix.equal, 0);
});

test('a merged matrix has the cells of both', () => {
  const into = matrixOf([[1, 2]]);
  mergeConfusionMatrix(into, matrixOf([[0], [0, 0, 4]], ['label2']));
  const cells: [string, string, number][] = [];
  forEachCell(into, (...cell) => cells.push(cell));
  assert.deepEqual(cells, [
    ['label0', 'label0', 1],
    ['label0', 'label1', 2],
    ['label1', 'label2', 4],
  ]);
  assert.equal(into.total, 7);
});

test('a matrix that is merged into an empty one keeps its labels in their places', () => {
  const matrix = emptyConfusionMatrix([]);
  add(matrix, 'a', 'b');
  add(matrix, 'c', 'a');
  add(matrix, 'a', 'd');
  const into = emptyConfusionMatrix([]);
  mergeConfusionMatrix(into, matrix);
  assert.deepEqual(into.labels, matrix.labels);
});

test('JSON gives the same matrix back', () => {
  const matrix = matrixOf(three, ['label2']);
  assert.deepEqual(JSON.parse(JSON.stringify(matrix)), matrix);
});
