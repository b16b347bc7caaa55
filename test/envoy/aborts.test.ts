/**
 * Exchanges that break off, on the customer's side or on live's: nothing of them reaches the shadow, and each has a
 * name. Envoy's word for it is a half-close after `deferred_close_timeout`, which is short here.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { before, describe, it } from 'node:test';

import { ask, askHttp2 } from '../kit/customer.ts';
import { cluster, envoy, filterTo, route, twinspanCluster } from '../kit/envoy.ts';
import { httpService, json, type Asked } from '../kit/http-service.ts';
import { http2Service } from '../kit/http2-service.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import { rawConnection, rawService, type RawAnswer, type RawService } from '../kit/raw-http.ts';
import { twinspan, type TestTwinspan } from '../kit/twinspan.ts';
import { observer, until, type Observe } from './observer.ts';
import { executionSpan, traceInWords } from './trace-in-words.ts';

const ok = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const answers: Readonly<Record<string, RawAnswer>> = {
  '/unfinished': { bytes: `${ok}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n` },
  '/unfinished-length': { bytes: `${ok}content-length: 9\r\n\r\nabc` },
  '/cut': { bytes: `${ok}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`, close: 'reset' },
  '/cut-length': { bytes: `${ok}content-length: 9\r\n\r\nabc`, close: 'end' },
  '/mute': { bytes: '' },
};
const whole: RawAnswer = { bytes: `${ok}content-length: 7\r\n\r\n{"a":1}` };

describe('exchanges that break off', { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  let live: RawService;
  let eager: TestTwinspan;
  let observe: Observe<Asked>;
  let observeEager: Observe<Asked>;
  let customers: string;
  let eagerCustomers: string;
  let shadowOfEager: readonly Asked[];

  before(async () => {
    live = await rawService(lifetime, (text) => answers[text.split(' ')[1]!] ?? whole);
    const live2 = await http2Service(lifetime, ({ path }, stream) => {
      stream.respond({ ':status': 200 });
      stream.write('abc', () => {
        if (path === '/h2/cut') stream.session?.destroy();
      });
    });
    const shadow = await httpService(lifetime, json({ a: 1 }));
    const sidecar = await twinspan(lifetime, { shadow: { url: shadow.url } });
    const eagerShadow = await httpService(lifetime, json({ a: 1 }));
    eager = await twinspan(lifetime, {
      shadow: { url: eagerShadow.url, dispatch: 'with-request' },
    });
    const routes = [route('/h2', 'live2'), route('/', 'live')];
    const short = { deferred_close_timeout: '0.3s' };
    const running = await envoy(lifetime, {
      listeners: {
        ingress: { routes, filter: short },
        eager: { routes, filter: filterTo('eager', short) },
      },
      clusters: [
        cluster('live', live.port),
        cluster('live2', live2.port, { http2: true }),
        twinspanCluster(sidecar.app.addresses.extProc),
        twinspanCluster(eager.app.addresses.extProc, { name: 'eager' }),
      ],
    });
    customers = running.listeners['ingress']!;
    eagerCustomers = running.listeners['eager']!;
    observe = observer(sidecar, shadow, ({ headers }) => headers['x-request-id']);
    observeEager = observer(eager, eagerShadow, ({ headers }) => headers['x-request-id']);
    shadowOfEager = eagerShadow.asked;
  });

  /** Sends a request, waits for the beginning of the answer, and goes away. */
  async function leaveMidAnswer(path: string): Promise<void> {
    const connection = await rawConnection(customers);
    await connection.send(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
    await connection.until('abc');
    connection.reset();
  }

  it('a customer who leaves in the middle of an answer in chunks', async () => {
    const { outcomes, asked, pairs } = await observe(1, () => leaveMidAnswer('/unfinished'));
    assert.deepEqual(outcomes, { live_aborted: 1 });
    assert.equal(asked.length, 0);
    assert.equal(pairs.length, 0);
  });

  it('a customer who leaves in the middle of an answer with a length', async () => {
    const { outcomes } = await observe(1, () => leaveMidAnswer('/unfinished-length'));
    assert.deepEqual(outcomes, { live_aborted: 1 });
  });

  it('an HTTP/2 customer who leaves in the middle of an answer: it may have been whole, so it is live_incomplete', async () => {
    const { outcomes, asked } = await observe(1, async () => {
      const session = connect(`http://${customers}`);
      const stream = session.request({ ':path': '/h2/unfinished' });
      await once(stream, 'data');
      session.destroy();
    });
    assert.deepEqual(outcomes, { live_incomplete: 1 });
    assert.equal(asked.length, 0);
  });

  it('a customer who leaves while live works', async () => {
    const { outcomes, asked } = await observe(1, async () => {
      const connection = await rawConnection(customers);
      await connection.send('GET /mute HTTP/1.1\r\nhost: a\r\n\r\n');
      await until(() => live.requests.at(-1)?.startsWith('GET /mute ') === true);
      connection.reset();
    });
    assert.deepEqual(outcomes, { live_aborted: 1 });
    assert.equal(asked.length, 0);
  });

  for (const [framing, header, body] of [
    ['with a length', 'content-length: 9', 'abc'],
    ['in chunks', 'transfer-encoding: chunked', '3\r\nabc\r\n'],
  ] as const) {
    it(`a customer who leaves in the middle of an upload ${framing}`, async () => {
      const { outcomes, asked } = await observe(1, async () => {
        const connection = await rawConnection(customers);
        await connection.send(
          `POST /upload HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n${header}\r\n\r\n${body}`,
        );
        await connection.until('100 Continue');
        connection.reset();
      });
      assert.deepEqual(outcomes, { live_aborted: 1 });
      assert.equal(asked.length, 0);
    });
  }

  for (const [path, framing] of [
    ['/cut', 'in chunks'],
    ['/cut-length', 'with a length'],
  ] as const) {
    it(`a live service that cuts an answer ${framing}`, async () => {
      const { outcomes, asked } = await observe(1, () => assert.rejects(ask(customers, { path })));
      assert.deepEqual(outcomes, { live_aborted: 1 });
      assert.equal(asked.length, 0);
    });
  }

  it('a live service that cuts an HTTP/2 answer', async () => {
    const { outcomes, asked } = await observe(1, () =>
      assert.rejects(askHttp2(customers, { path: '/h2/cut' })),
    );
    assert.deepEqual(outcomes, { live_incomplete: 1 });
    assert.equal(asked.length, 0);
  });

  it('the trace of an exchange that broke off has the live span alone, and blames nobody', async () => {
    const { exportedSpans } = await observe(1, () => leaveMidAnswer('/unfinished'));
    const spans = await exportedSpans();
    assert.deepEqual(traceInWords(spans), [
      'twinspan.pair (internal) live_error live_aborted',
      '  GET /** (internal) live',
    ]);
    assert.equal(executionSpan(spans, 'live').status.code, 0);
  });

  it('what was sent with the request before live broke off is counted as sent and unpaired', async () => {
    const before = eager.app.status().shadow;
    const { outcomes, pairs, exportedSpans } = await observeEager(1, async () => {
      const connection = await rawConnection(eagerCustomers);
      await connection.send('GET /unfinished HTTP/1.1\r\nhost: a\r\n\r\n');
      await connection.until('abc');
      await until(() => shadowOfEager.length === 1);
      connection.reset();
    });
    assert.deepEqual(outcomes, { live_aborted: 1 });
    const { sent, sent_unpaired: unpaired } = eager.app.status().shadow;
    assert.deepEqual([sent - before.sent, unpaired - before.sent_unpaired], [1, 1]);
    assert.equal(pairs.length, 0);
    assert.deepEqual(traceInWords(await exportedSpans()), [
      'twinspan.pair (internal) live_error live_aborted',
      '  GET /** (internal) live',
      '  GET /** (client) shadow 200',
    ]);
  });

  it('the exchange after one that broke off is followed as ever', async () => {
    const { outcomes, asked } = await observe(2, async () => {
      await leaveMidAnswer('/unfinished');
      await ask(customers, { path: '/whole' });
    });
    assert.deepEqual(outcomes, { live_aborted: 1, match: 1 });
    assert.deepEqual(
      asked.map(({ url }) => url),
      ['/whole'],
    );
  });
});
