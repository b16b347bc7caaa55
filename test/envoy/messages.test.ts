/**
 * The table of docs/discoveries/envoy.md, measured: which parts of an exchange a real Envoy tells of in each
 * situation, how the RPC ends, and what twinspan makes of it. And what the page says beside the table.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';

import { ask, askHttp2, type Question } from '../kit/customer.ts';
import { closedPort, cluster, envoy, route, twinspanCluster, type Json } from '../kit/envoy.ts';
import { endWithTrailers, http2Service, type Http2Asked } from '../kit/http2-service.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import {
  liveEventRecorder,
  type LiveEventRecorder,
  type RecordedExchange,
} from '../kit/live-event-recorder.ts';
import {
  rawConnection,
  rawExchange,
  rawService,
  type RawAnswer,
  type RawService,
} from '../kit/raw-http.ts';
import { until } from './observer.ts';

type Row = Pick<RecordedExchange, 'request' | 'response' | 'end' | 'outcome'>;

const page = readFileSync(join(import.meta.dirname, '../../docs/discoveries/envoy.md'), 'utf8');

const ok = 'HTTP/1.1 200 OK\r\n';
const inChunks = 'transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n';
const answers: Readonly<Record<string, RawAnswer>> = {
  '/chunks': { bytes: `${ok}${inChunks}0\r\n\r\n` },
  '/trailers': { bytes: `${ok}trailer: x-sum\r\n${inChunks}0\r\nx-sum: 1\r\n\r\n` },
  '/unannounced': { bytes: `${ok}${inChunks}0\r\nx-sum: 1\r\n\r\n` },
  '/until-close': { bytes: `${ok}\r\nabc`, close: 'end' },
  '/empty': { bytes: 'HTTP/1.1 204 No Content\r\n\r\n' },
  '/cut-length': { bytes: `${ok}content-length: 9\r\n\r\nabc`, close: 'reset' },
  '/cut-chunks': { bytes: `${ok}${inChunks}`, close: 'reset' },
  '/unfinished': { bytes: `${ok}${inChunks}` },
  '/reset': { bytes: '', close: 'reset' },
  '/silent': { bytes: '' },
  '/mute': { bytes: '' },
  '/events': { bytes: `${ok}content-type: text/event-stream\r\n${inChunks}0\r\n\r\n` },
};

const skippingTrailers = {
  deferred_close_timeout: '0.3s',
  processing_mode: {
    request_header_mode: 'SEND',
    request_body_mode: 'STREAMED',
    request_trailer_mode: 'SKIP',
    response_header_mode: 'SEND',
    response_body_mode: 'STREAMED',
    response_trailer_mode: 'SKIP',
  },
};
/** Envoy drops the trailers of HTTP/1 unless both of its sides are told otherwise. */
const http1Trailers = { http_protocol_options: { enable_trailers: true } };

describe('what Envoy tells of an exchange', { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  let recorder: LiveEventRecorder;
  let live: RawService;
  let listeners: Readonly<Record<string, string>>;
  const seen = new Map<string, Row>();

  before(async () => {
    recorder = await liveEventRecorder(lifetime);
    live = await rawService(lifetime, answerOf);
    const hasty = await rawService(
      lifetime,
      () => ({ bytes: 'HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig' }),
      { hasty: true },
    );
    const live2 = await http2Service(lifetime, answerHttp2);
    const routes: Json[] = [
      {
        match: { path: '/direct' },
        direct_response: { status: 200, body: { inline_string: 'hi' } },
      },
      route('/silent', 'live', { timeout: '0.2s' }),
      route('/unsteady', 'live', { retry_policy: { retry_on: '5xx', num_retries: 2 } }),
      route('/no-endpoint', 'empty'),
      route('/refused', 'refused'),
      route('/h2', 'live2'),
      route('/', 'live'),
    ];
    const running = await envoy(lifetime, {
      listeners: {
        ingress: { routes, filter: { deferred_close_timeout: '0.3s' }, manager: http1Trailers },
        // Its deferred_close_timeout is the usual one, above the second that an early answer waits for its request.
        unhurried: {
          routes: [route('/early', 'hasty'), route('/http10', 'live')],
          manager: { http_protocol_options: { accept_http_10: true } },
        },
        unmatched: { routes, filter: { deferred_close_timeout: '0.3s' }, unmatched: true },
        skipping: { routes, filter: skippingTrailers, manager: http1Trailers },
      },
      clusters: [
        cluster('live', live.port, { extra: http1Trailers }),
        cluster('live2', live2.port, { http2: true }),
        cluster('hasty', hasty.port),
        cluster('refused', closedPort),
        cluster('empty', undefined),
        twinspanCluster(recorder.address),
      ],
    });
    listeners = running.listeners;
  });

  /** A row of the page, by what a customer does. */
  function row(situation: string, act: () => Promise<unknown>): void {
    it(situation, async () => {
      const [exchange] = await Promise.all([recorder.next(), act()]);
      const { request: sent, response, end, outcome } = exchange;
      seen.set(situation, { request: sent, response, end, outcome });
      assert.deepEqual(seen.get(situation), readTable(page).get(situation));
    });
  }

  /** A row of the page: Envoy tells nothing, and of the exchange after it again. */
  function nothing(situation: string, act: () => Promise<unknown>): void {
    it(`${situation}: nothing`, async () => {
      await act();
      await get('/after-nothing');
      const next = await recorder.next();
      assert.equal(next.requestHeaders.get(':path'), '/after-nothing');
      seen.set(situation, { request: 'nothing', response: '', end: '', outcome: '' });
      assert.deepEqual(seen.get(situation), readTable(page).get(situation));
    });
  }

  const get = (path: string, question: Question = {}) =>
    ask(listeners['ingress']!, { ...question, path });
  const http2 = (path: string, question: Parameters<typeof askHttp2>[1] = {}) =>
    askHttp2(listeners['ingress']!, { ...question, path });

  /** A customer that sends this, waits for `text` and goes away. */
  async function leaveAfter(text: string, bytes: string): Promise<void> {
    const connection = await rawConnection(listeners['ingress']!);
    await connection.send(bytes);
    await connection.until(text);
    connection.reset();
  }

  row('GET', () => get('/'));
  row('GET, answered in chunks', () => get('/chunks'));
  row('GET, answered until the connection closes', () => get('/until-close'));
  row('GET, answered 204', () => get('/empty'));
  row('HEAD', () => get('/', { method: 'HEAD' }));
  row('POST', () => get('/', { body: 'abc' }));
  row('POST in chunks', () => get('/', { body: ['ab', 'c'] }));
  row('POST that expects 100', () =>
    rawExchange(
      listeners['ingress']!,
      'POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc',
    ),
  );
  row('HTTP/2 GET', () => http2('/h2'));
  row('HTTP/2 POST', () => http2('/h2', { body: 'abc' }));
  row('HTTP/2 POST, live speaks HTTP/1.1', () => http2('/', { body: 'abc' }));
  row('HTTP/2 POST, trailers both ways', () =>
    http2('/h2/trailers', { body: 'abc', trailers: { 'x-sum': '1' } }),
  );
  row('HTTP/1.1 GET, answered with trailers', () => get('/trailers'));
  row('gRPC call', () =>
    http2('/h2/trailers', { body: '\0', headers: { 'content-type': 'application/grpc' } }),
  );
  row('event stream that ends', () => get('/events'));

  row('filter without trailers, HTTP/2 trailers', () =>
    askHttp2(listeners['skipping']!, { path: '/h2/trailers' }),
  );
  row('filter without trailers, HTTP/2 trailers and a content-length', () =>
    askHttp2(listeners['skipping']!, { path: '/h2/trailers/length' }),
  );
  row('filter without trailers, announced HTTP/1.1 trailers', () =>
    ask(listeners['skipping']!, { path: '/trailers' }),
  );
  row('filter without trailers, HTTP/1.1 trailers that nobody announced', () =>
    ask(listeners['skipping']!, { path: '/unannounced' }),
  );

  row('customer leaves before the answer', async () => {
    const connection = await rawConnection(listeners['ingress']!);
    await connection.send('GET /mute HTTP/1.1\r\nhost: a\r\n\r\n');
    await until(() => live.requests.at(-1)?.startsWith('GET /mute ') === true);
    connection.reset();
  });
  row('customer leaves in the middle of the answer', () =>
    leaveAfter('abc', 'GET /unfinished HTTP/1.1\r\nhost: a\r\n\r\n'),
  );
  row('customer leaves in the middle of the upload', () =>
    leaveAfter(
      '100 Continue',
      'POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\nabc',
    ),
  );
  row('HTTP/2 customer leaves in the middle of the answer', async () => {
    const session = connect(`http://${listeners['ingress']}`);
    const stream = session.request({ ':path': '/h2/unfinished' });
    await once(stream, 'data');
    session.destroy();
  });

  row('live cuts an answer with a content-length', () => assert.rejects(get('/cut-length')));
  row('live cuts an answer in chunks', () => assert.rejects(get('/cut-chunks')));
  row('live cuts an HTTP/2 answer', () => assert.rejects(http2('/h2/cut')));
  row('live resets before it answers', () => get('/reset'));
  row('live refuses the connection', () => get('/refused'));
  row('live does not answer in time', () => get('/silent'));
  row('live has no endpoint', () => get('/no-endpoint'));
  row('live answers the second try', () => get('/unsteady'));

  row('Envoy answers by itself', () => get('/direct'));
  row('no route', () => ask(listeners['unhurried']!, { path: '/elsewhere' }));
  row('answered before the upload ended, upload never ends', async () => {
    const connection = await rawConnection(listeners['unhurried']!);
    await connection.send('POST /early HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc');
    await connection.until('big');
    await connection.all;
  });
  row('HTTP/1.0, accepted', () =>
    rawExchange(listeners['unhurried']!, 'GET /http10 HTTP/1.0\r\nhost: a\r\n\r\n'),
  );
  nothing('HTTP/1.0, refused', () =>
    rawExchange(listeners['ingress']!, 'GET / HTTP/1.0\r\nhost: a\r\n\r\n'),
  );
  row('HTTP/1.0, refused, filter without matcher', () =>
    rawExchange(listeners['unmatched']!, 'GET / HTTP/1.0\r\nhost: a\r\n\r\n'),
  );
  nothing('upgrade to a websocket', () => upgrade(listeners['ingress']!));
  row('upgrade to a websocket, filter without matcher', () => upgrade(listeners['unmatched']!));
  nothing('request that cannot be parsed', () =>
    rawExchange(listeners['ingress']!, 'GET / HTTP/1.1\r\nhost: a\r\nbad header: 1\r\n\r\n'),
  );

  nothing('path with a byte above 0x7f', () =>
    rawExchange(
      listeners['ingress']!,
      Buffer.from('GET /caf\xe9 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 'latin1'),
    ),
  );

  it('every row of the page was seen', () => {
    assert.deepEqual([...readTable(page).keys()], [...seen.keys()]);
  });

  it('an answer in chunks shows its transfer-encoding, a request in chunks does not', async () => {
    const [exchange] = await Promise.all([
      recorder.next(),
      get('/chunks', { body: ['a', 'b'], headers: { 'transfer-encoding': 'chunked' } }),
    ]);
    assert.equal(exchange.responseHeaders.get('transfer-encoding'), 'chunked');
    assert.equal(exchange.requestHeaders.get('transfer-encoding'), undefined);
    assert.equal(exchange.requestHeaders.get('content-length'), undefined);
  });

  it('content-length is shown on both sides, and on the answer to a HEAD', async () => {
    const [post] = await Promise.all([recorder.next(), get('/', { body: 'ab' })]);
    assert.equal(post.requestHeaders.get('content-length'), '2');
    assert.equal(post.responseHeaders.get('content-length'), '3');
    const [head] = await Promise.all([recorder.next(), get('/', { method: 'HEAD' })]);
    assert.equal(head.responseHeaders.get('content-length'), '3');
  });

  const answeredBy = [
    { path: '/', details: 'via_upstream', attempts: '1', flags: '0' },
    { path: '/unsteady', details: 'via_upstream', attempts: '2', flags: '0' },
    { path: '/direct', details: 'direct_response', attempts: '0', flags: '0' },
    { path: '/no-endpoint', details: 'no_healthy_upstream', attempts: '1', flags: '2' },
    { path: '/silent', details: 'response_timeout', attempts: '1', flags: '4' },
    {
      path: '/refused',
      details: /^upstream_reset_before_response_started\{remote_connection_failure/,
      attempts: '1',
      flags: '32',
    },
    {
      path: '/reset',
      details: 'upstream_reset_before_response_started{connection_termination}',
      attempts: '1',
      flags: '64',
    },
  ];
  for (const { path, details, attempts, flags } of answeredBy) {
    it(`who answered ${path} is in the attributes`, async () => {
      const [{ responseAttributes }] = await Promise.all([recorder.next(), get(path)]);
      const said = responseAttributes.get('response.code_details') ?? '';
      if (typeof details === 'string') assert.equal(said, details);
      else assert.match(said, details);
      assert.equal(responseAttributes.get('upstream.request_attempt_count'), attempts);
      assert.equal(responseAttributes.get('response.flags'), flags);
    });
  }
});

async function upgrade(address: string): Promise<void> {
  const [host, port] = address.split(':');
  const headers = { connection: 'upgrade', upgrade: 'websocket' };
  const outgoing = request({ host, port, path: '/', headers, agent: false }).end();
  const [response] = (await once(outgoing, 'response')) as [{ resume(): void }];
  response.resume();
}

const tried = new Set<string>();

function answerOf(text: string): RawAnswer {
  const path = text.split(' ')[1]!;
  const byDefault = { bytes: `${ok}content-length: 3\r\n\r\nabc` };
  if (path !== '/unsteady') return answers[path] ?? byDefault;
  // The first try of each request fails.
  const id = /^x-request-id: (.*)\r$/m.exec(text)?.[1] ?? '';
  if (tried.has(id)) return byDefault;
  tried.add(id);
  return { bytes: 'HTTP/1.1 503 Later\r\ncontent-length: 0\r\n\r\n' };
}

function answerHttp2({ path }: Http2Asked, stream: Parameters<typeof endWithTrailers>[0]): void {
  const hasTrailers = path.startsWith('/h2/trailers');
  const length = path.endsWith('/length') ? { 'content-length': '3' } : {};
  stream.respond({ ':status': 200, ...length }, { waitForTrailers: hasTrailers });
  if (hasTrailers) endWithTrailers(stream, 'abc', { 'x-sum': '1' });
  else if (path === '/h2/cut') stream.write('abc', () => stream.session?.destroy());
  else if (path === '/h2/unfinished') stream.write('abc');
  else stream.end('abc');
}

/** The rows of the page's table by situation. */
function readTable(markdown: string): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const line of markdown.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells.length !== 7) continue;
    const [, situation = '', sent = '', response = '', end = '', outcome = ''] = cells;
    rows.set(situation, { request: sent, response, end, outcome });
  }
  // The first two lines are the head of the table.
  return new Map([...rows].slice(2));
}
