/**
 * HTTP/2 on either side of Envoy, trailers, gRPC, HTTP/1.0, and what is no exchange at all: websockets and tunnels.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { before, describe, it } from 'node:test';

import { ask, askHttp2 } from '../kit/customer.ts';
import { cluster, envoy, filterTo, route, twinspanCluster, type Json } from '../kit/envoy.ts';
import { endWithTrailers, http2Service, type Http2Service } from '../kit/http2-service.ts';
import type { Lifetime } from '../kit/http-service.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import { rawConnection, rawExchange, rawService } from '../kit/raw-http.ts';
import { twinspan } from '../kit/twinspan.ts';
import { observer, type Observe } from './observer.ts';

const json = 'application/json';

/** The shadow speaks HTTP/1.1; its trailers are those of live but where the path says otherwise. */
function shadowAnswer(text: string): string {
  const path = text.split(' ')[1]!;
  const ok = `HTTP/1.1 200 OK\r\ncontent-type: ${json}\r\n`;
  if (path === '/trailers') {
    return `${ok}trailer: x-sum\r\ntransfer-encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\nx-sum: 1\r\n\r\n`;
  }
  return `${ok}content-length: 7\r\n\r\n{"a":1}`;
}

describe('protocols', { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  let live2: Http2Service;
  let observe: Observe<string>;
  let observeUnmatched: Observe<string>;
  let listeners: Readonly<Record<string, string>>;

  before(async () => {
    const upgrading = await upgradingService(lifetime);
    live2 = await http2Service(lifetime, ({ path }, stream) => {
      const isGrpc = path.startsWith('/grpc');
      const contentType = isGrpc ? 'application/grpc' : json;
      const hasTrailers = isGrpc || path.includes('trailers');
      stream.respond(
        { ':status': 200, 'content-type': contentType },
        { waitForTrailers: hasTrailers },
      );
      if (isGrpc) endWithTrailers(stream, '\0\0\0\0\0', { 'grpc-status': '0' });
      else if (hasTrailers) endWithTrailers(stream, '{"a":1}', { 'x-sum': '1' });
      else stream.end('{"a":1}');
    });
    const http1 = await rawService(lifetime, (text) => ({ bytes: shadowAnswer(text) }));
    const shadow = await rawService(lifetime, (text) => ({ bytes: shadowAnswer(text) }));
    const routes = [
      {
        name: 'all',
        match: { path: '/**', methods: ['GET', 'POST'] },
        effects: 'none',
        compare: { headers: ['content-type', 'x-sum'] },
      },
    ];
    const sidecar = await twinspan(lifetime, {
      shadow: { url: `http://127.0.0.1:${shadow.port}` },
      routes,
    });
    const unmatchedShadow = await rawService(lifetime, (text) => ({ bytes: shadowAnswer(text) }));
    const unmatched = await twinspan(lifetime, {
      shadow: { url: `http://127.0.0.1:${unmatchedShadow.port}` },
      routes,
    });
    const tunnel: Json = {
      match: { connect_matcher: {} },
      route: {
        cluster: 'upgrading',
        upgrade_configs: [{ upgrade_type: 'CONNECT', connect_config: {} }],
      },
    };
    const options = {
      routes: [
        tunnel,
        route('/http1', 'http1'),
        route('/socket', 'upgrading'),
        route('/', 'live2'),
      ],
      manager: {
        upgrade_configs: [{ upgrade_type: 'websocket' }, { upgrade_type: 'CONNECT' }],
        http_protocol_options: { accept_http_10: true },
      },
    };
    const running = await envoy(lifetime, {
      listeners: {
        ingress: options,
        unmatched: {
          ...options,
          filter: filterTo('unmatched', { deferred_close_timeout: '0.3s' }),
          unmatched: true,
        },
      },
      clusters: [
        cluster('live2', live2.port, { http2: true }),
        cluster('http1', http1.port),
        cluster('upgrading', upgrading),
        twinspanCluster(sidecar.app.addresses.extProc),
        twinspanCluster(unmatched.app.addresses.extProc, { name: 'unmatched' }),
      ],
    });
    listeners = running.listeners;
    observe = observer(sidecar, { asked: shadow.requests }, requestIdOf);
    observeUnmatched = observer(unmatched, { asked: unmatchedShadow.requests }, requestIdOf);
  });

  const ingress = () => listeners['ingress']!;

  it('an HTTP/2 exchange reaches the shadow as HTTP/1.1, whole', async () => {
    const { result, outcomes, asked } = await observe(1, () =>
      askHttp2(ingress(), {
        path: '/items?a=1',
        body: '{"b":2}',
        headers: { 'content-type': json },
      }),
    );
    assert.equal(result.status, 200);
    assert.deepEqual(outcomes, { match: 1 });
    const [copy = ''] = asked;
    assert.match(copy, /^POST \/items\?a=1 HTTP\/1\.1\r\n/);
    assert.match(copy, /^content-length: 7\r$/m);
    assert.match(copy, /\r\n\r\n\{"b":2\}$/);
    assert.doesNotMatch(copy, /^:/m, 'no pseudo header');
  });

  it('HTTP/2 on the side of customers alone', async () => {
    const { outcomes } = await observe(1, () => askHttp2(ingress(), { path: '/http1' }));
    assert.deepEqual(outcomes, { match: 1 });
  });

  it('HTTP/2 on the side of live alone', async () => {
    const { outcomes } = await observe(1, () =>
      ask(ingress(), { path: '/items', body: ['{', '}'] }),
    );
    assert.deepEqual(outcomes, { match: 1 });
  });

  it('trailers of both answers are compared', async () => {
    const { result, outcomes } = await observe(1, () => askHttp2(ingress(), { path: '/trailers' }));
    assert.deepEqual(result.rawTrailers, ['x-sum', '1']);
    assert.deepEqual(outcomes, { match: 1 });
  });

  it('a trailer that the shadow lacks is a difference', async () => {
    const { outcomes, pairs } = await observe(1, () =>
      askHttp2(ingress(), { path: '/trailers-of-live' }),
    );
    assert.deepEqual(outcomes, { mismatch: 1 });
    assert.deepEqual(
      pairs[0]?.differences.map(({ kind, pointer }) => `${kind} ${pointer}`),
      ['trailer /x-sum'],
    );
  });

  it('trailers of a request reach live, and the pair without them is nothing to conclude from', async () => {
    const { outcomes, pairs, asked } = await observe(1, () =>
      askHttp2(ingress(), { path: '/items', body: '{}', trailers: { 'x-checksum': '1' } }),
    );
    assert.deepEqual(live2.asked.at(-1)?.rawTrailers, ['x-checksum', '1']);
    assert.deepEqual(outcomes, { incomparable: 1 });
    assert.equal(pairs[0]?.reason, 'degraded');
    assert.match(asked[0] ?? '', /\r\n\r\n\{\}$/);
  });

  it('a gRPC call is served and not followed', async () => {
    const { result, outcomes, asked } = await observe(1, () =>
      askHttp2(ingress(), {
        path: '/grpc.Service/Call',
        body: '\0\0\0\0\0',
        headers: { 'content-type': 'application/grpc', te: 'trailers' },
      }),
    );
    assert.deepEqual(result.rawTrailers, ['grpc-status', '0']);
    assert.deepEqual(outcomes, { protocol_unsupported: 1 });
    assert.equal(asked.length, 0);
  });

  it('HTTP/1.0 is served and not followed', async () => {
    const { result, outcomes } = await observe(1, () =>
      rawExchange(ingress(), 'GET /items HTTP/1.0\r\nhost: a\r\n\r\n'),
    );
    assert.match(result, /\{"a":1\}$/);
    assert.deepEqual(outcomes, { protocol_unsupported: 1 });
  });

  it('a hundred HTTP/2 exchanges on one connection are a hundred exchanges', async () => {
    const { outcomes, asked } = await observe(100, async () => {
      const session = connectHttp2(`http://${ingress()}`);
      const streams = Array.from({ length: 100 }, (_, number) =>
        session.request({ ':path': `/items/${number}` }).resume(),
      );
      await Promise.all(streams.map((stream) => once(stream, 'end')));
      session.destroy();
    });
    assert.deepEqual(outcomes, { match: 100 });
    assert.equal(new Set(asked.map((copy) => copy.split(' ')[1])).size, 100);
  });

  it('two requests on one HTTP/1.1 connection are two exchanges', async () => {
    const { outcomes, asked } = await observe(2, () =>
      rawExchange(
        ingress(),
        'GET /http1/1 HTTP/1.1\r\nhost: a\r\n\r\nGET /http1/2 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
      ),
    );
    assert.deepEqual(outcomes, { match: 2 });
    assert.deepEqual(asked.map((copy) => copy.split(' ')[1]!).toSorted(), ['/http1/1', '/http1/2']);
  });

  it('a websocket works, and twinspan sees nothing of it', async () => {
    const { outcomes, asked } = await observe(1, async () => {
      assert.equal(await echoOverWebsocket(ingress()), 'hello');
      await ask(ingress(), { path: '/items' });
    });
    assert.deepEqual(outcomes, { match: 1 });
    assert.equal(asked.length, 1);
  });

  it('a tunnel by CONNECT works, and twinspan sees nothing of it', async () => {
    const { outcomes, asked } = await observe(1, async () => {
      assert.equal(await echoOverTunnel(ingress()), 'hello');
      await ask(ingress(), { path: '/items' });
    });
    assert.deepEqual(outcomes, { match: 1 });
    assert.equal(asked.length, 1);
  });

  for (const [what, echo] of [
    ['a websocket', echoOverWebsocket],
    ['a tunnel', echoOverTunnel],
  ] as const) {
    it(`${what} that a filter without its matcher shows is left alone at once`, async () => {
      const { result, outcomes, asked } = await observeUnmatched(1, () =>
        echo(listeners['unmatched']!),
      );
      assert.equal(result, 'hello');
      assert.deepEqual(outcomes, { upgrade: 1 });
      assert.equal(asked.length, 0);
    });
  }
});

function requestIdOf(text: string): string | undefined {
  return /^x-request-id: (.*)\r$/im.exec(text)?.[1];
}

/** Echoes what comes over an upgraded connection or one that is tunnelled to it. */
async function upgradingService(owner: Lifetime): Promise<number> {
  const server = createServer();
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.on('upgrade', (_request, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    );
    socket.pipe(socket);
  });
  // What a tunnel carries is no HTTP.
  server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket) => {
    socket.end(error.rawPacket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  owner.after(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

async function echoOverWebsocket(address: string): Promise<string> {
  const [host, port] = address.split(':');
  const outgoing = request({
    host,
    port,
    path: '/socket',
    agent: false,
    headers: { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-key': 'a2V5' },
  }).end();
  const [, socket] = (await once(outgoing, 'upgrade')) as [
    unknown,
    NodeJS.ReadWriteStream & { destroy(): void },
  ];
  socket.write('hello');
  const [echoed] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return echoed.toString();
}

async function echoOverTunnel(address: string): Promise<string> {
  const connection = await rawConnection(address);
  await connection.send('CONNECT shop.example:443 HTTP/1.1\r\nhost: shop.example:443\r\n\r\n');
  await connection.until('\r\n\r\n');
  await connection.send('hello');
  const received = await connection.until('hello');
  connection.reset();
  return received.slice(-5);
}
