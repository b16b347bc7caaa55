import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { splitIris } from '../../../../demo/models/iris.ts';
import { startModelServer, type ModelServer } from '../../../../demo/models/model-server.ts';
import { trainModel } from '../../../../demo/models/model.ts';

let server: ModelServer;
let url: string;

before(async () => {
  server = await startModelServer(trainModel('iris-tree', splitIris().training));
  url = `http://127.0.0.1:${server.port}/v1/models/iris`;
});
after(() => server.stop());

function predict(body: string, contentType = 'application/json'): Promise<Response> {
  return fetch(`${url}:predict`, {
    method: 'POST',
    body,
    headers: { 'content-type': contentType, connection: 'close' },
  });
}

async function assertRefused(response: Response, status: number, error: RegExp): Promise<void> {
  assert.equal(response.status, status);
  assert.equal(response.headers.get('content-type'), 'application/json');
  const body = (await response.json()) as { error: string };
  assert.match(body.error, error);
}

test('a prediction names each flower and says which model did', async () => {
  const response = await predict('{"instances": [[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6, 2.5]]}');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('x-model-version'), '1');
  assert.deepEqual(await response.json(), {
    model_name: 'iris-tree',
    model_version: '1',
    predictions: ['setosa', 'virginica'],
  });
});

test('the metadata says that the model is ready, and a query changes nothing', async () => {
  const response = await fetch(`${url}?verbose=1`, { headers: { connection: 'close' } });
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { name: 'iris', ready: true });
});

test('a body that is not JSON is 400', async () => {
  await assertRefused(await predict('{"instances": '), 400, /not JSON/);
});

for (const body of ['null', '7', '{}', '{"instances": []}', '{"instances": {}}']) {
  test(`${body} without a list of flowers is 400`, async () => {
    await assertRefused(await predict(body), 400, /"instances" must be a list/);
  });
}

for (const flower of ['[1, 2, 3]', '[1, 2, 3, "4"]', '[1, 2, 3, 1e999]', '7', 'null']) {
  test(`${flower} is no flower: 400 that says which`, async () => {
    const body = `{"instances": [[5.1, 3.5, 1.4, 0.2], ${flower}]}`;
    await assertRefused(await predict(body), 400, /"instances"\[1\]/);
  });
}

test('an unknown path is 404', async () => {
  await assertRefused(await fetch(`${url}s`, { headers: { connection: 'close' } }), 404, /path/);
});

test('a wrong method is 405 with the right ones', async () => {
  const deletion = await fetch(url, { method: 'DELETE', headers: { connection: 'close' } });
  assert.equal(deletion.headers.get('allow'), 'GET, HEAD');
  await assertRefused(deletion, 405, /DELETE/);
  const get = await fetch(`${url}:predict`, { headers: { connection: 'close' } });
  assert.equal(get.headers.get('allow'), 'POST');
  await assertRefused(get, 405, /GET/);
});

test('a body of another type is 415', async () => {
  await assertRefused(
    await predict('instances=1', 'application/x-www-form-urlencoded'),
    415,
    /JSON/,
  );
});

test('a body over the limit is 413, and the service goes on', async () => {
  await assertRefused(await predict(' '.repeat(300 * 1024)), 413, /larger than/);
  assert.equal((await predict('{"instances": [[5.1, 3.5, 1.4, 0.2]]}')).status, 200);
});
