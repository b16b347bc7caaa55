/**
 * Everyday requests through a real Envoy: live answers the customer, the shadow gets the same request once, both
 * answers are compared, and the trace says so.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:http2';
import { before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';

import { ask, type Question } from '../kit/customer.ts';
import { cluster, envoy, route, twinspanCluster, type TestEnvoy } from '../kit/envoy.ts';
import { httpService, type Asked } from '../kit/http-service.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import { twinspan } from '../kit/twinspan.ts';
import { observer, type Observe } from './observer.ts';
import { executionSpan, pairSpan, traceInWords } from './trace-in-words.ts';

const type = { 'content-type': 'application/json' };

/** The service in two versions, which differ where the path says so. */
function service(version: 'live' | 'next') {
  return (asked: Asked, response: ServerResponse): void => {
    const isNext = version === 'next';
    switch (asked.url) {
      case '/empty':
        response.writeHead(204).end();
        return;
      case '/gzip':
        // Only live compresses, which is no difference of content.
        response.writeHead(200, isNext ? type : { ...type, 'content-encoding': 'gzip' });
        response.end(isNext ? '{"a": 1}' : gzipSync('{"a":1}'));
        return;
      case '/relabelled':
        response.writeHead(200, type);
        response.end(JSON.stringify({ label: isNext ? 'b' : 'a', same: true }));
        return;
      case '/broken':
        response.writeHead(isNext ? 500 : 200, type);
        response.end('{}');
        return;
      case '/unknown':
        response.writeHead(404, type);
        response.end('{"error":"unknown"}');
        return;
      case '/unchanged':
        response.writeHead(304, { etag: '"1"' }).end();
        return;
      default:
        response.writeHead(200, type);
        response.end(
          JSON.stringify({ method: asked.method, url: asked.url, body: asked.body.toString() }),
        );
    }
  };
}

describe('plain exchanges', { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  let observe: Observe<Asked>;
  let running: TestEnvoy;
  let customers: string;

  before(async () => {
    const live = await httpService(lifetime, service('live'));
    const shadow = await httpService(lifetime, service('next'));
    const sidecar = await twinspan(lifetime, {
      shadow: { url: shadow.url },
      // More patience with a machine that stands still hides nothing, where nothing is broken off or silent.
      capture: { idle: '10m', maxDuration: '10m' },
      routes: [
        {
          name: 'items',
          match: { path: '/items/{id}', methods: ['GET', 'POST'] },
          effects: 'none',
        },
        { name: 'rest', match: { path: '/**', methods: ['GET', 'HEAD', 'POST'] }, effects: 'none' },
      ],
    });
    running = await envoy(lifetime, {
      listeners: {
        ingress: { routes: [route('/', 'live')], filter: { deferred_close_timeout: '60s' } },
      },
      clusters: [cluster('live', live.port), twinspanCluster(sidecar.app.addresses.extProc)],
    });
    customers = running.listeners['ingress']!;
    observe = observer(sidecar, shadow, ({ headers }) => headers['x-request-id']);
  });

  const follow = (question: Question) => observe(1, () => ask(customers, question));

  it('a GET is answered by live and repeated once at the shadow', async () => {
    const { result, outcomes, asked } = await follow({ path: '/items/1?full=yes' });
    assert.equal(result.status, 200);
    assert.deepEqual(outcomes, { match: 1 });
    assert.deepEqual(
      asked.map(({ method, url, body }) => ({ method, url, body: body.toString() })),
      [{ method: 'GET', url: '/items/1?full=yes', body: '' }],
    );
  });

  it('a pair is one trace: what live did and what the shadow did, side by side', async () => {
    const { exportedSpans, asked, pairs } = await follow({ path: '/items/1' });
    const spans = await exportedSpans();
    assert.deepEqual(traceInWords(spans), [
      'twinspan.pair (internal) match',
      '  GET /items/{id} (internal) live 200',
      '  GET /items/{id} (client) shadow 200',
    ]);
    const pair = pairSpan(spans);
    const shadow = executionSpan(spans, 'shadow');
    assert.equal(pair.traceId, pairs[0]?.traceId);
    assert.deepEqual(pair.links, [], 'neither Envoy nor the customer traces');
    assert.equal(pair.attributes['twinspan.request.id'], asked[0]?.headers['x-request-id']);
    assert.equal(pair.attributes['twinspan.route'], 'items');
    assert.equal(pair.attributes['http.route'], '/items/{id}');
    assert.equal(pair.attributes['twinspan.live.status_code'], 200);
    assert.equal(pair.attributes['twinspan.shadow.status_code'], 200);
    assert.equal(pair.status.code, 0);
    for (const mode of ['live', 'shadow']) {
      const { attributes } = executionSpan(spans, mode);
      assert.equal(attributes['deployment.mode'], mode);
      assert.equal(attributes['twinspan.service.version'], mode === 'live' ? '1' : '2');
    }
    assert.equal(asked[0]?.headers['traceparent'], `00-${pair.traceId}-${shadow.spanId}-01`);
  });

  it('the spans of a pair cover both executions, on one clock', async () => {
    const { exportedSpans } = await follow({ path: '/items/1' });
    const spans = await exportedSpans();
    const pair = pairSpan(spans);
    const live = executionSpan(spans, 'live');
    const shadow = executionSpan(spans, 'shadow');
    for (const execution of [live, shadow]) {
      assert.ok(pair.startTimeUnixNano <= execution.startTimeUnixNano);
      assert.ok(execution.startTimeUnixNano < execution.endTimeUnixNano);
      assert.ok(execution.endTimeUnixNano <= pair.endTimeUnixNano);
    }
    assert.ok(live.endTimeUnixNano <= shadow.startTimeUnixNano, 'sent after the live answer');
  });

  it('a POST carries the same JSON to the shadow', async () => {
    const body = '{"instances":[[6,3,5,2]],"name":"ü"}';
    const { result, outcomes, asked, exportedSpans } = await follow({
      path: '/items/2',
      headers: type,
      body,
    });
    const spans = await exportedSpans();
    assert.equal(result.status, 200);
    assert.deepEqual(outcomes, { match: 1 });
    assert.equal(asked[0]?.method, 'POST');
    assert.equal(asked[0].body.toString(), body);
    assert.equal(asked[0].headers['content-type'], 'application/json');
    assert.equal(executionSpan(spans, 'live').name, 'POST /items/{id}');
    assert.equal(
      executionSpan(spans, 'shadow').attributes['http.request.body.size'],
      Buffer.byteLength(body),
    );
  });

  it('a POST in chunks reaches the shadow whole and with its length', async () => {
    const { outcomes, asked } = await follow({ path: '/items/3', body: ['{"a"', ':[1', ',2]}'] });
    assert.deepEqual(outcomes, { match: 1 });
    assert.equal(asked[0]?.body.toString(), '{"a":[1,2]}');
    assert.equal(asked[0].headers['content-length'], '11');
    assert.equal(asked[0].headers['transfer-encoding'], undefined);
  });

  it('a POST without a body is repeated without one', async () => {
    const { outcomes, asked } = await follow({ method: 'POST', path: '/items/4' });
    assert.deepEqual(outcomes, { match: 1 });
    assert.equal(asked[0]?.method, 'POST');
    assert.equal(asked[0].body.length, 0);
  });

  it('a 204 matches a 204', async () => {
    const { result, outcomes, pairs } = await follow({ path: '/empty' });
    assert.equal(result.status, 204);
    assert.deepEqual(outcomes, { match: 1 });
    assert.deepEqual([pairs[0]?.live.status, pairs[0]?.shadow.status], [204, 204]);
  });

  it('a HEAD is repeated as a HEAD', async () => {
    const { result, outcomes, asked } = await follow({ method: 'HEAD', path: '/relabelled' });
    assert.equal(result.body.length, 0);
    assert.equal(asked[0]?.method, 'HEAD');
    assert.deepEqual(outcomes, { match: 1 }, 'without bodies there is nothing that differs');
  });

  it('a compressed answer equals the same content uncompressed', async () => {
    const { result, outcomes } = await follow({ path: '/gzip' });
    assert.equal(result.headers['content-encoding'], 'gzip');
    assert.deepEqual(outcomes, { match: 1 });
  });

  it('a different answer is a mismatch that names the field, and the customer has the one of live', async () => {
    const { result, outcomes, pairs, exportedSpans } = await follow({ path: '/relabelled' });
    const spans = await exportedSpans();
    assert.deepEqual(JSON.parse(result.body.toString()), { label: 'a', same: true });
    assert.deepEqual(outcomes, { mismatch: 1 });
    assert.deepEqual(
      pairs[0]?.differences.map(({ kind, pointer }) => `${kind} ${pointer}`),
      ['value /label'],
    );
    assert.deepEqual(traceInWords(spans), [
      'twinspan.pair (internal) mismatch',
      '  GET /** (internal) live 200',
      '  GET /** (client) shadow 200',
    ]);
    const { attributes } = pairSpan(spans);
    assert.equal(attributes['twinspan.comparison.diff.body'], true);
    assert.equal(attributes['twinspan.comparison.diff.contract'], undefined);
    assert.deepEqual(attributes['twinspan.comparison.diff.paths'], ['/label']);
  });

  it('a shadow 500 beside a live 200 breaks the contract and is an error of the shadow alone', async () => {
    const { result, outcomes, pairs, exportedSpans } = await follow({ path: '/broken' });
    const spans = await exportedSpans();
    assert.equal(result.status, 200);
    assert.deepEqual(outcomes, { mismatch: 1 });
    assert.equal(pairs[0]?.contract, true);
    assert.deepEqual(traceInWords(spans), [
      'twinspan.pair (internal) mismatch',
      '  GET /** (internal) live 200',
      '  GET /** (client) shadow 500 500 ERROR',
    ]);
  });

  it('a 404 that both give is a match and nobody is to blame', async () => {
    const { outcomes, exportedSpans } = await follow({ path: '/unknown' });
    const spans = await exportedSpans();
    assert.deepEqual(outcomes, { match: 1 });
    assert.deepEqual(traceInWords(spans), [
      'twinspan.pair (internal) match',
      '  GET /** (internal) live 404',
      '  GET /** (client) shadow 404',
    ]);
  });

  it('a 304 of live is nothing to conclude from', async () => {
    const { outcomes, pairs } = await follow({ path: '/unchanged' });
    assert.deepEqual(outcomes, { incomparable: 1 });
    assert.equal(pairs[0]?.reason, 'conditional');
  });

  it('many customers at once: each request is at the shadow exactly once', async () => {
    const paths = Array.from({ length: 200 }, (_, number) => `/items/${number}`);
    const { outcomes, asked } = await observe(paths.length, () =>
      Promise.all(paths.map((path) => ask(customers, { path }))),
    );
    assert.deepEqual(outcomes, { match: paths.length });
    assert.deepEqual(asked.map(({ url }) => url).toSorted(), paths.toSorted());
  });

  it('fifteen hundred exchanges in a row: Envoy resets each stream, and its one connection stays', async () => {
    const { outcomes } = await observe(1500, async () => {
      const session = connect(`http://${customers}`);
      const inTurn = Array.from({ length: 50 }, async () => {
        for (let count = 0; count < 30; count += 1) {
          await once(session.request({ ':path': '/items/1' }).resume(), 'close');
        }
      });
      await Promise.all(inTurn);
      session.destroy();
    });
    assert.deepEqual(outcomes, { match: 1500 });
    assert.equal(await running.stat('cluster.twinspan.upstream_cx_total'), 1);
    assert.equal(await running.stat('cluster.twinspan.upstream_cx_destroy'), 0);
    assert.ok((await running.stat('cluster.twinspan.upstream_rq_tx_reset')) >= 1500);
  });
});
