/**
 * What answers predict, and whom the requests are from, on their way from Envoy's messages to the pair span.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { AgreementDescription } from '../../src/report/agreement/agreement-description.ts';
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

/** A label as it leaves a twinspan with this key file, and what its window says of the agreement. */
async function hashedBy(t: TestContext, hashKeyFile: string) {
  const shadow = await httpService(t, json({ predictions: ['secret'] }));
  const sidecar = await twinspan(t, {
    shadow: { url: shadow.url },
    hashKeyFile,
    verdict: { mode: 'noninferior' },
    routes: [{ name: 'predict', match: { path: '/predict' }, prediction: { preset: 'kserve-v1' } }],
  });
  await replayExchange(sidecar.app.addresses.extProc, {
    request: { method: 'GET', path: '/predict', requestId: 'request-1' },
    response: {
      headers: [['content-type', 'application/json']],
      body: '{"predictions":["secret"]}',
    },
  });
  await sidecar.settled(1);
  await sidecar.collector.waitFor((spans) => spans.length === 3);
  const { attributes } = sidecar.collector.spans.find(({ name }) => name === 'twinspan.pair')!;
  const agreement = (await sidecar.admin('/v1/agreement?route=predict')) as AgreementDescription[];
  return { label: attributes['twinspan.live.label'], agreement };
}

test('replicas with the same key file make the same hashes, and others make others', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'twinspan-'));
  t.after(() => rm(folder, { recursive: true }));
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  await writeFile(one, 'a key\n');
  await writeFile(other, 'another key\n');
  const { label, agreement } = await hashedBy(t, one);
  assert.match(label as string, /^h:[0-9a-f]{16}$/);
  assert.equal((await hashedBy(t, one)).label, label);
  assert.notEqual((await hashedBy(t, other)).label, label);

  assert.deepEqual(
    agreement.map(({ route, pairs, predictions }) => [route, pairs, predictions.agree]),
    [['predict', 1, 1]],
  );
});

test('a key file that is not there or empty is refused at start', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'twinspan-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'empty'), '\n');
  const shadow = { url: 'http://127.0.0.1:1' };
  for (const [name, reason] of [
    ['absent', /hashKeyFile: cannot read/],
    ['empty', /hashKeyFile: .* is empty/],
  ] as const) {
    await assert.rejects(twinspan(t, { shadow, hashKeyFile: join(folder, name) }), reason);
  }
});
