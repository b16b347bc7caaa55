/**
 * A sampled share of the exchanges goes to a second instance of the live version instead of to the shadow, and nothing
 * of it counts for or against the shadow.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test, type TestContext } from 'node:test';

import { ExtProcClient } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';
import { configOf, twinspan, type Sections, type TestTwinspan } from '../kit/twinspan.ts';

const answer = { headers: [['content-type', 'application/json']] as const, body: '{"a":1}' };

/** Shows exchanges to twinspan, each with a request id of its own, one after the other. */
async function follow(t: TestContext, sidecar: TestTwinspan, count: number): Promise<string[]> {
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  const ids = Array.from({ length: count }, () => randomUUID());
  const before = sidecar.app.status().exchanges.seen;
  for (const [index, requestId] of ids.entries()) {
    await client.replay({ request: { requestId, path: `/${index}` }, response: answer });
    await sidecar.settled(before + index + 1);
  }
  return ids;
}

function assertBalanced({ app }: TestTwinspan): void {
  const status = app.status();
  assert.deepEqual(status.balance, { exchanges: true, shadow: true, spans: true });
  assert.equal(status.shadow.in_flight + status.control.in_flight, 0);
  assert.equal(status.limits['bytes_in_flight']?.used, 0, 'captured bytes are given back');
}

/** Its port is closed from now on. */
async function deadService(): Promise<string> {
  const stops: (() => Promise<void>)[] = [];
  const { url } = await httpService({ after: (stop) => void stops.push(stop) }, json({}));
  for (const stop of stops) await stop();
  return url;
}

test('a sampled share goes to the control instead, once, and counts in nothing of the shadow', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  // Live differs from itself, which is no mismatch of the shadow.
  const control = await httpService(t, json({ a: 2 }));
  const sidecar = await twinspan(t, {
    shadow: { url: shadow.url },
    control: { url: control.url, ratio: 0.5 },
  });
  const ids = await follow(t, sidecar, 40);

  const idsOf = ({ asked }: typeof shadow): string[] =>
    asked.map(({ headers }) => String(headers['x-request-id']));
  const [toShadow, toControl] = [idsOf(shadow), idsOf(control)];
  assert.deepEqual([...toShadow, ...toControl].toSorted(), ids.toSorted());
  assert.ok(toControl.length > 0 && toShadow.length > 0);

  const { exchanges, shadow: shadowSide, control: controlSide, limits } = sidecar.app.status();
  assert.deepEqual(exchanges.outcomes, { match: toShadow.length, control: toControl.length });
  const none = { in_flight: 0, failed: 0, sent_unpaired: 0 };
  assert.deepEqual(shadowSide, { ...none, sent: toShadow.length, answered: toShadow.length });
  assert.deepEqual(controlSide, { ...none, sent: toControl.length, answered: toControl.length });
  assert.deepEqual(limits['control_connections'], { used: 0, max: 64 });
  assertBalanced(sidecar);

  // The control is told what it is, as the shadow is.
  const asked = control.asked[0]!.headers;
  assert.equal(asked['baggage'], 'twinspan.deployment.mode=control');
  assert.match(String(asked['x-twinspan-shadow']), /^[0-9a-f]{16};1$/);

  await sidecar.collector.waitFor((spans) => spans.length === 3 * ids.length);
  const { spans } = sidecar.collector;
  const executions = spans.filter(
    ({ attributes }) => attributes['twinspan.deployment.mode'] === 'control',
  );
  assert.equal(executions.length, toControl.length);
  const pairs = new Set(executions.map(({ parentSpanId }) => parentSpanId));
  for (const { attributes, spanId } of spans.filter(({ name }) => name === 'twinspan.pair')) {
    const isControl = pairs.has(spanId);
    assert.equal(attributes['twinspan.comparison.result'], isControl ? 'mismatch' : 'match');
    assert.equal(attributes['twinspan.experiment.id'] === undefined, isControl);
  }

  const metrics = await (await fetch(`http://${sidecar.app.addresses.ops}/metrics`)).text();
  assert.match(
    metrics,
    new RegExp(
      `^twinspan_comparisons_total\\{result="match",route="all"\\} ${toShadow.length}$`,
      'm',
    ),
  );
  assert.match(metrics, /^twinspan_comparisons_total\{result="mismatch",route="all"\} 0$/m);
  assert.match(
    metrics,
    new RegExp(
      `^twinspan_request_duration_seconds_count\\{deployment_mode="control",route="all"\\} ${toControl.length}$`,
      'm',
    ),
  );
  const { pairs: shown } = (await sidecar.admin('/v1/pairs')) as { pairs: { result: string }[] };
  assert.deepEqual(
    shown.map(({ result }) => result),
    toShadow.map(() => 'match'),
  );
  assert.ok(!sidecar.log.some(({ event }) => event === 'mismatch'));
});

test('a dead control costs a few exchanges, after which its share goes to the shadow', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const sidecar = await twinspan(t, {
    shadow: { url: shadow.url, breaker: { failures: 3, window: '60s', open: '60s' } },
    control: { url: await deadService(), ratio: 1 },
  });
  await follow(t, sidecar, 8);
  const { exchanges, shadow: shadowSide, control } = sidecar.app.status();
  assert.deepEqual(exchanges.outcomes, { control: 3, match: 5 });
  assert.deepEqual(control, { sent: 3, in_flight: 0, answered: 0, failed: 3, sent_unpaired: 0 });
  assert.equal(shadowSide.sent, 5);
  // What was meant for the control is told that it is at the shadow.
  for (const { headers } of shadow.asked) {
    assert.equal(headers['baggage'], 'twinspan.deployment.mode=shadow');
  }
  await sidecar.collector.waitFor((spans) => spans.length === 3 * 8);
  const failed = sidecar.collector.spans.filter(
    ({ attributes }) => attributes['twinspan.deployment.mode'] === 'control',
  );
  assert.deepEqual(
    failed.map(({ attributes }) => attributes['error.type']),
    ['ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED'],
  );
  const states = sidecar.log.filter(({ event }) => event === 'breaker');
  assert.deepEqual(
    states.map(({ target, state }) => [target, state]),
    [['control', 'open']],
  );
  const metrics = await (await fetch(`http://${sidecar.app.addresses.ops}/metrics`)).text();
  assert.match(metrics, /^twinspan_breaker_state 0$/m);
  assertBalanced(sidecar);
});

test('a dead shadow keeps nothing from the control', async (t) => {
  const control = await httpService(t, json({ a: 1 }));
  const sidecar = await twinspan(t, {
    shadow: { url: await deadService(), breaker: { failures: 1, window: '60s', open: '60s' } },
    control: { url: control.url, ratio: 0.5 },
  });
  await follow(t, sidecar, 40);
  const { exchanges, control: side } = sidecar.app.status();
  assert.equal(exchanges.outcomes['shadow_connect'], 1);
  assert.equal(exchanges.outcomes['control'], control.asked.length);
  assert.equal(exchanges.outcomes['circuit_open'], 40 - 1 - control.asked.length);
  assert.ok(control.asked.length > 0);
  assert.equal(side.answered, control.asked.length);
  assertBalanced(sidecar);
});

test('what was sent to the control when live broke off counts as sent and unpaired there', async (t) => {
  const control = await httpService(t, () => {});
  const sections: Sections = {
    shadow: { url: await deadService(), dispatch: 'with-request' },
    control: { url: control.url, ratio: 1 },
  };
  const sidecar = await twinspan(t, sections);
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  const exchange = client.open();
  exchange.send({
    kind: 'request_headers',
    headers: [
      [':method', 'GET'],
      [':path', '/'],
      [':authority', 'shop.example'],
      ['x-request-id', randomUUID()],
    ],
    endOfStream: true,
    attributes: { 'request.protocol': 'HTTP/1.1' },
  });
  while (control.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  exchange.halfClose();
  await sidecar.settled(1);
  const { exchanges, control: side, shadow } = sidecar.app.status();
  assert.deepEqual(exchanges.outcomes, { live_aborted: 1 });
  assert.deepEqual(side, { sent: 1, in_flight: 0, answered: 0, failed: 0, sent_unpaired: 1 });
  assert.equal(shadow.sent, 0);
  assertBalanced(sidecar);
});

test('another control needs a restart', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const sections = { shadow: { url: shadow.url }, control: { url: shadow.url, ratio: 0 } };
  const sidecar = await twinspan(t, sections);
  const next = configOf(
    { ...sections, control: { url: 'http://127.0.0.1:1', ratio: 0.1 } },
    sidecar.collector.url,
  );
  assert.deepEqual(sidecar.app.reload(next.config, next.hash), {
    kind: 'refused',
    needsRestart: ['control.url', 'control.ratio'],
  });
});
