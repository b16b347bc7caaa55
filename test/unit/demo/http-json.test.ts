import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';

import { getJson } from '../../../demo/http-json.ts';

const server = createServer((request, response) => {
  response.setHeader('connection', 'close');
  if (request.url === '/json') response.end('{"a": 1}');
  else if (request.url === '/text') response.end('hello');
  else response.writeHead(503).end('not ready');
});
let url: string;
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

test('the parsed body is returned', async () => {
  assert.deepEqual(await getJson(`${url}/json`), { a: 1 });
});

test('another status is an error with the address, the status and the reason', async () => {
  await assert.rejects(getJson(`${url}/down`), /\/down answered 503: not ready/);
});

test('a body that is not JSON is an error with the address and what came', async () => {
  await assert.rejects(getJson(`${url}/text`), /\/text did not answer with JSON: hello/);
});
