/**
 * What answers predict, and whom the requests are from, on their way from Envoy's messages to the pair span.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { replayExchange } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';
import { twinspan } from '../kit/twinspan.ts';

test('a pair span has the labels of both sides and the segments of the request, and no other value', async (t) => {
  const shadow = await httpService(t, json({ predictions: ['versicolor', 'setosa'] }));
  const sidecar = await twinspan(t, {
    shadow: { url: shadow.url },
    verdict: { mode: 'noninferior' },
    segments: {
      tenant: { header: 'x-tenant', values: ['gold'] },
      country: { request: '/user/country' },
    },
    routes: [
      {
        name: 'predict',
        match: { path: '/predict', methods: ['POST'] },
        effects: 'none',
        prediction: { preset: 'kserve-v1', labels: ['setosa', 'versicolor'] },
      },
    ],
  });
  await replayExchange(sidecar.app.addresses.extProc, {
    request: {
      method: 'POST',
      path: '/predict',
      requestId: 'request-1',
      headers: [['x-tenant', 'gold']],
      body: '{"instances":[[1],[2]],"user":{"country":"Lummerland"}}',
    },
    response: {
      headers: [['content-type', 'application/json']],
      body: '{"predictions":["virginica","setosa"]}',
    },
  });
  await sidecar.settled(1);
  await sidecar.collector.waitFor((spans) => spans.length === 3);
  const { attributes } = sidecar.collector.spans.find(({ name }) => name === 'twinspan.pair')!;
  assert.match(attributes['twinspan.live.label'] as string, /^h:[0-9a-f]{16}$/);
  assert.equal(attributes['twinspan.shadow.label'], 'versicolor');
  assert.equal(attributes['twinspan.prediction.count'], 2);
  assert.equal(attributes['twinspan.prediction.agreement'], 0.5);
  assert.equal(attributes['twinspan.segment.tenant'], 'gold');
  assert.match(attributes['twinspan.segment.country'] as string, /^h:[0-9a-f]{16}$/);
  const exported = JSON.stringify(sidecar.collector.spans.map((span) => span.attributes));
  for (const value of ['virginica', 'Lummerland']) assert.ok(!exported.includes(value), value);
});
