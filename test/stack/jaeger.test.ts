/**
 * The spans in a real Jaeger: what a person would type into its search finds what it should, through a real Envoy.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { startEnvoy, type Envoy } from '../../demo/envoy.ts';
import { envoyConfig } from '../../demo/envoy-config.ts';
import { findEnvoy } from '../../demo/envoy-finder.ts';
import { httpService } from '../kit/http-service.ts';
import { startJaeger, type Jaeger, type JaegerSpan } from '../kit/jaeger.ts';
import { twinspan, type TestTwinspan } from '../kit/twinspan.ts';

const service = 'orders-twinspan';
const requests = 20;

const stops: (() => Promise<unknown>)[] = [];
const lifetime = { after: (stop: () => Promise<void>) => void stops.push(stop) };
let jaeger: Jaeger;
let sidecar: TestTwinspan;
let envoy: Envoy;

before(async () => {
  jaeger = await startJaeger();
  const live = await httpService(lifetime, (asked, response) => {
    const number = Number(asked.url.split('/').at(-1));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ number, label: 'a' }));
  });
  // Every fifth answer differs, every tenth is an error.
  const shadow = await httpService(lifetime, (asked, response) => {
    const number = Number(asked.url.split('/').at(-1));
    response.writeHead(number % 10 === 9 ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ number, label: number % 5 === 4 ? 'b' : 'a' }));
  });
  sidecar = await twinspan(lifetime, {
    shadow: { url: shadow.url },
    routes: [{ name: 'item', match: { path: '/items/{id}' } }],
    telemetry: { otlp: jaeger.otlp },
  });
  const directory = await mkdtemp(join(tmpdir(), 'twinspan-stack-'));
  stops.push(() => rm(directory, { recursive: true }));
  envoy = await startEnvoy({
    binary: await findEnvoy({ log: () => {} }),
    directory,
    config: envoyConfig({
      ingress: '127.0.0.1:0',
      egress: '127.0.0.1:0',
      admin: '127.0.0.1:0',
      live: `127.0.0.1:${live.port}`,
      shadow: `127.0.0.1:${shadow.port}`,
      twinspan: sidecar.app.addresses.extProc,
    }),
  });
  stops.push(() => envoy.stop());
  for (let number = 0; number < requests; number += 1) {
    const response = await fetch(`http://${envoy.listeners['ingress']}/items/${number}`, {
      headers: { traceparent: `00-${'ab'.repeat(15)}${hex(number)}-00f067aa0ba902b7-01` },
    });
    assert.equal(response.status, 200);
    await response.arrayBuffer();
  }
  await sidecar.settled(requests);
  // Jaeger has no word for "everything has arrived": ask until all pairs are there.
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const found = await jaeger.search(service, { 'twinspan.deployment.mode': 'shadow' });
    if (found.filter(isPair).length === requests) return;
    await setTimeout(100);
  }
  assert.fail('the pairs did not arrive in Jaeger');
});

after(async () => {
  for (const stop of stops.toReversed()) await stop();
  await jaeger.stop();
});

const hex = (number: number): string => number.toString(16).padStart(2, '0');
const isPair = (span: JaegerSpan): boolean => span.operationName === 'twinspan.pair';

test('a pair is a trace of three spans: the pair, the live one and the shadow one under it', async () => {
  const spans = await jaeger.search(service, { 'twinspan.comparison.result': 'match' });
  const pairs = spans.filter(isPair);
  assert.equal(pairs.length, 16);
  for (const pair of pairs) {
    const children = spans.filter((span) =>
      span.references.some(
        ({ refType, spanID }) => refType === 'CHILD_OF' && spanID === pair.spanID,
      ),
    );
    assert.deepEqual(children.map((span) => span.tags['twinspan.deployment.mode'] ?? '').sort(), [
      'live',
      'shadow',
    ]);
    for (const child of children) {
      assert.equal(child.operationName, 'GET /items/{id}');
      assert.equal(child.tags['deployment.mode'], child.tags['twinspan.deployment.mode']);
      assert.ok(child.startTime >= pair.startTime);
      assert.ok(child.startTime + child.duration <= pair.startTime + pair.duration);
    }
  }
});

test('live and shadow executions are told apart by the deployment mode', async () => {
  for (const mode of ['live', 'shadow']) {
    const spans = await jaeger.search(service, { 'twinspan.deployment.mode': mode });
    const executions = spans.filter((span) => span.tags['twinspan.deployment.mode'] === mode);
    assert.equal(executions.length, requests);
  }
});

test('mismatches are found by their result', async () => {
  const spans = await jaeger.search(service, { 'twinspan.comparison.result': 'mismatch' });
  assert.equal(spans.filter(isPair).length, 4);
});

test('live 200 with shadow 500 is one search on the pair', async () => {
  const spans = await jaeger.search(service, {
    'twinspan.live.status_code': '200',
    'twinspan.shadow.status_code': '500',
  });
  assert.equal(spans.filter(isPair).length, 2);
  const failed = spans.filter((span) => span.tags['twinspan.deployment.mode'] === 'shadow');
  assert.deepEqual(
    failed.map((span) => span.tags['error.type']),
    ['500', '500'],
  );
});

test("a customer's trace id leads to the pair", async () => {
  const spans = await jaeger.search(service, {
    'twinspan.live.trace_id': `${'ab'.repeat(15)}${hex(4)}`,
  });
  const [pair, ...others] = spans.filter(isPair);
  assert.equal(others.length, 0);
  assert.equal(pair?.tags['twinspan.comparison.result'], 'mismatch');
  const link = pair.references.find(({ refType }) => refType !== 'CHILD_OF');
  assert.equal(link?.traceID, `${'ab'.repeat(15)}${hex(4)}`);
});
