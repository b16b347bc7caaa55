import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';

import { createPrometheus, type RawSamples } from '../../../src/fleet/prometheus.ts';
import { freePorts } from '../../kit/free-ports.ts';
import { httpService } from '../../kit/http-service.ts';
import { prometheusDouble } from '../../kit/prometheus-double.ts';

async function answerTo(
  t: TestContext,
  answer: (response: ServerResponse) => void,
  limits: { timeoutMs?: number; maxResponseBytes?: number } = {},
): Promise<RawSamples> {
  const service = await httpService(t, (_request, response) => answer(response));
  return createPrometheus({ url: service.url, ...limits }).rawSamples('{a="b"}', 1000, 5000);
}

const matrix = (result: unknown): string =>
  JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });

test('samples come back with their labels and instants', async (t) => {
  const series = [
    {
      labels: { __name__: 'x', job: 'j' },
      samples: [
        [4000, 1],
        [5000, 2.5],
      ] as const,
    },
    { labels: { __name__: 'y' }, samples: [[3999, 7]] as const },
  ];
  const { url, asked } = await prometheusDouble(t, series);
  const read = await createPrometheus({ url }).rawSamples('{a="b"}', 1000, 5000);
  assert.ok(read.kind === 'samples');
  assert.deepEqual(read.series, [{ labels: series[0]!.labels, samples: [[5000, 2.5]] }]);
  assert.deepEqual(Object.fromEntries(asked[0]!), { query: '{a="b"}[1000ms]', time: '5.000' });
});

test('a path before the API stays, and a user or a token is sent', async (t) => {
  const seen: string[] = [];
  const service = await httpService(t, (request, response) => {
    seen.push(`${request.url.split('?')[0]} ${request.headers.authorization}`);
    response.end(matrix([]));
  });
  const withUser = service.url.replace('http://', 'http://u:p%40s@');
  await createPrometheus({ url: `${withUser}/prom/` }).rawSamples('{}', 1, 1);
  await createPrometheus({ url: service.url, token: 't' }).rawSamples('{}', 1, 1);
  assert.deepEqual(seen, ['/prom/api/v1/query Basic dTpwQHM=', '/api/v1/query Bearer t']);
});

test('an answer that is something else than raw samples is malformed', async (t) => {
  const one = { metric: { a: 'b' }, values: [[1, '1']] };
  const answers: Record<string, string> = {
    'no JSON': '<html>',
    null: 'null',
    'an error with 200': '{"status":"error","error":"no"}',
    'no data': '{"status":"success"}',
    'a vector': JSON.stringify({ status: 'success', data: { resultType: 'vector', result: [] } }),
    'a result that is no list': matrix({}),
    'a series that is null': matrix([null]),
    'labels that are no texts': matrix([{ ...one, metric: { a: 1 } }]),
    'no labels': matrix([{ values: [] }]),
    'a native histogram': matrix([{ metric: {}, histograms: [] }]),
    'a sample that is no pair': matrix([{ ...one, values: [[1]] }]),
    'a value that is a number': matrix([{ ...one, values: [[1, 1]] }]),
    'a value that is empty': matrix([{ ...one, values: [[1, '']] }]),
    'an instant that is a text': matrix([{ ...one, values: [['1', '1']] }]),
    'an instant beyond all time': matrix([{ ...one, values: [[1e300, '1']] }]),
    'time that runs backwards': matrix([
      {
        ...one,
        values: [
          [2, '1'],
          [1, '2'],
        ],
      },
    ]),
    'an instant twice': matrix([
      {
        ...one,
        values: [
          [1, '1'],
          [1, '2'],
        ],
      },
    ]),
    'half an answer': matrix([one]).slice(0, -3),
  };
  for (const [what, text] of Object.entries(answers)) {
    const read = await answerTo(t, (response) => response.end(text));
    assert.ok(read.kind === 'trouble', what);
    assert.equal(read.code, 'prometheus_malformed', what);
  }
});

test('a value that is no number is handed on as what it is', async (t) => {
  const read = await answerTo(t, (response) =>
    response.end(
      matrix([
        {
          metric: {},
          values: [
            [1, 'NaN'],
            [2, '+Inf'],
            [3, 'x'],
          ],
        },
      ]),
    ),
  );
  assert.ok(read.kind === 'samples');
  assert.deepEqual(
    read.series[0]!.samples.map(([, value]) => value),
    [Number.NaN, Number.NaN, Number.NaN],
  );
});

test('an answer with a warning may not be whole', async (t) => {
  const text = JSON.stringify({ ...(JSON.parse(matrix([])) as object), warnings: ['store away'] });
  const read = await answerTo(t, (response) => response.end(text));
  assert.ok(read.kind === 'trouble');
  assert.equal(read.code, 'prometheus_partial');
  assert.match(read.message, /store away/);
});

test('a Prometheus that is away, refuses, redirects or breaks off cannot be read', async (t) => {
  const [port] = await freePorts(1);
  const away = await createPrometheus({ url: `http://127.0.0.1:${port}` }).rawSamples('{}', 1, 1);
  assert.ok(away.kind === 'trouble');
  assert.equal(away.code, 'prometheus_unreachable');
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(503).end('{"status":"error","error":"starting"}'),
    (response) => response.writeHead(401).end(),
    (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
    (response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{');
      response.destroy();
    },
  ];
  for (const answer of answers) {
    const read = await answerTo(t, answer);
    assert.ok(read.kind === 'trouble');
    assert.equal(read.code, 'prometheus_unreachable');
  }
});

test('a Prometheus that does not answer is waited for no longer than said', async (t) => {
  const read = await answerTo(t, () => {}, { timeoutMs: 50 });
  assert.ok(read.kind === 'trouble');
  assert.equal(read.code, 'prometheus_unreachable');
});

test('more than may be read is too large, whoever says so', async (t) => {
  const large = await answerTo(t, (response) => response.end('x'.repeat(1000)), {
    maxResponseBytes: 999,
  });
  assert.equal(large.kind, 'too_large');
  const many = await answerTo(t, (response) =>
    response
      .writeHead(422)
      .end('{"status":"error","error":"query processing would load too many samples into memory"}'),
  );
  assert.equal(many.kind, 'too_large');
});
