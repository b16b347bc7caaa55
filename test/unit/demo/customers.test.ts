import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { customerCalls, expectAnswers } from '../../../demo/customers.ts';
import { splitIris } from '../../../demo/models/iris.ts';
import { startModelServer, type ModelServer } from '../../../demo/models/model-server.ts';
import { trainModel } from '../../../demo/models/model.ts';

let server: ModelServer;
before(async () => {
  server = await startModelServer(trainModel('iris-tree', splitIris().training));
});
after(() => server.stop());

function instancesOf(body: string | undefined): number[][] {
  return body === undefined ? [] : (JSON.parse(body) as { instances: number[][] }).instances;
}

test('customers ask the same in each run', () => {
  assert.deepEqual(customerCalls(), customerCalls());
});

test('every held-out flower is asked about once as measured and twice with at most 0.2 cm of jitter', () => {
  const asked = customerCalls().flatMap((call) => instancesOf(call.body));
  const { heldOut } = splitIris();
  assert.equal(asked.length, 3 * heldOut.length);
  const near = (flower: number[]) =>
    heldOut.some(({ measurements }) =>
      measurements.every((centimetres, column) => Math.abs(centimetres - flower[column]!) < 0.2051),
    );
  assert.ok(asked.every(near));
  const keys = new Set(asked.map((flower) => JSON.stringify(flower)));
  assert.ok(heldOut.every(({ measurements }) => keys.has(JSON.stringify(measurements))));
});

test('there are single predictions, batches and readings of the metadata', () => {
  const calls = customerCalls();
  const sizes = new Set(calls.map((call) => instancesOf(call.body).length));
  assert.deepEqual(
    [...sizes].toSorted((a, b) => a - b),
    [0, 1, 3],
  );
  assert.ok(calls.every(({ method, body }) => (method === 'GET') === (body === undefined)));
});

test('the right answer is the one that the live service gives alone', async () => {
  const calls = customerCalls().slice(0, 10);
  const url = `http://127.0.0.1:${server.port}`;
  const expected = await expectAnswers(url, calls, new AbortController().signal);
  assert.deepEqual(
    expected.map(({ call }) => call),
    calls,
  );
  assert.deepEqual(expected[3]?.answer, {
    status: 200,
    contentType: 'application/json',
    modelVersion: '1',
    body: '{"name":"iris","ready":true}',
  });
});

test('a live service that does not answer with 200 is an error before any traffic', async () => {
  await assert.rejects(
    expectAnswers(
      `http://127.0.0.1:${server.port}`,
      [{ method: 'GET', path: '/nothing', body: undefined }],
      new AbortController().signal,
    ),
    /answered \/nothing with 404/,
  );
});
