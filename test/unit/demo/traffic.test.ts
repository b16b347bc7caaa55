import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';

import type { ExpectedCall } from '../../../demo/customers.ts';
import { percentile, runTraffic, type TrafficOptions } from '../../../demo/traffic.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (let next = cleanups.pop(); next !== undefined; next = cleanups.pop()) await next();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const prediction: ExpectedCall = {
  call: { method: 'POST', path: '/p', body: '{"instances":[[1,2,3,4]]}' },
  answer: {
    status: 200,
    contentType: 'application/json',
    modelVersion: '1',
    body: '{"predictions":["setosa"]}',
  },
};
const metadata: ExpectedCall = {
  call: { method: 'GET', path: '/m', body: undefined },
  answer: { ...prediction.answer, body: '{"ready":true}' },
};

const answerRightly: RequestListener = (request, response) => {
  const { contentType, modelVersion, body } = (request.url === '/p' ? prediction : metadata).answer;
  response
    .setHeader('content-type', contentType ?? '')
    .setHeader('x-model-version', modelVersion ?? '');
  request.resume().on('end', () => response.end(body));
};

function options(url: string, more: Partial<TrafficOptions> = {}): TrafficOptions {
  return {
    url,
    calls: [prediction, metadata],
    requestsPerSecond: 200,
    seconds: 0.1,
    signal: new AbortController().signal,
    ...more,
  };
}

test('rate times seconds requests are made, each with an id of its own', async () => {
  const ids: string[] = [];
  const url = await serve((request, response) => {
    if (request.method === 'POST') ids.push(String(request.headers['x-request-id']));
    answerRightly(request, response);
  });
  const traffic = await runTraffic(options(url));
  assert.equal(traffic.requests, 20);
  assert.equal(traffic.errors, 0);
  assert.equal(traffic.latenciesMs.length, 20);
  assert.equal(new Set(ids).size, 10);
});

const wrong: readonly { what: string; listener: RequestListener; reason: RegExp }[] = [
  {
    what: 'another status',
    listener: (_request, response) => response.writeHead(503).end('{}'),
    reason: /POST \/p: 503/,
  },
  {
    what: 'another body',
    listener: (_request, response) =>
      response
        .setHeader('content-type', 'application/json')
        .setHeader('x-model-version', '1')
        .end('{"predictions":["virginica"]}'),
    reason: /virginica.*, not 200 .*setosa/,
  },
  {
    what: 'the answer of another model version',
    listener: (_request, response) =>
      response
        .setHeader('content-type', 'application/json')
        .setHeader('x-model-version', '2')
        .end(prediction.answer.body),
    reason: /POST \/p/,
  },
  {
    what: 'a closed connection',
    listener: (request) => request.socket.destroy(),
    reason: /POST \/p: /,
  },
];
for (const { what, listener, reason } of wrong) {
  test(`${what} is an error that a customer saw`, async () => {
    const url = await serve(listener);
    const traffic = await runTraffic(options(url, { calls: [prediction], seconds: 0.05 }));
    assert.equal(traffic.requests, 10);
    assert.equal(traffic.errors, 10);
    assert.match(traffic.errorExamples[0] ?? '', reason);
    assert.ok(traffic.errorExamples.length <= 5);
  });
}

for (const settle of ['resolve', 'reject'] as const) {
  test(`customers go on after their time until what they wait for ends by ${settle}`, async () => {
    const awaited = Promise.withResolvers<void>();
    const url = await serve(answerRightly);
    const traffic = await runTraffic(
      options(url, {
        goOnUntil: awaited.promise,
        onProgress: ({ requests }) => {
          if (requests === 30) awaited[settle]();
        },
      }),
    );
    assert.ok(traffic.requests >= 30);
    assert.equal(traffic.errors, 0);
  });
}

test('what ends before the time is over does not end the run', async () => {
  const url = await serve(answerRightly);
  const traffic = await runTraffic(options(url, { goOnUntil: Promise.resolve() }));
  assert.equal(traffic.requests, 20);
});

test('an abort ends the run at once, and calls that it cancelled are no errors', async () => {
  const ending = new AbortController();
  const url = await serve(() => ending.abort(new Error('enough')));
  const traffic = await runTraffic(options(url, { seconds: 1000, signal: ending.signal }));
  assert.equal(traffic.requests, 0);
  assert.equal(traffic.errors, 0);
});

test('a percentile is a latency that occurred', () => {
  const latencies = [5, 1, 4, 2, 3];
  assert.equal(percentile(latencies, 0.5), 3);
  assert.equal(percentile(latencies, 0.99), 5);
  assert.equal(percentile(latencies, 0), 1);
  assert.equal(percentile([], 0.5), 0);
});
