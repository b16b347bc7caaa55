import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import type { LiveEnd, LiveEvent } from '../../../src/stream/live-event.ts';
import {
  ended,
  requestBody,
  requestHeaders,
  requestTrailers,
  responseBody,
  responseHeaders,
  responseTrailers,
  routeSettings,
} from './live-events.ts';
import { liveSide, type LiveSide } from './live-side.ts';

/** The one outcome, and whether the books are as they must be after one exchange. */
function outcomeOf(side: LiveSide): string | undefined {
  assert.deepEqual(side.violations, []);
  assert.equal(side.entries.length, 1);
  assert.deepEqual(side.ledger.balances(), { exchanges: true, shadow: true, control: true });
  assert.equal(side.budget.used, 0);
  return side.entries[0]!.outcome;
}

const wholePost: readonly LiveEvent[] = [
  requestHeaders(),
  requestBody('{"a":'),
  requestBody('1}'),
  requestBody('', true),
  responseHeaders(),
  responseBody('{"label":'),
  responseBody('"setosa"}'),
  responseBody('', true),
];

test('an exchange that is complete is handed on whole, once', () => {
  const side = liveSide();
  const hear = side.open();
  for (const event of wholePost) assert.equal(hear(event), 'continue');
  assert.equal(side.answered.length, 0);
  assert.equal(side.budget.used, '{"a":1}'.length + '{"label":"setosa"}'.length);
  hear(ended());
  const [exchange] = side.answered;
  assert.equal(side.answered.length, 1);
  assert.equal(exchange?.request.body.bytes?.toString(), '{"a":1}');
  assert.equal(exchange?.response.body.bytes?.toString(), '{"label":"setosa"}');
  assert.equal(exchange?.response.status, 200);
  assert.equal(exchange?.method, 'POST');
  assert.equal(exchange?.mode, 'live');
  assert.match(exchange?.pairId ?? '', /^[0-9a-f]{32}$/);
  assert.equal(outcomeOf(side), 'match');
});

test('the request is handed on when it is complete, while live still works on its answer', () => {
  const side = liveSide();
  const hear = side.open();
  hear(requestHeaders());
  hear(requestBody('abc'));
  assert.equal(side.requests.length, 0);
  hear(requestBody('', true));
  assert.equal(side.requests.length, 1);
  assert.equal(side.requests[0]?.body.bytes?.toString(), 'abc');
  hear(responseHeaders({ endOfStream: true }));
  hear(ended());
  assert.equal(side.requests.length, 1);
  assert.equal(outcomeOf(side), 'match');
});

test('a message without a body ends with its headers', () => {
  const side = liveSide();
  side.hear(
    requestHeaders({ method: 'GET', endOfStream: true }),
    responseHeaders({ status: 204, endOfStream: true }),
    ended(),
  );
  const [exchange] = side.answered;
  assert.equal(exchange?.request.body.length, 0);
  assert.equal(exchange?.response.body.length, 0);
  assert.equal(exchange?.response.status, 204);
  assert.equal(outcomeOf(side), 'match');
});

test('trailers end a message, and are kept', () => {
  const side = liveSide();
  side.hear(
    requestHeaders(),
    requestBody('abc'),
    requestTrailers([['x-checksum', '1']]),
    responseHeaders(),
    responseBody('def'),
    responseTrailers([['x-checksum', '2']]),
    ended(),
  );
  const [exchange] = side.answered;
  assert.deepEqual([...exchange!.request.trailers], [['x-checksum', '1']]);
  assert.deepEqual([...exchange!.response.trailers], [['x-checksum', '2']]);
  assert.equal(outcomeOf(side), 'match');
});

test('the two directions may interleave', () => {
  const side = liveSide();
  side.hear(
    requestHeaders(),
    requestBody('1'),
    responseHeaders(),
    responseBody('a'),
    requestBody('2'),
    responseBody('b', true),
    requestBody('3', true),
    ended(),
  );
  assert.equal(side.answered[0]?.request.body.bytes?.toString(), '123');
  assert.equal(side.answered[0]?.response.body.bytes?.toString(), 'ab');
  assert.equal(outcomeOf(side), 'match');
});

test('header values come through byte for byte, in order, duplicates and empty ones included', () => {
  const everyByte = Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1)).toString(
    'latin1',
  );
  const headers = [
    ['x-bytes', everyByte],
    ['set-cookie', 'a=1'],
    ['x-empty', ''],
    ['set-cookie', 'b=2'],
    ['__proto__', 'x'],
  ] as const;
  const side = liveSide();
  side.hear(
    requestHeaders({ headers, endOfStream: true, path: '/a%2Fb?x=\u00e9' }),
    responseHeaders({ headers, endOfStream: true }),
    ended(),
  );
  const [exchange] = side.answered;
  assert.deepEqual([...exchange!.request.headers], [['x-request-id', 'r-1'], ...headers]);
  assert.deepEqual([...exchange!.response.headers], [...headers]);
  assert.equal(exchange!.request.path, '/a%2Fb?x=\u00e9');
});

test('the chunk of an event may be reused by its owner', () => {
  const side = liveSide();
  const hear = side.open();
  const chunk = Buffer.from('live');
  hear(requestHeaders({ endOfStream: true }));
  hear(responseHeaders());
  hear({ kind: 'response_body', chunk, endOfStream: false });
  chunk.fill('x');
  hear(responseBody('', true));
  hear(ended());
  assert.equal(side.answered[0]?.response.body.bytes?.toString(), 'live');
});

test('the request id is the header, else what Envoy says, else empty', () => {
  const cases = [
    { name: 'x-request-id', attributes: [['request.id', 'r-2']], id: 'r-1' },
    { name: 'x-other', attributes: [['request.id', 'r-2']], id: 'r-2' },
    { name: 'x-other', attributes: [], id: '' },
  ] as const;
  for (const { name, attributes, id } of cases) {
    const side = liveSide();
    side.hear(
      {
        kind: 'request_headers',
        headers: new HeaderList([':method', 'GET', ':path', '/', name, 'r-1']),
        endOfStream: true,
        attributes: new Map(attributes),
      },
      responseHeaders({ endOfStream: true }),
      ended(),
    );
    assert.equal(side.answered[0]?.requestId, id);
    assert.equal(side.answered[0]?.request.id, id);
  }
});

test('what is not followed ends its RPC at its headers, is named, and keeps nothing', () => {
  const side = liveSide({ routes: [routeSettings({ name: 'predict', methods: ['GET'] })] });
  assert.deepEqual(side.hear(requestHeaders({ method: 'DELETE' })), ['end']);
  assert.equal(outcomeOf(side), 'method_not_allowed');
  assert.equal(side.entries[0]?.route, 'predict');
  const other = liveSide({ routes: [routeSettings({ match: { path: '/other' } })] });
  assert.deepEqual(other.hear(requestHeaders()), ['end']);
  assert.equal(outcomeOf(other), 'route_unmatched');
  assert.equal(other.entries[0]?.route, '~unmatched');
});

test('what would be followed but cannot be now ends at its headers, and is told of with its route', () => {
  for (const pressure of ['bytes_exhausted', 'circuit_open', 'over_rate'] as const) {
    const side = liveSide({
      routes: [routeSettings({ name: 'predict' })],
      seams: { pressure: () => pressure },
    });
    assert.deepEqual(side.hear(requestHeaders({ endOfStream: true })), ['end']);
    assert.equal(outcomeOf(side), pressure);
    assert.equal(side.entries[0]?.route, 'predict');
    assert.equal(side.dropped[0]?.exchange.route.name, 'predict');
    assert.equal(side.requests.length, 0);
  }
});

test('whatever comes after an exchange has ended changes nothing', () => {
  const endings: readonly (readonly LiveEvent[])[] = [
    [requestHeaders({ method: 'DELETE' })],
    [requestHeaders({ headers: [['content-length', '70000']] })],
    [requestHeaders(), responseHeaders({ status: 101 })],
    [responseHeaders()],
    [...wholePost, ended()],
    [requestHeaders(), ended('half_close')],
  ];
  for (const events of endings) {
    const side = liveSide();
    const hear = side.open();
    events.forEach(hear);
    const outcome = outcomeOf(side);
    assert.notEqual(outcome, undefined);
    const handedOn = side.dropped.length + side.answered.length;
    for (const late of [requestBody('x'), responseHeaders(), responseBody('', true), ended()]) {
      assert.equal(hear(late), 'end');
    }
    assert.equal(outcomeOf(side), outcome);
    assert.equal(side.dropped.length + side.answered.length, handedOn);
  }
});

test('an RPC that ends before anything came was no exchange', () => {
  for (const how of ['half_close', 'cancelled', 'undecodable', 'shutdown', 'idle'] as const) {
    const side = liveSide();
    side.hear(ended(how));
    assert.equal(side.ledger.totals().seen, 0, how);
  }
});

test('a synchronous filter that is refused was seen, although none of its messages is heard', () => {
  const side = liveSide();
  side.hear(ended('unsafe'));
  assert.equal(outcomeOf(side), 'unsafe_envoy_mode');
});

test('an exchange that never had request headers is incomplete, or an answer of Envoy itself', () => {
  const bodyOnly = liveSide();
  bodyOnly.hear(requestBody('x', true), ended('half_close'));
  assert.equal(outcomeOf(bodyOnly), 'live_incomplete');
  const reply = liveSide();
  assert.deepEqual(reply.hear(responseHeaders({ status: 426 })), ['end']);
  assert.equal(outcomeOf(reply), 'local_reply');
  const shutdown = liveSide();
  shutdown.hear(requestBody('x'), ended('shutdown'));
  assert.equal(outcomeOf(shutdown), 'shutdown');
});

test('a request beyond the cap is dropped at its announcement, before any body is read', () => {
  const side = liveSide({ maxBodyBytes: 10 });
  assert.deepEqual(side.hear(requestHeaders({ headers: [['content-length', '11']] })), ['end']);
  assert.equal(outcomeOf(side), 'body_too_large');
  assert.equal(side.requests.length, 0);
});

test('a request of exactly the cap is followed, announced or not', () => {
  for (const headers of [[['content-length', '10']], []] as const) {
    const side = liveSide({ maxBodyBytes: 10 });
    side.hear(
      requestHeaders({ headers }),
      requestBody('0123456789', true),
      responseHeaders({ endOfStream: true }),
      ended(),
    );
    assert.equal(side.requests[0]?.body.bytes?.toString(), '0123456789');
    assert.equal(outcomeOf(side), 'match');
  }
});

test('a request that grows beyond the cap ends its RPC and is never handed on', () => {
  const side = liveSide({ maxBodyBytes: 10 });
  assert.deepEqual(side.hear(requestHeaders(), requestBody('0123456789'), requestBody('x', true)), [
    'continue',
    'continue',
    'end',
  ]);
  assert.equal(outcomeOf(side), 'body_too_large');
  assert.equal(side.requests.length, 0);
  assert.equal(side.dropped[0]?.exchange.request, undefined);
});

test('a request for which there is no room any more is dropped as bytes_exhausted', () => {
  const side = liveSide({ maxBytesInFlight: 5 });
  side.hear(requestHeaders(), requestBody('012345'));
  assert.equal(outcomeOf(side), 'bytes_exhausted');
});

const large = [['x-large', 'v'.repeat(10_000)]] as const;

test('headers or trailers for which there is no room end the exchange, which gives back all it took', () => {
  const untilResponse = [requestHeaders({ headers: large }), requestBody('abc', true)];
  const schedules = [
    { room: 5000, events: [requestHeaders({ headers: large })] },
    { room: 8000, events: [requestHeaders({ headers: large }), requestTrailers(large)] },
    { room: 8000, events: [...untilResponse, responseHeaders({ headers: large })] },
    {
      room: 18_000,
      events: [...untilResponse, responseHeaders({ headers: large }), responseTrailers(large)],
    },
  ];
  for (const { room, events } of schedules) {
    const side = liveSide({ maxBytesInFlight: room });
    const hear = side.open();
    for (const event of events.slice(0, -1)) assert.equal(hear(event), 'continue');
    assert.equal(hear(events.at(-1)!), 'end');
    assert.equal(outcomeOf(side), 'bytes_exhausted');
    assert.equal(side.budget.used, 0);
    assert.equal(side.ledger.inFlight, 0);
    // The RPC is over, but its messages that are on the way still come.
    assert.equal(hear(responseHeaders({ headers: large })), 'end');
    assert.equal(hear(ended('half_close')), 'end');
    assert.equal(side.budget.used, 0);
    assert.equal(side.dropped.length, 1);
  }
});

test('a path and a tracestate are as long as a customer likes, and count as headers do', () => {
  const path = liveSide({ maxBytesInFlight: 5000 });
  path.hear(requestHeaders({ path: `/${'p'.repeat(10_000)}` }));
  assert.equal(outcomeOf(path), 'bytes_exhausted');
  const tracestate = liveSide({ maxBytesInFlight: 5000 });
  tracestate.open({ traceparent: '', tracestate: 't'.repeat(10_000) })(requestHeaders());
  assert.equal(outcomeOf(tracestate), 'bytes_exhausted');
});

test('large headers are handed on as they came', () => {
  const side = liveSide();
  const path = `/${'p'.repeat(10_000)}?q=\u00ff`;
  side.hear(
    requestHeaders({ path, headers: large }),
    requestTrailers(large),
    responseHeaders({ headers: large }),
    responseTrailers(large),
    ended(),
  );
  const { request, response } = side.answered[0]!;
  assert.equal(request.path, path);
  assert.equal(request.authority, 'shop.example');
  assert.equal(request.id, 'r-1');
  assert.deepEqual([...request.headers], [['x-request-id', 'r-1'], ...large]);
  assert.deepEqual([...request.trailers], large);
  assert.deepEqual([...response.headers], large);
  assert.deepEqual([...response.trailers], large);
  assert.equal(side.budget.used, 0);
});

test('a response beyond the cap is kept as length and SHA-256, and the exchange is answered', () => {
  const side = liveSide({ maxBodyBytes: 10 });
  side.hear(
    requestHeaders({ endOfStream: true }),
    responseHeaders(),
    responseBody('0123456789'),
    responseBody('abc', true),
    ended(),
  );
  const body = side.answered[0]?.response.body;
  assert.equal(body?.length, 13);
  assert.equal(body?.bytes, undefined);
  assert.match(body?.sha256 ?? '', /^[0-9a-f]{64}$/);
  assert.equal(outcomeOf(side), 'match');
});

test("Envoy's own answer without an attempt is a local reply, and ends its RPC at once", () => {
  for (const attributes of [
    [['response.code_details', 'direct_response']],
    [
      ['response.code_details', 'route_not_found'],
      ['upstream.request_attempt_count', '0'],
    ],
  ] as const) {
    const side = liveSide();
    assert.deepEqual(
      side.hear(
        requestHeaders({ endOfStream: true }),
        responseHeaders({ status: 404, attributes }),
      ),
      ['continue', 'end'],
    );
    assert.equal(outcomeOf(side), 'local_reply');
    assert.equal(side.answered.length, 0);
  }
});

test("Envoy's own answer after an attempt is a failure of live, however it ends", () => {
  const attributes = [
    ['response.code_details', 'upstream_reset_before_response_started{connection_refused}'],
    ['upstream.request_attempt_count', '2'],
  ] as const;
  for (const how of ['complete', 'half_close', 'idle', 'request_endless'] as const) {
    const side = liveSide();
    side.hear(
      requestHeaders({ endOfStream: true }),
      responseHeaders({ status: 503, attributes }),
      responseBody('upstream connect error', true),
      ended(how),
    );
    assert.equal(outcomeOf(side), 'live_upstream_failed', how);
    assert.equal(side.answered.length, 0);
  }
});

test("without code_details an answer is live's, and that it is missing is told", () => {
  const side = liveSide();
  side.hear(
    requestHeaders({ endOfStream: true }),
    responseHeaders({ endOfStream: true, attributes: [] }),
    ended(),
  );
  assert.equal(outcomeOf(side), 'match');
  assert.equal(side.attributesMissing, 1);
});

test('a switch of protocols, gRPC and an event stream end the RPC at the response headers', () => {
  const cases = [
    { line: { status: 101 }, outcome: 'upgrade' },
    {
      line: { headers: [['content-type', 'application/grpc+proto']] },
      outcome: 'protocol_unsupported',
    },
    {
      line: { headers: [['content-type', 'Text/Event-Stream; charset=utf-8']] },
      outcome: 'protocol_unsupported',
    },
  ] as const;
  for (const { line, outcome } of cases) {
    const side = liveSide();
    assert.deepEqual(side.hear(requestHeaders({ endOfStream: true }), responseHeaders(line)), [
      'continue',
      'end',
    ]);
    assert.equal(outcomeOf(side), outcome);
  }
});

test('an event stream is followed where the route says so', () => {
  const side = liveSide({ routes: [routeSettings({ stream: true })] });
  side.hear(
    requestHeaders({ endOfStream: true, headers: [['accept', 'text/event-stream']] }),
    responseHeaders({ headers: [['content-type', 'text/event-stream']] }),
    responseBody('data: 1\n\n', true),
    ended(),
  );
  assert.equal(outcomeOf(side), 'match');
});

test('an exchange of which a message has no room ends as bytes_exhausted, also when it is the first', () => {
  for (const [events, route] of [
    [[], '~unread'],
    [[requestHeaders()], 'everything'],
    [[requestHeaders(), requestBody('upl')], 'everything'],
  ] as const) {
    const side = liveSide();
    side.hear(...events, ended('bytes_exhausted'));
    assert.equal(outcomeOf(side), 'bytes_exhausted');
    assert.equal(side.ledger.totals().seen, 1);
    assert.equal(side.entries[0]!.route, route);
  }
});

test('an early answer to a request that never ends is incomplete', () => {
  const side = liveSide();
  side.hear(
    requestHeaders(),
    requestBody('upl'),
    responseHeaders({ status: 413, endOfStream: true }),
    ended('request_endless'),
  );
  assert.equal(outcomeOf(side), 'live_incomplete');
  assert.equal(side.requests.length, 0);
  assert.equal(side.dropped[0]?.exchange.response?.status, 413);
});

test('an early answer whose upload ends later is answered', () => {
  const side = liveSide();
  side.hear(
    requestHeaders(),
    responseHeaders({ status: 413, endOfStream: true }),
    requestBody('late', true),
    ended(),
  );
  assert.equal(outcomeOf(side), 'match');
});

test('what ended an RPC early makes the exchange incomplete, except a shutdown', () => {
  const cases: readonly (readonly [LiveEnd, string])[] = [
    ['cancelled', 'live_incomplete'],
    ['idle', 'live_incomplete'],
    ['max_duration', 'live_incomplete'],
    ['undecodable', 'live_incomplete'],
    ['out_of_order', 'live_incomplete'],
    ['shutdown', 'shutdown'],
  ];
  for (const [how, outcome] of cases) {
    for (const parts of [1, 2, 5, 7]) {
      const side = liveSide();
      side.hear(...wholePost.slice(0, parts), ended(how));
      assert.equal(outcomeOf(side), outcome, `${how} after ${parts} parts`);
    }
  }
});

test('a half-closed exchange is complete when each content-length was reached, else aborted', () => {
  const length = (value: string) => [['content-length', value]] as const;
  const cases = [
    { request: length('3'), response: length('4'), outcome: 'match' },
    { request: length('4'), response: length('4'), outcome: 'live_aborted' },
    { request: length('3'), response: length('5'), outcome: 'live_aborted' },
    { request: length('3'), response: length('3'), outcome: 'live_aborted' },
  ];
  for (const { request, response, outcome } of cases) {
    const side = liveSide();
    side.hear(
      requestHeaders({ headers: request }),
      requestBody('abc'),
      responseHeaders({ headers: response }),
      responseBody('defg'),
      ended('half_close'),
    );
    assert.equal(outcomeOf(side), outcome, `${request[0][1]} and ${response[0][1]}`);
    assert.equal(side.answered.length, outcome === 'match' ? 1 : 0);
  }
});

test('a half-closed exchange without an answer was aborted', () => {
  for (const parts of [1, 2, 4]) {
    const side = liveSide();
    side.hear(...wholePost.slice(0, parts), ended('half_close'));
    assert.equal(outcomeOf(side), 'live_aborted');
  }
});

test('a half-closed message without a length was aborted in HTTP/1, and is unknown in HTTP/2', () => {
  const cases = [
    { headers: [['transfer-encoding', 'chunked']], outcome: 'live_aborted' },
    {
      headers: [
        ['transfer-encoding', 'chunked'],
        ['trailer', 'x-checksum'],
      ],
      outcome: 'live_incomplete',
    },
    { headers: [], outcome: 'live_incomplete' },
    { headers: [['content-length', 'ten']], outcome: 'live_incomplete' },
  ] as const;
  for (const { headers, outcome } of cases) {
    const side = liveSide();
    side.hear(
      requestHeaders({ endOfStream: true }),
      responseHeaders({ headers }),
      responseBody('abc'),
      ended('half_close'),
    );
    assert.equal(outcomeOf(side), outcome);
  }
});

test('a message without an end mark ended with its last part, not when Envoy gave the exchange up', () => {
  const side = liveSide();
  const hear = side.open();
  const startedAt = side.clock.now();
  hear(requestHeaders({ headers: [['content-length', '3']] }));
  side.clock.advance(10);
  hear(requestBody('abc'));
  side.clock.advance(30);
  hear(responseHeaders({ headers: [['content-length', '2']] }));
  side.clock.advance(5);
  hear(responseBody('ok'));
  side.clock.advance(5000);
  hear(ended('half_close'));
  const [exchange] = side.answered;
  assert.equal(exchange?.request.endedAt, startedAt + 10);
  assert.equal(exchange?.response.endedAt, startedAt + 45);
});

test('times are those of the events, on one base', () => {
  const side = liveSide();
  const hear = side.open();
  const startedAt = side.clock.now();
  hear(requestHeaders());
  side.clock.advance(5);
  hear(requestBody('', true));
  side.clock.advance(20);
  hear(responseHeaders());
  side.clock.advance(7);
  hear(responseBody('', true));
  side.clock.advance(1);
  hear(ended());
  const [exchange] = side.answered;
  assert.equal(exchange?.startedAt, startedAt);
  assert.equal(exchange?.request.startedAt, startedAt);
  assert.equal(exchange?.request.endedAt, startedAt + 5);
  assert.equal(exchange?.response.startedAt, startedAt + 25);
  assert.equal(exchange?.response.endedAt, startedAt + 32);
  assert.equal(exchange?.endedAt, startedAt + 33);
  assert.equal(startedAt + exchange.epochOffsetMs, side.clock.wallNow() - 33);
});

test('an exchange that Envoy routed to a canary cluster is a canary', () => {
  const side = liveSide({ canaryClusters: ['model-canary'] });
  for (const cluster of ['model', 'model-canary']) {
    side.hear(
      requestHeaders({ endOfStream: true, attributes: [['xds.cluster_name', cluster]] }),
      responseHeaders({ endOfStream: true }),
      ended(),
    );
  }
  assert.deepEqual(
    side.answered.map(({ mode }) => mode),
    ['live', 'canary'],
  );
});

test("Envoy's trace context of the call is kept with the exchange", () => {
  const side = liveSide();
  const context = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
  const hear = side.open(context);
  hear(requestHeaders({ endOfStream: true }));
  hear(responseHeaders({ endOfStream: true }));
  hear(ended());
  assert.equal(side.answered[0]?.context, context);
});

test('what is handed on is frozen', () => {
  const side = liveSide();
  side.hear(...wholePost, ended());
  side.hear(requestHeaders(), ended('half_close'));
  assert.ok(Object.isFrozen(side.answered[0]));
  assert.ok(Object.isFrozen(side.answered[0]?.request));
  assert.ok(Object.isFrozen(side.answered[0]?.response));
  assert.ok(Object.isFrozen(side.dropped[0]?.exchange));
});

test('an exchange whose receiver failed is ended by the end of its RPC, in one outcome', () => {
  const side = liveSide({
    seams: {
      pressure: () => {
        throw new Error('a fault of ours');
      },
    },
  });
  const hear = side.open();
  assert.throws(() => hear(requestHeaders()), /a fault of ours/);
  assert.equal(side.ledger.inFlight, 1);
  hear(ended('cancelled'));
  assert.equal(outcomeOf(side), 'live_incomplete');
});

test('an exchange in which a part of ours threw ends as internal, unless it had ended before', () => {
  const side = liveSide();
  side.hear(wholePost[0]!, { kind: 'ended', how: 'internal' });
  side.hear(...wholePost, { kind: 'ended', how: 'complete' }, { kind: 'ended', how: 'internal' });
  assert.deepEqual(
    side.entries.map(({ outcome }) => outcome === 'internal'),
    [true, false],
  );
  assert.deepEqual(side.violations, []);
});
