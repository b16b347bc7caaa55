/**
 * Answers that are Envoy's own: what a route or a failed live service makes it say. None of them ever reaches the
 * shadow or is compared, and one that live gave at the second try is one exchange like any other.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { ask, type Question } from '../kit/customer.ts';
import {
  closedPort,
  cluster,
  envoy,
  route,
  twinspanCluster,
  type TestEnvoy,
} from '../kit/envoy.ts';
import { httpService, json, type Asked } from '../kit/http-service.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import { rawConnection, rawService, type RawAnswer, type RawService } from '../kit/raw-http.ts';
import { twinspan } from '../kit/twinspan.ts';
import { observer, until, type Observe } from './observer.ts';
import { executionSpan, pairSpan, traceInWords } from './trace-in-words.ts';

const disabled = {
  typed_per_filter_config: {
    'envoy.filters.http.ext_proc': {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute',
      disabled: true,
    },
  },
};

describe("Envoy's own answers", { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  let running: TestEnvoy;
  let live: RawService;
  let observe: Observe<Asked>;
  let customers: string;

  before(async () => {
    live = await rawService(lifetime, answerOf);
    const shadow = await httpService(lifetime, json({ a: 1 }));
    const sidecar = await twinspan(lifetime, { shadow: { url: shadow.url } });
    const hasty = await rawService(
      lifetime,
      () => ({ bytes: 'HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig' }),
      { hasty: true },
    );
    running = await envoy(lifetime, {
      listeners: {
        ingress: {
          routes: [
            {
              match: { path: '/direct' },
              direct_response: { status: 200, body: { inline_string: '{"a":1}' } },
            },
            { match: { path: '/moved' }, redirect: { path_redirect: '/there' } },
            route('/off', 'live', {}, disabled),
            route('/silent', 'live', { timeout: '0.2s' }),
            route('/no-endpoint', 'empty'),
            route('/refused', 'refused'),
            route('/early', 'hasty'),
            route('/unsteady', 'live', { retry_policy: { retry_on: '5xx', num_retries: 2 } }),
            route('/live', 'live'),
          ],
        },
      },
      clusters: [
        cluster('live', live.port),
        cluster('hasty', hasty.port),
        cluster('refused', closedPort),
        cluster('empty', undefined),
        twinspanCluster(sidecar.app.addresses.extProc),
      ],
    });
    customers = running.listeners['ingress']!;
    observe = observer(sidecar, shadow, ({ headers }) => headers['x-request-id']);
  });

  const once = (path: string, question: Question = {}) =>
    observe(1, () => ask(customers, { ...question, path }));

  const replies = [
    { what: 'a direct response', path: '/direct', status: 200 },
    { what: 'a redirect', path: '/moved', status: 301 },
    { what: 'a request without a route', path: '/elsewhere', status: 404 },
  ];
  for (const { what, path, status } of replies) {
    it(`${what} is Envoy's own reply: live was not asked, nor is the shadow`, async () => {
      const { result, outcomes, asked, exportedSpans } = await once(path);
      assert.equal(result.status, status);
      assert.deepEqual(outcomes, { local_reply: 1 });
      assert.equal(asked.length, 0);
      assert.deepEqual(await exportedSpans(), []);
    });
  }

  it('a route on which the filter is off is never seen', async () => {
    const { outcomes, asked } = await observe(1, async () => {
      for (let count = 0; count < 5; count += 1) await ask(customers, { path: '/off' });
      return ask(customers, { path: '/live' });
    });
    assert.deepEqual(outcomes, { match: 1 });
    assert.deepEqual(
      asked.map(({ url }) => url),
      ['/live'],
    );
  });

  const failures = [
    { what: 'refuses the connection', path: '/refused', status: 503 },
    { what: 'resets the connection', path: '/live/breaks', status: 503 },
    { what: 'does not answer in time', path: '/silent', status: 504 },
    { what: 'has no healthy endpoint', path: '/no-endpoint', status: 503 },
  ];
  for (const { what, path, status } of failures) {
    it(`a live service that ${what} is not answered for by the shadow`, async () => {
      const { result, outcomes, asked, pairs } = await once(path);
      assert.equal(result.status, status);
      assert.deepEqual(outcomes, { live_upstream_failed: 1 });
      assert.equal(asked.length, 0);
      assert.equal(pairs.length, 0);
    });
  }

  it('the trace of a failed live service has the live span alone, as an error', async () => {
    const { exportedSpans } = await once('/silent');
    const spans = await exportedSpans();
    assert.deepEqual(traceInWords(spans), [
      'twinspan.pair (internal) live_error live_upstream_failed',
      '  GET /** (internal) live 504 504 ERROR',
    ]);
    assert.equal(pairSpan(spans).attributes['twinspan.live.status_code'], 504);
    assert.equal(pairSpan(spans).attributes['twinspan.live.duration'], undefined);
  });

  it('a 503 of the live service itself is an answer, and is compared', async () => {
    const { result, outcomes, pairs } = await once('/live/unavailable');
    assert.equal(result.status, 503);
    assert.deepEqual(outcomes, { mismatch: 1 });
    assert.deepEqual([pairs[0]?.live.status, pairs[0]?.shadow.status], [503, 200]);
  });

  it('what Envoy tried twice is one exchange and one request to the shadow', async () => {
    const before = live.requests.length;
    const { result, outcomes, asked, exportedSpans } = await once('/unsteady', {
      body: '{"a":1}',
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(result.status, 200);
    assert.equal(live.requests.length - before, 2, 'live was asked twice');
    assert.deepEqual(outcomes, { match: 1 });
    assert.deepEqual(
      asked.map(({ url, body }) => `${url} ${body.toString()}`),
      ['/unsteady {"a":1}'],
    );
    assert.deepEqual(traceInWords(await exportedSpans()), [
      'twinspan.pair (internal) match',
      '  POST /** (internal) live 200',
      '  POST /** (client) shadow 200',
    ]);
  });

  it('what Envoy tried in vain until its retries were used up is the last answer of live', async () => {
    const { result, outcomes } = await once('/unsteady/always');
    assert.equal(result.status, 503);
    assert.deepEqual(outcomes, { mismatch: 1 });
  });

  it('an answer before the upload has ended leaves a request that cannot be repeated', async () => {
    const { result, outcomes, asked, exportedSpans } = await observe(1, async () => {
      const connection = await rawConnection(customers);
      await connection.send('POST /early HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc');
      return connection.all;
    });
    assert.match(result, /^HTTP\/1.1 413 [^]*big$/);
    assert.deepEqual(outcomes, { live_incomplete: 1 });
    assert.equal(asked.length, 0);
    const spans = await exportedSpans();
    assert.deepEqual(traceInWords(spans), [
      'twinspan.pair (internal) live_error live_incomplete',
      '  POST /** (internal) live 413',
    ]);
    const { attributes } = executionSpan(spans, 'live');
    assert.equal(attributes['http.request.body.size'], undefined);
  });

  it('Envoy holds no stream to twinspan once the exchanges are over', async () => {
    await once('/live');
    await until(async () => (await running.stat('cluster.twinspan.upstream_rq_active')) === 0);
    assert.equal(await running.stat('http.ingress.ext_proc.twinspan.streams_failed'), 0);
    assert.equal(await running.stat('http.ingress.ext_proc.twinspan.failure_mode_allowed'), 0);
  });
});

const tried = new Set<string>();

function answerOf(text: string): RawAnswer {
  const path = text.split(' ')[1]!;
  const id = /^x-request-id: (.*)\r$/m.exec(text)?.[1] ?? '';
  if (path === '/silent') return { bytes: '' };
  if (path === '/live/breaks') return { bytes: '', close: 'reset' };
  if (path === '/live/unavailable' || path === '/unsteady/always') return unavailable;
  if (path === '/unsteady' && !tried.has(id)) {
    tried.add(id);
    return unavailable;
  }
  return {
    bytes: 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}',
  };
}

const unavailable: RawAnswer = {
  bytes: 'HTTP/1.1 503 Later\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
};
