import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readOpenInference } from '../../../../src/comparison/prediction/open-inference.ts';
import { sourceOf } from './source.ts';

interface Output {
  readonly name?: string;
  readonly datatype?: string;
  readonly shape?: unknown;
  readonly data?: unknown;
}

function answer(...outputs: readonly Output[]) {
  return {
    model_name: 'm',
    id: 'drawn anew',
    outputs: outputs.map((output) => ({ name: 'y', datatype: 'FP32', ...output })),
  };
}

const read = (value: unknown, labels?: readonly string[], other?: unknown) => [
  ...readOpenInference(
    sourceOf(value, labels),
    other === undefined ? undefined : sourceOf(other, labels),
  ),
];

test('the first dimension is the batch, and data is flat or nested', () => {
  const expected = [0.2, 0.9].map((first) => {
    const values = [first, 1 - first];
    return {
      label: first > 0.5 ? '0' : '1',
      score: Math.max(...values),
      probabilities: { values },
    };
  });
  const shape = [2, 2];
  assert.deepEqual(read(answer({ shape, data: [0.2, 0.8, 0.9, 1 - 0.9] })), expected);
  assert.deepEqual(
    read(
      answer({
        shape,
        data: [
          [0.2, 0.8],
          [0.9, 1 - 0.9],
        ],
      }),
    ),
    expected,
  );
});

test('one number a row is a score, one integer or text a class', () => {
  assert.deepEqual(read(answer({ shape: [2], data: [0.1, 0.2] })), [
    { score: 0.1 },
    { score: 0.2 },
  ]);
  assert.deepEqual(
    read(answer({ datatype: 'INT64', shape: [2, 1], data: [1, 7] }), ['no', 'yes']),
    [{ label: 'yes' }, { label: '7' }],
  );
  assert.deepEqual(read(answer({ datatype: 'BYTES', shape: [1], data: ['cat'] })), [
    { label: 'cat' },
  ]);
  assert.deepEqual(read(answer({ datatype: 'BOOL', shape: [1], data: [true] })), [
    { label: 'true' },
  ]);
});

test("Triton's classification texts are label, score and ranking", () => {
  const data = ['0.9:1:cat', '0.1:0:dog:big', '-1.5e-3:2', '0.2:0:'];
  assert.deepEqual(read(answer({ datatype: 'BYTES', shape: [2, 2], data }), ['x', 'y', 'z']), [
    { label: 'cat', score: 0.9, ranking: ['"cat', '"dog:big'] },
    { label: 'z', score: -0.0015, ranking: ['"z', '"'] },
  ]);
  assert.deepEqual(read(answer({ datatype: 'BYTES', shape: [1, 1], data: ['0.5:3'] })), [
    { label: '3', score: 0.5 },
  ]);
});

test('integers or texts of which a row has several are a ranking', () => {
  assert.deepEqual(read(answer({ datatype: 'INT32', shape: [1, 3], data: [5, 3, 9] })), [
    { ranking: ['"5', '"3', '"9'] },
  ]);
});

test('a label that is an output outweighs the most probable class', () => {
  const outputs = [
    { name: 'predict_proba', datatype: 'FP64', shape: [1, 2], data: [0.9, 0.1] },
    { name: 'predict', datatype: 'INT64', shape: [1], data: [1] },
  ];
  assert.deepEqual(read(answer(...outputs), ['no', 'yes']), [
    { label: 'yes', score: 0.9, probabilities: { values: [0.9, 0.1] } },
  ]);
});

test('both answers are read by the outputs that both have, in the order of their names', () => {
  const one = answer(
    { name: 'b', shape: [1], data: [2] },
    { name: 'c', shape: [1], data: [3] },
    { name: 'a', shape: [1], data: [1] },
  );
  const other = answer({ name: 'c', shape: [1], data: [4] }, { name: 'b', shape: [1], data: [5] });
  assert.deepEqual(read(one), [{ score: 1 }]);
  assert.deepEqual(read(one, [], other), [{ score: 2 }]);
  assert.deepEqual(read(other, [], one), [{ score: 5 }]);
  assert.deepEqual(read(one, [], answer({ name: 'z', shape: [1], data: [0] })), [{ score: 1 }]);
});

test('probabilities without a batch are one row when there is a name for each', () => {
  const tensor = answer({ shape: [2], data: [0.3, 0.7] });
  assert.equal(read(tensor).length, 2);
  assert.deepEqual(read(tensor, ['no', 'yes']), [
    { label: 'yes', score: 0.7, probabilities: { values: [0.3, 0.7] } },
  ]);
});

test('an output that is not what it says, or has the name of a secret, is not read', () => {
  for (const output of [
    { shape: [3], data: [1, 2] },
    { shape: [-1], data: [1] },
    { shape: [1e300, 1e300], data: [1] },
    { shape: 'x', data: [1] },
    { shape: [1] },
    { data: [1] },
    { shape: [0], data: [] },
    { shape: [3], data: [{ password: 'x' }] },
    { datatype: 7 as unknown as string, shape: [1], data: [1] },
    { name: 'diagnosis', shape: [1], data: [1] },
  ]) {
    assert.deepEqual(read(answer(output)), [], JSON.stringify(output));
  }
  for (const value of [{ outputs: 7 }, { outputs: [7, null] }, { error: 'x' }, []]) {
    assert.deepEqual(read(value), []);
  }
});
