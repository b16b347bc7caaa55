/**
 * Read this first: one request, every station in order. Envoy's messages come over real gRPC, the shadow is a real
 * HTTP service, the spans arrive at a real OTLP receiver.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { httpService, json } from '../kit/http-service.ts';
import { replayExchange } from '../kit/ext-proc-client.ts';
import { twinspan } from '../kit/twinspan.ts';

const liveTrace = '4bf92f3577b34da6a3ce929d0e0e4736';
const envoySpan = '00f067aa0ba902b7';

test('a real request also meets the new version, and its answer is compared and never served', async (t) => {
  const shadow = await httpService(t, json({ label: 'virginica', took: 2 }));
  const sidecar = await twinspan(t, {
    live: { name: 'iris', version: '1' },
    shadow: { url: shadow.url, name: 'iris-next', version: '2' },
    routes: [
      {
        name: 'predict',
        match: { path: '/v1/models/{model}:predict', methods: ['POST'] },
        effects: 'none',
        compare: { ignore: ['/took'], show: 'values' },
      },
    ],
  });

  // 1 · Envoy tells of a live exchange, and the RPC ends with OK as soon as the answer is complete.
  const end = await replayExchange(
    sidecar.app.addresses.extProc,
    {
      request: {
        method: 'POST',
        path: '/v1/models/iris:predict?verbose=1',
        requestId: 'request-1',
        headers: [
          ['content-type', 'application/json'],
          ['authorization', 'Bearer secret'],
          ['x-tenant', 'gold'],
        ],
        body: '{"instances":[[6,3,5,2]]}',
      },
      response: {
        headers: [
          ['content-type', 'application/json'],
          ['x-envoy-upstream-service-time', '7'],
        ],
        body: JSON.stringify({ label: 'versicolor', took: 1 }),
      },
    },
    { traceparent: `00-${liveTrace}-${envoySpan}-01` },
  );
  assert.deepEqual(end, { status: 0, message: '' });
  await sidecar.settled(1);

  // 2, 3, 4 · The same request went to the shadow, once, without the customer's credentials and trace.
  assert.equal(shadow.asked.length, 1);
  const [asked] = shadow.asked;
  assert.equal(asked?.method, 'POST');
  assert.equal(asked.url, '/v1/models/iris:predict?verbose=1');
  assert.equal(asked.body.toString(), '{"instances":[[6,3,5,2]]}');
  assert.equal(asked.headers['x-tenant'], 'gold');
  assert.equal(asked.headers['x-request-id'], 'request-1');
  assert.equal(asked.headers.authorization, undefined);
  assert.match(String(asked.headers['x-twinspan-shadow']), /^[0-9a-f]{16};1$/);
  assert.equal(asked.headers['baggage'], 'twinspan.deployment.mode=shadow');
  assert.ok(!String(asked.headers['traceparent']).includes(liveTrace));

  // 5 · The label differs, the time that it took is ignored and counted.
  const { pairs } = (await sidecar.admin('/v1/pairs')) as { pairs: Record<string, unknown>[] };
  assert.equal(pairs.length, 1);
  const [pair] = pairs;
  assert.equal(pair?.['result'], 'mismatch');
  assert.equal(pair['requestId'], 'request-1');
  assert.equal(pair['liveTraceId'], liveTrace);
  assert.deepEqual(pair['differences'], [
    {
      pointer: '/label',
      group: '/label',
      kind: 'value',
      live: '"versicolor"',
      shadow: '"virginica"',
    },
  ]);
  assert.deepEqual(pair['ignored'], [{ pointer: '/took', rule: '/took' }]);

  // 6 · One trace of three spans, linked to the live request.
  await sidecar.collector.waitFor((spans) => spans.length === 3);
  const { spans } = sidecar.collector;
  const root = spans.find(({ name }) => name === 'twinspan.pair');
  const live = spans.find(({ attributes }) => attributes['twinspan.deployment.mode'] === 'live');
  const copy = spans.find(({ attributes }) => attributes['twinspan.deployment.mode'] === 'shadow');
  assert.equal(root?.parentSpanId, undefined);
  assert.equal(live?.parentSpanId, root?.spanId);
  assert.equal(copy?.parentSpanId, root?.spanId);
  assert.deepEqual(
    root?.links.map(({ traceId, spanId }) => ({ traceId, spanId })),
    [{ traceId: liveTrace, spanId: envoySpan }],
  );
  assert.equal(live?.name, 'POST /v1/models/{model}:predict');
  assert.equal(copy?.name, 'POST /v1/models/{model}:predict');
  assert.equal(root?.attributes['twinspan.comparison.result'], 'mismatch');
  assert.equal(root?.attributes['twinspan.comparison.diff.body'], true);
  assert.equal(live?.attributes['twinspan.live.upstream_service_time'], 0.007);
  assert.equal(asked.headers['traceparent'], `00-${root?.traceId}-${copy?.spanId}-01`);

  // The books: one exchange, one outcome, everything adds up.
  const status = sidecar.app.status();
  assert.deepEqual(status.exchanges, { seen: 1, in_flight: 0, outcomes: { mismatch: 1 } });
  assert.deepEqual(status.shadow, {
    sent: 1,
    in_flight: 0,
    answered: 1,
    failed: 0,
    sent_unpaired: 0,
  });
  assert.deepEqual(status.balance, { exchanges: true, shadow: true, spans: true });
  assert.equal(status.limits['bytes_in_flight']?.used, 0);
});
