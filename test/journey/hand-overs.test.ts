/**
 * Where the live side's end and the shadow's meet, in either order, and the ways in which they do not.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';

import { ExtProcClient, partsOf, replayExchange } from '../kit/ext-proc-client.ts';
import { httpService, json } from '../kit/http-service.ts';
import { configOf, twinspan, type TestTwinspan } from '../kit/twinspan.ts';

const post = { method: 'POST', body: '{"a":1}' };
const jsonAnswer = { headers: [['content-type', 'application/json']] as const, body: '{"a":1}' };

function assertBalanced({ app }: TestTwinspan): void {
  const status = app.status();
  assert.deepEqual(status.balance, { exchanges: true, shadow: true, spans: true });
  assert.equal(status.exchanges.in_flight, 0);
  assert.equal(status.shadow.in_flight, 0);
  assert.equal(status.limits['bytes_in_flight']?.used, 0, 'captured bytes are given back');
}

/** Resolves when `condition` holds; asked on every turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test('after-live: nothing is sent before the live answer is complete', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const sidecar = await twinspan(t, { shadow: { url: shadow.url } });
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  const exchange = client.open();
  const parts = partsOf({ request: post, response: jsonAnswer });
  exchange.send(...parts.slice(0, -1));
  await until(() => sidecar.app.status().exchanges.in_flight === 1);
  // Another exchange on the same connection goes through meanwhile: the first one's parts have been read.
  await client.replay({ request: { path: '/other' }, response: jsonAnswer });
  await until(() => shadow.asked.length === 1);
  assert.equal(shadow.asked[0]?.url, '/other');
  exchange.send(...parts.slice(-1));
  await sidecar.settled(2);
  assert.equal(shadow.asked.length, 2);
  assertBalanced(sidecar);
});

test('with-request: the request is sent while live still works, and the pair is the same', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const sidecar = await twinspan(t, {
    shadow: { url: shadow.url, dispatch: 'with-request' },
  });
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  const exchange = client.open();
  const parts = partsOf({ request: post, response: jsonAnswer });
  const responseAt = parts.findIndex(({ kind }) => kind === 'response_headers');
  exchange.send(...parts.slice(0, responseAt));
  await until(() => shadow.asked.length === 1);
  assert.equal(sidecar.app.status().exchanges.in_flight, 1);
  exchange.send(...parts.slice(responseAt));
  await sidecar.settled(1);
  assert.deepEqual(sidecar.app.status().exchanges.outcomes, { match: 1 });
  assert.equal(shadow.asked.length, 1);
  assertBalanced(sidecar);
});

test('with-request: what was sent before live broke off counts as sent and unpaired', async (t) => {
  const answers: ServerResponse[] = [];
  const shadow = await httpService(t, (_asked, response) => void answers.push(response));
  const sidecar = await twinspan(t, {
    shadow: { url: shadow.url, dispatch: 'with-request' },
  });
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  const exchange = client.open();
  exchange.send(...partsOf({ request: post }).filter(({ kind }) => kind.startsWith('request')));
  await until(() => answers.length === 1);
  exchange.halfClose();
  await sidecar.settled(1);
  const { exchanges, shadow: counts } = sidecar.app.status();
  assert.deepEqual(exchanges.outcomes, { live_aborted: 1 });
  assert.deepEqual(counts, { sent: 1, in_flight: 0, answered: 0, failed: 0, sent_unpaired: 1 });
  assertBalanced(sidecar);
});

test('an aborted live exchange is never sent to the shadow', async (t) => {
  const shadow = await httpService(t, json({}));
  const sidecar = await twinspan(t, { shadow: { url: shadow.url } });
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  const parts = partsOf({ request: post, response: jsonAnswer });
  for (let kept = 1; kept < parts.length - 1; kept += 1) {
    const exchange = client.open();
    exchange.send(...parts.slice(0, kept));
    exchange.halfClose();
    await exchange.ended;
  }
  await sidecar.settled(parts.length - 2);
  assert.equal(shadow.asked.length, 0);
  assert.deepEqual(sidecar.app.status().exchanges.outcomes, { live_aborted: parts.length - 2 });
  assertBalanced(sidecar);
});

test("Envoy's own answer is never sent, and never compared", async (t) => {
  const shadow = await httpService(t, json({}));
  const sidecar = await twinspan(t, { shadow: { url: shadow.url } });
  const { extProc } = sidecar.app.addresses;
  const own = (details: string, attempts: number) => ({
    request: post,
    response: {
      status: 503,
      body: 'no healthy upstream',
      attributes: {
        'response.code_details': details,
        'upstream.request_attempt_count': attempts,
      },
    },
  });
  await replayExchange(extProc, own('direct_response', 0));
  await replayExchange(
    extProc,
    own('upstream_reset_before_response_started{connection_failure}', 1),
  );
  await sidecar.settled(2);
  assert.equal(shadow.asked.length, 0);
  assert.deepEqual(sidecar.app.status().exchanges.outcomes, {
    local_reply: 1,
    live_upstream_failed: 1,
  });
  await sidecar.collector.waitFor((spans) => spans.length === 2);
  const root = sidecar.collector.spans.find(({ name }) => name === 'twinspan.pair');
  assert.equal(root?.attributes['twinspan.comparison.result'], 'live_error');
  assert.equal(root?.attributes['twinspan.comparison.reason'], 'live_upstream_failed');
  assertBalanced(sidecar);
});

test('a shadow that is down ends exchanges by name, and is left alone after some', async (t) => {
  const gone = await httpService({ after: (stop) => void stops.push(stop) }, json({}));
  for (const stop of stops.splice(0)) await stop();
  const sidecar = await twinspan(t, {
    shadow: { url: gone.url, breaker: { failures: 3, window: '60s', open: '60s' } },
  });
  for (let count = 0; count < 8; count += 1) {
    await replayExchange(sidecar.app.addresses.extProc, { request: {}, response: jsonAnswer });
    await sidecar.settled(count + 1);
  }
  const { exchanges, shadow } = sidecar.app.status();
  assert.deepEqual(exchanges.outcomes, { shadow_connect: 3, circuit_open: 5 });
  assert.equal(shadow.sent, 3);
  assert.equal(shadow.failed, 3);
  await sidecar.collector.waitFor((spans) => spans.length === 3 * 3 + 5 * 2);
  const failed = sidecar.collector.spans.filter(
    ({ attributes }) => attributes['twinspan.deployment.mode'] === 'shadow',
  );
  assert.deepEqual(
    failed.map(({ attributes }) => attributes['error.type']),
    ['ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED'],
  );
  assertBalanced(sidecar);
});
const stops: (() => Promise<void>)[] = [];

test('a full queue turns the newest away, and the books still agree', async (t) => {
  const answers: ServerResponse[] = [];
  const shadow = await httpService(t, (_asked, response) => void answers.push(response));
  const sidecar = await twinspan(t, {
    shadow: { url: shadow.url, concurrency: 1, queue: { requests: 2 } },
  });
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  for (let count = 0; count < 5; count += 1) {
    await client.replay({ request: { path: `/${count}` }, response: jsonAnswer });
  }
  await until(() => (sidecar.app.status().exchanges.outcomes['queue_full'] ?? 0) === 2);
  assert.ok(sidecar.app.status().balance.exchanges);
  for (let count = 0; count < 3; count += 1) {
    await until(() => answers.length > count);
    answers[count]?.end();
  }
  await sidecar.settled(5);
  assert.deepEqual(
    shadow.asked.map(({ url }) => url),
    ['/0', '/1', '/2'],
  );
  assertBalanced(sidecar);
});

test('while paused nothing is sent; resume goes on', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const sidecar = await twinspan(t, { shadow: { url: shadow.url } });
  const { admin, extProc } = sidecar.app.addresses;
  const change = (path: string): Promise<Response> =>
    fetch(`http://${admin}${path}`, { method: 'POST' });
  assert.equal((await change('/v1/pause')).status, 200);
  await replayExchange(extProc, { request: post, response: jsonAnswer });
  assert.equal((await change('/v1/resume')).status, 200);
  await replayExchange(extProc, { request: post, response: jsonAnswer });
  await sidecar.settled(2);
  assert.deepEqual(sidecar.app.status().exchanges.outcomes, { paused: 1, match: 1 });
  assert.equal(shadow.asked.length, 1);
  assertBalanced(sidecar);
});

test('what waits in the queue when twinspan is paused is not sent', async (t) => {
  const answers: ServerResponse[] = [];
  const shadow = await httpService(t, (_asked, response) => void answers.push(response));
  const sidecar = await twinspan(t, { shadow: { url: shadow.url, concurrency: 1 } });
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  for (let count = 0; count < 4; count += 1) {
    await client.replay({ request: { path: `/${count}` }, response: jsonAnswer });
  }
  await until(() => answers.length === 1);
  sidecar.app.pause();
  answers[0]?.end();
  await sidecar.settled(4);
  assert.equal(sidecar.app.status().exchanges.outcomes['paused'], 3);
  assert.equal(shadow.asked.length, 1);
  assertBalanced(sidecar);
});

test('after a pause nothing reaches a slow shadow that was not on a connection before', async (t) => {
  const answers: ServerResponse[] = [];
  const shadow = await httpService(t, (_asked, response) => void answers.push(response));
  const sidecar = await twinspan(t, {
    shadow: { url: shadow.url, connections: 4, concurrency: 64 },
  });
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  for (let count = 0; count < 20; count += 1) {
    await client.replay({ request: { path: `/${count}` }, response: jsonAnswer });
  }
  await until(() => answers.length === 4);
  sidecar.app.pause();
  for (const answer of answers) answer.end();
  await sidecar.settled(20);
  assert.equal(sidecar.app.status().exchanges.outcomes['paused'], 16);
  assert.equal(shadow.asked.length, 4);
  assertBalanced(sidecar);
});

test('an exchange ends on the configuration on which it began', async (t) => {
  const shadow = await httpService(t, json({ a: 2 }));
  const sections = { shadow: { url: shadow.url } };
  const sidecar = await twinspan(t, sections);
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  const parts = partsOf({ request: post, response: jsonAnswer });
  const early = client.open();
  early.send(...parts.slice(0, 1));
  await until(() => sidecar.app.status().exchanges.in_flight === 1);
  const next = configOf(
    {
      ...sections,
      routes: [
        {
          name: 'all',
          match: { path: '/**', methods: ['POST'] },
          effects: 'none',
          compare: { ignore: ['/a'] },
        },
      ],
    },
    sidecar.collector.url,
  );
  // Port 0 and what was bound for it are the same configuration.
  assert.equal(sidecar.app.reload(next.config, next.hash).kind, 'accepted');
  early.send(...parts.slice(1));
  await client.replay({ request: post, response: jsonAnswer });
  await sidecar.settled(2);
  assert.deepEqual(sidecar.app.status().exchanges.outcomes, { mismatch: 1, match: 1 });
  assert.equal(sidecar.app.status().configHash, next.hash);
  assertBalanced(sidecar);
});

test('a configuration that needs a restart is refused, and pauses nevertheless if it says so', async (t) => {
  const shadow = await httpService(t, json({}));
  const sidecar = await twinspan(t, { shadow: { url: shadow.url } });
  const before = sidecar.app.status().configHash;
  for (const paused of [false, true]) {
    const { config, hash } = configOf(
      { shadow: { url: 'http://127.0.0.1:1' }, capture: { maxExchanges: 7 }, paused },
      sidecar.collector.url,
    );
    assert.deepEqual(sidecar.app.reload(config, hash), {
      kind: 'refused',
      needsRestart: ['shadow.url'],
    });
    const { configHash, limits, paused: isPaused } = sidecar.app.status();
    assert.equal(configHash, before);
    assert.notEqual(limits['exchanges']?.max, 7);
    assert.equal(isPaused, paused);
  }
});

test('more open exchanges than capture.maxExchanges are shed at once, counted, and end with OK', async (t) => {
  const shadow = await httpService(t, json({ a: 1 }));
  const sidecar = await twinspan(t, {
    shadow: { url: shadow.url },
    capture: { maxExchanges: 3 },
  });
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  const parts = partsOf({ request: post, response: jsonAnswer });
  const open = Array.from({ length: 3 }, () => client.open());
  for (const exchange of open) exchange.send(...parts.slice(0, 1));
  await until(() => sidecar.app.status().exchanges.in_flight === 3);
  const shed = await client.replay({ request: post, response: jsonAnswer });
  assert.equal(shed.status, 0);
  for (const exchange of open) exchange.send(...parts.slice(1));
  await sidecar.settled(4);
  assert.deepEqual(sidecar.app.status().exchanges.outcomes, { over_capacity: 1, match: 3 });
  const metrics = await (await fetch(`http://${sidecar.app.addresses.ops}/metrics`)).text();
  assert.match(metrics, /^twinspan_exchanges_total\{outcome="over_capacity",route="~unread"\} 1$/m);
  assertBalanced(sidecar);
});

test('what is still open at the end of the drain ends as shutdown, with OK', async (t) => {
  const shadow = await httpService(t, () => {});
  const sidecar = await twinspan(t, {
    shadow: { url: shadow.url, concurrency: 1, timeout: '60s' },
    shutdown: { deadline: '50ms' },
  });
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  const half = client.open();
  half.send(...partsOf({ request: post }).slice(0, 1));
  // One in flight at a shadow that never answers, one behind it in the queue.
  await client.replay({ request: post, response: jsonAnswer });
  await client.replay({ request: post, response: jsonAnswer });
  await until(() => shadow.asked.length === 1);
  const ended = half.ended;
  await sidecar.app.stop();
  assert.equal((await ended).status, 0);
  const { exchanges, shadow: counts } = sidecar.app.status();
  assert.deepEqual(exchanges.outcomes, { shutdown: 3 });
  assert.equal(counts.sent_unpaired, 1);
  assertBalanced(sidecar);
  await client.close();
});

/** Two JSON bodies of 1 MiB that differ in one number. */
function largeAnswers(): { live: string; shadow: { value: number; items: string[] } } {
  const items = Array.from({ length: 16_000 }, (_, index) => `item ${index} ${'x'.repeat(45)}`);
  return { live: JSON.stringify({ value: 1, items }), shadow: { value: 2, items } };
}

test('answers of 1 MiB are compared while the event loop goes on', async (t) => {
  const { live, shadow: other } = largeAnswers();
  const shadow = await httpService(t, json(other));
  const sidecar = await twinspan(t, { shadow: { url: shadow.url } });
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  t.after(() => client.close());
  const headers = [['content-type', 'application/json']] as const;
  await client.replay({ request: post, response: { headers, body: live } });
  const comparing = (): number => sidecar.app.status().limits['comparisons']?.used ?? 0;
  await until(() => comparing() === 1);
  let turns = 0;
  await until(() => {
    turns += 1;
    return comparing() === 0;
  });
  await sidecar.settled(1);
  assert.ok(turns > 1);
  assert.deepEqual(sidecar.app.status().exchanges.outcomes, { mismatch: 1 });
  const { pairs } = (await sidecar.admin('/v1/pairs')) as {
    pairs: { differences: { pointer: string }[] }[];
  };
  assert.deepEqual(
    pairs[0]?.differences.map(({ pointer }) => pointer),
    ['/value'],
  );
  assertBalanced(sidecar);
});

test('what is still being compared at the end of the drain ends as shutdown', async (t) => {
  const { live, shadow: other } = largeAnswers();
  const shadow = await httpService(t, json(other));
  const sidecar = await twinspan(t, { shadow: { url: shadow.url }, shutdown: { deadline: '0s' } });
  const client = await ExtProcClient.connect(sidecar.app.addresses.extProc);
  const headers = [['content-type', 'application/json']] as const;
  await client.replay({ request: post, response: { headers, body: live } });
  await until(() => sidecar.app.status().limits['comparisons']?.used === 1);
  await sidecar.app.stop();
  assert.deepEqual(sidecar.app.status().exchanges.outcomes, { shutdown: 1 });
  assert.equal(sidecar.app.status().shadow.sent_unpaired, 1);
  assertBalanced(sidecar);
  await client.close();
});
