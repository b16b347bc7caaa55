/**
 * Bodies of every size and kind: what is kept whole, what is kept as a hash, what is not sent at all. Whatever
 * twinspan makes of them, customers and live have every byte.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { before, describe, it } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { ask, askHttp2 } from '../kit/customer.ts';
import { cluster, envoy, filterTo, route, twinspanCluster } from '../kit/envoy.ts';
import { httpService, json, type Asked, type HttpService } from '../kit/http-service.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import { twinspan } from '../kit/twinspan.ts';
import { observer, type Observe } from './observer.ts';

const tenMegabytes = 10 * 1024 * 1024;
const large = Buffer.alloc(tenMegabytes, 'abcdefghijklmnopqrstuvwxyz');
const almost = Buffer.from(large);
almost[tenMegabytes - 1] = 0;

function service(version: 'live' | 'next') {
  return (asked: Asked, response: ServerResponse): void => {
    const isNext = version === 'next';
    switch (asked.url) {
      case '/large':
      case '/large-h2':
        response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(large);
        return;
      case '/large-length':
        response.writeHead(200, {
          'content-type': 'application/octet-stream',
          'content-length': large.length,
        });
        response.end(large);
        return;
      case '/almost':
        response.writeHead(200, { 'content-type': 'application/octet-stream' });
        response.end(isNext ? almost : large);
        return;
      case '/large-json':
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ text: large.toString(), last: isNext ? 2 : 1 }));
        return;
      case '/upload':
        json({ bytes: asked.body.length, sha256: sha256(asked.body) })(asked, response);
        return;
      case '/broken-gzip':
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(isNext ? gzipSync('{"a":1}') : '{"a":1}');
        return;
      case '/encodings': {
        const body = '{"a":[1,2,3]}';
        const [encoding, bytes] = isNext
          ? ['br', brotliCompressSync(body)]
          : ['gzip', gzipSync(body)];
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-encoding': encoding,
        });
        response.end(bytes);
        return;
      }
      case '/events':
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: 1\n\n', () => response.end('data: 2\n\n'));
        return;
      default:
        response.writeHead(200, { 'content-type': 'text/plain' }).end('small');
    }
  };
}

function sha256(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

describe('bodies', { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  let live: HttpService;
  let observe: Observe<Asked>;
  let observeRoomy: Observe<Asked>;
  let customers: string;
  let roomyCustomers: string;

  before(async () => {
    live = await httpService(lifetime, service('live'));
    const shadow = await httpService(lifetime, service('next'));
    const routes = [
      {
        name: 'followed-events',
        match: { path: '/events', headers: { 'x-follow': 'events' } },
        stream: true,
      },
      { name: 'all', match: { path: '/**', methods: ['GET', 'POST'] }, effects: 'none' },
    ];
    const usual = await twinspan(lifetime, { shadow: { url: shadow.url }, routes });
    const roomyShadow = await httpService(lifetime, service('next'));
    const roomy = await twinspan(lifetime, {
      shadow: { url: roomyShadow.url, timeout: '20s' },
      capture: { maxBodyBytes: '16MiB' },
      routes,
    });
    const running = await envoy(lifetime, {
      listeners: {
        ingress: { routes: [route('/', 'live')] },
        roomy: { routes: [route('/', 'live')], filter: filterTo('roomy') },
      },
      clusters: [
        cluster('live', live.port),
        twinspanCluster(usual.app.addresses.extProc),
        twinspanCluster(roomy.app.addresses.extProc, { name: 'roomy' }),
      ],
    });
    customers = running.listeners['ingress']!;
    roomyCustomers = running.listeners['roomy']!;
    const requestIdOf = ({ headers }: Asked) => headers['x-request-id'];
    observe = observer(usual, shadow, requestIdOf);
    observeRoomy = observer(roomy, roomyShadow, requestIdOf);
  });

  for (const [framing, body] of [
    ['with its length', large],
    ['in chunks', [large.subarray(0, 5_000_000), large.subarray(5_000_000)]],
  ] as const) {
    it(`10 MB uploaded ${framing} are at live and, where there is room, at the shadow byte for byte`, async () => {
      const { result, outcomes, asked } = await observeRoomy(1, () =>
        ask(roomyCustomers, { path: '/upload', body }),
      );
      assert.deepEqual(JSON.parse(result.body.toString()), {
        bytes: tenMegabytes,
        sha256: sha256(large),
      });
      assert.deepEqual(outcomes, { match: 1 });
      assert.ok(asked[0]?.body.equals(large));
    });
  }

  it('10 MB uploaded over HTTP/2 are at live and at the shadow byte for byte', async () => {
    const { outcomes, asked } = await observeRoomy(1, () =>
      askHttp2(roomyCustomers, { path: '/upload', body: large }),
    );
    assert.deepEqual(outcomes, { match: 1 });
    assert.ok(asked[0]?.body.equals(large));
  });

  it('10 MB downloaded are compared whole where there is room', async () => {
    const { result, outcomes, pairs } = await observeRoomy(1, () =>
      ask(roomyCustomers, { path: '/large-json' }),
    );
    assert.equal(JSON.parse(result.body.toString()).last, 1);
    assert.deepEqual(outcomes, { mismatch: 1 });
    assert.deepEqual(
      pairs[0]?.differences.map(({ pointer }) => pointer),
      ['/last'],
    );
  });

  it('an upload beyond maxBodyBytes is served, and not sent to the shadow cut', async () => {
    for (const body of [large, [large]]) {
      const { result, outcomes, asked } = await observe(1, () =>
        ask(customers, { path: '/upload', body }),
      );
      assert.equal(JSON.parse(result.body.toString()).bytes, tenMegabytes);
      assert.deepEqual(outcomes, { body_too_large: 1 });
      assert.equal(asked.length, 0);
    }
  });

  for (const path of ['/large', '/large-length']) {
    it(`an answer beyond maxBodyBytes is compared by its hash: ${path} is equal`, async () => {
      const { result, outcomes, pairs } = await observe(1, () => ask(customers, { path }));
      assert.ok(result.body.equals(large));
      assert.deepEqual(outcomes, { match: 1 });
      assert.equal(pairs[0]?.live.bytes, tenMegabytes);
      assert.equal(pairs[0].shadow.bytes, tenMegabytes);
    });
  }

  it('an answer beyond maxBodyBytes over HTTP/2 is compared by its hash', async () => {
    const { result, outcomes } = await observe(1, () => askHttp2(customers, { path: '/large-h2' }));
    assert.ok(result.body.equals(large));
    assert.deepEqual(outcomes, { match: 1 });
  });

  it('large answers that differ in one byte are a mismatch', async () => {
    const { outcomes } = await observe(1, () => ask(customers, { path: '/almost' }));
    assert.deepEqual(outcomes, { mismatch: 1 });
  });

  it('large answers with a structure that differ are incomparable: their fields were not kept', async () => {
    const { outcomes, pairs } = await observe(1, () => ask(customers, { path: '/large-json' }));
    assert.deepEqual(outcomes, { incomparable: 1 });
    assert.equal(pairs[0]?.reason, 'truncated');
  });

  it('answers in different encodings are compared by their content', async () => {
    const { result, outcomes } = await observe(1, () => ask(customers, { path: '/encodings' }));
    assert.equal(result.headers['content-encoding'], 'gzip');
    assert.deepEqual(outcomes, { match: 1 });
  });

  it('an answer that cannot be decoded is incomparable', async () => {
    const { outcomes, pairs } = await observe(1, () => ask(customers, { path: '/broken-gzip' }));
    assert.deepEqual(outcomes, { incomparable: 1 });
    assert.equal(pairs[0]?.reason, 'decode_error');
  });

  it('an event stream is not followed', async () => {
    const { result, outcomes, asked } = await observe(1, () => ask(customers, { path: '/events' }));
    assert.equal(result.body.toString(), 'data: 1\n\ndata: 2\n\n');
    assert.deepEqual(outcomes, { protocol_unsupported: 1 });
    assert.equal(asked.length, 0);
  });

  it('what only accepts event streams is not followed', async () => {
    const { outcomes, asked } = await observe(1, () =>
      ask(customers, { path: '/small', headers: { accept: 'text/event-stream' } }),
    );
    assert.deepEqual(outcomes, { protocol_unsupported: 1 });
    assert.equal(asked.length, 0);
  });

  it('an event stream that ends is compared on a route that says stream: true', async () => {
    const { outcomes, asked } = await observe(1, () =>
      ask(customers, { path: '/events', headers: { 'x-follow': 'events' } }),
    );
    assert.deepEqual(outcomes, { match: 1 });
    assert.equal(asked.length, 1);
  });

  it('sixteen uploads of 1 MB at once are whole at the shadow', async () => {
    const body = large.subarray(0, 1_000_000);
    const { outcomes, asked } = await observe(16, () =>
      Promise.all(Array.from({ length: 16 }, () => ask(customers, { path: '/upload', body }))),
    );
    assert.deepEqual(outcomes, { match: 16 });
    for (const request of asked) assert.ok(request.body.equals(body));
  });
});
