/**
 * The request at the shadow, header by header and byte by byte: what is copied, what never is, what a grant opens,
 * and paths that a URL parser would change.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';

import { ask, askHttp2 } from '../kit/customer.ts';
import { cluster, envoy, filterTo, route, twinspanCluster } from '../kit/envoy.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import { rawExchange, rawService, type RawService } from '../kit/raw-http.ts';
import { twinspan } from '../kit/twinspan.ts';
import { observer, type Observe } from './observer.ts';

/** Header names and values that a request has, in order, one character a byte. */
function fieldsOf(request: string): [name: string, value: string][] {
  const [head = ''] = request.split('\r\n\r\n', 1);
  return head
    .split('\r\n')
    .slice(1)
    .map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
}

function valuesOf(request: string | undefined, name: string): string[] {
  return fieldsOf(request ?? '')
    .filter(([other]) => other === name)
    .map(([, value]) => value);
}

const requestIdOf = (request: string) => valuesOf(request, 'x-request-id')[0];

const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7';
const answer = `${head}\r\nx-list: one\r\nx-list: two\r\nx-bytes: caf\xe9 \xff\r\n\r\n{"a":1}`;

describe('headers and paths at the shadow', { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  let live: RawService;
  let observe: Observe<string>;
  let observePreserving: Observe<string>;
  let customers: string;
  let preserved: string;

  before(async () => {
    live = await rawService(lifetime, () => ({ bytes: answer }));
    const shadow = await rawService(lifetime, (request) => ({
      bytes: request.includes(' /relisted ') ? answer.replace('one', 'three') : answer,
    }));
    const sidecar = await twinspan(lifetime, {
      shadow: { url: `http://127.0.0.1:${shadow.port}` },
      routes: [
        {
          name: 'granted',
          match: { path: '/granted/**', methods: ['GET'] },
          headers: { grant: ['authorization', 'cookie', 'x-api-key'] },
        },
        {
          name: 'keyed',
          match: { path: '/keyed/**', methods: ['POST'] },
          effects: 'isolated',
          headers: { idempotencyKey: 'hmac' },
        },
        {
          name: 'all',
          match: { path: '/**', methods: ['GET', 'POST'] },
          effects: 'none',
          compare: { headers: ['content-type', 'x-list', 'x-bytes'] },
        },
      ],
    });
    const preservingShadow = await rawService(lifetime, () => ({ bytes: answer }));
    const preserving = await twinspan(lifetime, {
      shadow: { url: `http://127.0.0.1:${preservingShadow.port}`, host: 'preserve' },
    });
    const running = await envoy(lifetime, {
      listeners: {
        ingress: { routes: [route('/', 'live')] },
        preserving: { routes: [route('/', 'live')], filter: filterTo('preserving') },
      },
      clusters: [
        cluster('live', live.port),
        twinspanCluster(sidecar.app.addresses.extProc),
        twinspanCluster(preserving.app.addresses.extProc, { name: 'preserving' }),
      ],
    });
    customers = running.listeners['ingress']!;
    preserved = running.listeners['preserving']!;
    observe = observer(sidecar, { asked: shadow.requests }, requestIdOf);
    observePreserving = observer(preserving, { asked: preservingShadow.requests }, requestIdOf);
  });

  /** Sends these lines after the request line, and returns what reached the shadow. */
  async function send(line: string, fields: readonly string[], address = customers) {
    const lines = [line, 'host: shop.example', ...fields, 'connection: close'];
    const watch = address === customers ? observe : observePreserving;
    const observation = await watch(1, () => rawExchange(address, `${lines.join('\r\n')}\r\n\r\n`));
    assert.match(observation.result, /^(?:HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 200 /);
    return { ...observation, copy: observation.asked[0] };
  }

  it('what is no secret is copied, in order, duplicates apart, values to the byte', async () => {
    const { copy, outcomes } = await send('GET /items HTTP/1.1', [
      'accept: text/html, */*;q=0.1',
      'x-list: one',
      'X-Tenant: gold',
      'x-list: two, three',
      'x-bytes: caf\xe9 \xff\x80',
      'x-empty:',
    ]);
    assert.deepEqual(outcomes, { match: 1 });
    const copied = fieldsOf(copy!).filter(([name]) => /^(?:accept|x-(?!request|twin))/.test(name));
    assert.deepEqual(copied, [
      ['accept', 'text/html, */*;q=0.1'],
      ['x-list', 'one'],
      ['x-tenant', 'gold'],
      ['x-list', 'two, three'],
      ['x-bytes', 'caf\xe9 \xff\x80'],
      ['x-empty', ''],
    ]);
  });

  it('the shadow is told what it is, which request it repeats, and nothing of the customer', async () => {
    const { copy } = await send('GET /items HTTP/1.1', [
      'x-request-id: chosen-by-the-customer',
      'x-forwarded-for: 203.0.113.9',
      'forwarded: for=203.0.113.9',
      'x-real-ip: 203.0.113.9',
      'via: 1.1 edge',
    ]);
    const names = fieldsOf(copy!).map(([name]) => name);
    for (const name of names)
      assert.doesNotMatch(name, /^(?:x-forwarded|forwarded|x-real-ip|x-envoy)/);
    assert.match(valuesOf(copy, 'x-twinspan-shadow')[0] ?? '', /^[0-9a-f]{16};1$/);
    assert.deepEqual(valuesOf(copy, 'baggage'), ['twinspan.deployment.mode=shadow']);
    assert.equal(valuesOf(copy, 'traceparent').length, 1);
    const atLive = live.requests.at(-1);
    assert.deepEqual(valuesOf(copy, 'x-request-id'), valuesOf(atLive, 'x-request-id'));
    assert.deepEqual(valuesOf(copy, 'via'), ['1.1 edge']);
  });

  it('no credential of a customer is at the shadow without a grant, and all are at live', async () => {
    const secrets = [
      ['authorization', 'Bearer secret'],
      ['cookie', 'session=secret'],
      ['proxy-authorization', 'Basic secret'],
      ['x-api-key', 'secret'],
      ['x-csrf-token', 'secret'],
      ['x-session-id', 'secret'],
      ['x-client-secret', 'secret'],
      ['x-forwarded-client-cert', 'secret'],
    ] as const;
    const { copy } = await send(
      'GET /items HTTP/1.1',
      secrets.map(([name, value]) => `${name}: ${value}`),
    );
    assert.doesNotMatch(copy!, /secret/);
    const atLive = live.requests.at(-1);
    for (const [name, value] of secrets) {
      // Envoy itself takes this one off a request from outside.
      if (name === 'x-forwarded-client-cert') continue;
      assert.deepEqual(valuesOf(atLive, name), [value]);
    }
  });

  it('a grant opens the credentials that it names and no others', async () => {
    const { copy } = await send('GET /granted/items HTTP/1.1', [
      'authorization: Bearer granted',
      'cookie: a=1',
      'x-api-key: granted',
      'x-csrf-token: secret',
    ]);
    assert.deepEqual(valuesOf(copy, 'authorization'), ['Bearer granted']);
    assert.deepEqual(valuesOf(copy, 'cookie'), ['a=1']);
    assert.deepEqual(valuesOf(copy, 'x-api-key'), ['granted']);
    assert.doesNotMatch(copy!, /secret/);
  });

  it('cookies that HTTP/2 split are one header at the shadow', async () => {
    const { asked } = await observe(1, () =>
      askHttp2(customers, { path: '/granted/items', headers: { cookie: ['a=1', 'b=2'] } }),
    );
    assert.deepEqual(valuesOf(asked[0], 'cookie'), ['a=1; b=2']);
  });

  it('an idempotency key is not sent, or rewritten where the route says so', async () => {
    const plain = await send('GET /items HTTP/1.1', ['idempotency-key: order-1']);
    assert.deepEqual(valuesOf(plain.copy, 'idempotency-key'), []);
    const keyed = await send('POST /keyed/items HTTP/1.1', [
      'idempotency-key: order-1',
      'content-length: 0',
    ]);
    const [key = ''] = valuesOf(keyed.copy, 'idempotency-key');
    assert.match(key, /^[0-9a-f]{64}$/);
    const again = await send('POST /keyed/items HTTP/1.1', [
      'idempotency-key: order-1',
      'content-length: 0',
    ]);
    assert.deepEqual(valuesOf(again.copy, 'idempotency-key'), [key], 'equal keys stay equal');
  });

  it('headers of the connection stay on it', async () => {
    const { copy } = await send('GET /items HTTP/1.1', [
      'te: trailers',
      'keep-alive: timeout=5',
      'expect: 100-continue',
    ]);
    for (const name of ['te', 'keep-alive', 'expect', 'proxy-connection', 'upgrade']) {
      assert.deepEqual(valuesOf(copy, name), [], name);
    }
  });

  it("the shadow's own name is its Host, or the one that live was asked for where the file says preserve", async () => {
    const own = await send('GET /items HTTP/1.1', []);
    assert.match(valuesOf(own.copy, 'host')[0] ?? '', /^127\.0\.0\.1:\d+$/);
    const kept = await send('GET /items HTTP/1.1', [], preserved);
    assert.deepEqual(valuesOf(kept.copy, 'host'), ['shop.example']);
  });

  const targets = [
    '//evil.example/items',
    '/a/../b/./c',
    '/a%2Fb%2e%2E/%zz',
    '/a;v=1/b,c/@d/:e',
    '/items?q=%20+a&&b=&=c?d/../e',
    '/items?',
    '/items?next=http://evil.example/',
    '/caf%C3%A9/%E9',
    '/\\evil.example',
    '/a//b///',
    '/%00',
    "/'quoted'/{braced}/|piped|/^",
  ];
  for (const target of targets) {
    it(`the target ${JSON.stringify(target)} is at the shadow as it was at live`, async () => {
      const { result, asked, outcomes } = await observe(1, () =>
        rawExchange(
          customers,
          `GET ${target} HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n`,
        ),
      );
      assert.match(result, /^HTTP\/1\.1 200 /);
      assert.deepEqual(outcomes, { match: 1 });
      const lineAtLive = live.requests.at(-1)?.split('\r\n', 1)[0];
      assert.equal(lineAtLive, `GET ${target} HTTP/1.1`);
      assert.equal(asked[0]?.split('\r\n', 1)[0], lineAtLive);
    });
  }

  it('header fields of both answers are compared to the byte, repeated ones as a list', async () => {
    const { outcomes } = await send('GET /items HTTP/1.1', []);
    assert.deepEqual(outcomes, { match: 1 });
    const changed = await send('GET /relisted HTTP/1.1', []);
    assert.deepEqual(changed.outcomes, { mismatch: 1 });
    assert.deepEqual(
      changed.pairs[0]?.differences.map(({ kind, group }) => `${kind} ${group}`),
      ['header_value header:x-list'],
    );
  });

  it('a shadow request that comes by Envoy again is never repeated', async () => {
    const { copy } = await send('GET /items HTTP/1.1', []);
    const marker = valuesOf(copy, 'x-twinspan-shadow')[0];
    const { outcomes, asked } = await observe(1, () =>
      ask(customers, { path: '/items', headers: { 'x-twinspan-shadow': marker } }),
    );
    assert.deepEqual(outcomes, { loop_guard: 1 });
    assert.equal(asked.length, 0);
  });

  it('what a shadow asks of a service that is shadowed as well is never repeated', async () => {
    const { outcomes, asked } = await observe(1, () =>
      ask(customers, {
        path: '/items',
        headers: { baggage: 'user=1, twinspan.deployment.mode=shadow' },
      }),
    );
    assert.deepEqual(outcomes, { loop_guard: 1 });
    assert.equal(asked.length, 0);
  });

  it('a method override is not followed', async () => {
    const { outcomes, asked } = await observe(1, () =>
      ask(customers, { path: '/items', headers: { 'x-http-method-override': 'DELETE' } }),
    );
    assert.deepEqual(outcomes, { side_effect_guard: 1 });
    assert.equal(asked.length, 0);
  });

  it('names with underscores, which Envoy lets through, are guarded like those with dashes', async () => {
    for (const [name, outcome] of [
      ['X_HTTP_METHOD_OVERRIDE', 'side_effect_guard'],
      ['x_twinspan_shadow', 'loop_guard'],
    ] as const) {
      const { result, outcomes, asked } = await observe(1, () =>
        rawExchange(
          customers,
          `GET /items HTTP/1.1\r\nhost: shop.example\r\n${name}: DELETE\r\nconnection: close\r\n\r\n`,
        ),
      );
      assert.match(result, /^HTTP\/1\.1 200 /);
      assert.deepEqual(valuesOf(live.requests.at(-1), name.toLowerCase()), ['DELETE']);
      assert.deepEqual(outcomes, { [outcome]: 1 });
      assert.equal(asked.length, 0);
    }
  });

  it('names with underscores are copied where those with dashes are, and only there', async () => {
    const closed = [
      'proxy_authorization',
      'idempotency_key',
      'x_forwarded_for',
      'x_real_ip',
      'x_auth_user',
      'x_csrf_token',
    ];
    const { copy, outcomes } = await send('GET /granted/items HTTP/1.1', [
      ...closed.map((name) => `${name}: secret`),
      'X_Api_Key: granted',
      'x_tenant: gold',
    ]);
    assert.deepEqual(outcomes, { match: 1 });
    for (const name of closed) assert.deepEqual(valuesOf(live.requests.at(-1), name), ['secret']);
    assert.doesNotMatch(copy!, /secret/);
    assert.deepEqual(valuesOf(copy, 'x_api_key'), ['granted']);
    assert.deepEqual(valuesOf(copy, 'x_tenant'), ['gold']);
  });

  it('who the customer is stays behind under the names of every proxy, granted or not', async () => {
    const { copy } = await send('GET /granted/items HTTP/1.1', [
      'remote-user: secret',
      'x-original-forwarded-for: secret',
      'fastly-client-ip: secret',
      'true-client-ip: secret',
      'x-jwt-payload: secret',
      'x-authorization: secret',
      'x-authtoken: secret',
    ]);
    assert.doesNotMatch(copy!, /secret/);
  });

  it('a method that no route names is not followed', async () => {
    const { outcomes, asked } = await observe(1, () =>
      ask(customers, { method: 'DELETE', path: '/items' }),
    );
    assert.deepEqual(outcomes, { method_not_allowed: 1 });
    assert.equal(asked.length, 0);
  });
});
