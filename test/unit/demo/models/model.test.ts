import assert from 'node:assert/strict';
import { test } from 'node:test';

import { splitIris } from '../../../../demo/models/iris.ts';
import { accuracy, MODEL_NAMES, trainModel } from '../../../../demo/models/model.ts';

const { training, heldOut } = splitIris();

for (const name of MODEL_NAMES) {
  test(`${name} names at least 9 of 10 flowers rightly that it has not learned`, () => {
    assert.ok(accuracy(trainModel(name, training), heldOut) >= 0.9);
  });

  test(`${name} learns the same from the same flowers`, () => {
    const rows = heldOut.map((flower) => flower.measurements);
    assert.deepEqual(
      trainModel(name, training).predict(rows),
      trainModel(name, training).predict(rows),
    );
  });
}

test('the two models disagree on some flowers that neither has learned', () => {
  const rows = heldOut.map((flower) => flower.measurements);
  const [live = [], shadow = []] = MODEL_NAMES.map((name) =>
    trainModel(name, training).predict(rows),
  );
  const different = live.filter((species, index) => species !== shadow[index]).length;
  assert.ok(different >= 3 && different <= 15, `${different} of ${rows.length}`);
});
