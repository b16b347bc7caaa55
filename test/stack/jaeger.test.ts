/**
 * The spans in a real Jaeger: what a person would type into its search finds what it should, through a real Envoy.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { startJaeger, type Jaeger, type JaegerSpan } from '../kit/jaeger.ts';
import {
  createLifetime,
  customerTrace,
  errors,
  mismatches,
  orders,
  sendOrders,
  service,
} from './orders.ts';

const lifetime = createLifetime();
let jaeger: Jaeger;

before(async () => {
  jaeger = await startJaeger();
  lifetime.after(() => jaeger.stop());
  await sendOrders(lifetime, jaeger.otlp);
  // Jaeger has no word for "everything has arrived": ask until all pairs are there.
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const found = await jaeger.search(service, { 'twinspan.deployment.mode': 'shadow' });
    if (found.filter(isPair).length === orders) return;
    await setTimeout(100);
  }
  assert.fail('the pairs did not arrive in Jaeger');
});

after(() => lifetime.end());

const isPair = (span: JaegerSpan): boolean => span.operationName === 'twinspan.pair';

test('a pair is a trace of three spans: the pair, the live one and the shadow one under it', async () => {
  const spans = await jaeger.search(service, { 'twinspan.comparison.result': 'match' });
  const pairs = spans.filter(isPair);
  assert.equal(pairs.length, orders - mismatches);
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
    assert.equal(executions.length, orders);
  }
});

test('mismatches are found by their result', async () => {
  const spans = await jaeger.search(service, { 'twinspan.comparison.result': 'mismatch' });
  assert.equal(spans.filter(isPair).length, mismatches);
});

test('live 200 with shadow 500 is one search on the pair', async () => {
  const spans = await jaeger.search(service, {
    'twinspan.live.status_code': '200',
    'twinspan.shadow.status_code': '500',
  });
  assert.equal(spans.filter(isPair).length, errors);
  const failed = spans.filter((span) => span.tags['twinspan.deployment.mode'] === 'shadow');
  assert.deepEqual(
    failed.map((span) => span.tags['error.type']),
    ['500', '500'],
  );
});

test("a customer's trace id leads to the pair", async () => {
  const spans = await jaeger.search(service, {
    'twinspan.live.trace_id': customerTrace(4),
  });
  const [pair, ...others] = spans.filter(isPair);
  assert.equal(others.length, 0);
  assert.equal(pair?.tags['twinspan.comparison.result'], 'mismatch');
  const link = pair.references.find(({ refType }) => refType !== 'CHILD_OF');
  assert.equal(link?.traceID, customerTrace(4));
});
