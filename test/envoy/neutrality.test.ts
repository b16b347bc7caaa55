/**
 * Live traffic is the same, byte for byte, without the filter, with it, and with it while twinspan is down: what
 * live receives and what customers receive. Only what differs between any two requests is masked: the request id, the
 * date, the time that live took.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';

import { askHttp2, type Http2Question } from '../kit/customer.ts';
import {
  closedPort,
  cluster,
  envoy,
  filterTo,
  route,
  twinspanCluster,
  type Json,
} from '../kit/envoy.ts';
import { httpService, json, type Asked } from '../kit/http-service.ts';
import { endWithTrailers, http2Service, type Http2Service } from '../kit/http2-service.ts';
import { suiteLifetime } from '../kit/lifetime.ts';
import { rawExchange, rawService, type RawAnswer, type RawService } from '../kit/raw-http.ts';
import { twinspan } from '../kit/twinspan.ts';
import { observer, type Observe } from './observer.ts';

const ok = 'HTTP/1.1 200 OK\r\n';
const plain: RawAnswer = { bytes: `${ok}content-type: text/plain\r\ncontent-length: 3\r\n\r\nabc` };
const gzipped = gzipSync('{"a":1}').toString('latin1');
const megabyte = 'abcdefghijklmnop'.repeat(65_536);

interface Http1Case {
  /** After the request line: header lines, an empty line, a body. Default: `host` and `connection: close`. */
  readonly rest?: string;
  /** Default GET. */
  readonly method?: string;
  /** Default `/` and the name of the case. */
  readonly target?: string;
  /** What live does; default 200 with three bytes. */
  readonly answer?: RawAnswer;
  /** How many exchanges twinspan sees of it; default 1. */
  readonly exchanges?: number;
}

const host = 'host: shop.example\r\n';
const closing = `${host}connection: close\r\n`;

const http1: Readonly<Record<string, Http1Case>> = {
  get: {},
  'get-chunked-answer': {
    answer: { bytes: `${ok}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n` },
  },
  'get-answer-until-close': { answer: { bytes: `${ok}\r\nabc`, close: 'end' } },
  'no-content': { answer: { bytes: 'HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n' } },
  'not-modified': {
    rest: `${closing}if-none-match: "1"\r\n\r\n`,
    answer: { bytes: 'HTTP/1.1 304 Not Modified\r\netag: "1"\r\ncontent-length: 3\r\n\r\n' },
  },
  head: {
    method: 'HEAD',
    answer: { bytes: `${ok}content-type: text/plain\r\ncontent-length: 3\r\n\r\n` },
  },
  post: { method: 'POST', rest: `${closing}content-length: 3\r\n\r\nxyz` },
  'post-chunked': {
    method: 'POST',
    rest: `${closing}transfer-encoding: chunked\r\n\r\n2\r\nxy\r\n1\r\nz\r\n0\r\n\r\n`,
  },
  'post-of-nothing': { method: 'POST', rest: `${closing}content-length: 0\r\n\r\n` },
  'delete-with-body': { method: 'DELETE', rest: `${closing}content-length: 3\r\n\r\nxyz` },
  'expect-continue': {
    method: 'POST',
    rest: `${closing}expect: 100-continue\r\ncontent-length: 3\r\n\r\nxyz`,
  },
  compressed: {
    rest: `${closing}accept-encoding: gzip\r\n\r\n`,
    answer: {
      bytes: `${ok}content-encoding: gzip\r\ncontent-length: ${gzipped.length}\r\n\r\n${gzipped}`,
    },
  },
  'repeated-headers': {
    rest: `${closing}X-Mixed-Case: 1\r\nx-list: b\r\nx-list: a\r\nx-bytes: caf\xe9\xff\r\nx-empty:\r\n\r\n`,
    answer: {
      bytes: `${ok}Set-Cookie: b=2\r\nset-cookie: a=1\r\nx-bytes: \xe9\xff\r\nx-empty:\r\ncontent-length: 0\r\n\r\n`,
    },
  },
  'odd-target': { target: '//odd-target/%2e%2E/a?b=%20&&c', method: 'GET' },
  'server-error': { answer: { bytes: 'HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\nno' } },
  'megabyte-up': {
    method: 'POST',
    rest: `${closing}content-length: ${megabyte.length}\r\n\r\n${megabyte}`,
  },
  'megabyte-down': {
    answer: { bytes: `${ok}content-length: ${megabyte.length}\r\n\r\n${megabyte}` },
  },
  'cut-answer': { answer: { bytes: `${ok}content-length: 9\r\n\r\nabc`, close: 'end' } },
  'live-resets': { answer: { bytes: '', close: 'reset' } },
  'answered-by-envoy': {},
  'two-on-one-connection': {
    rest: `${host}\r\nPOST /two-on-one-connection HTTP/1.1\r\n${closing}content-length: 3\r\n\r\nxyz`,
    exchanges: 2,
  },
};

const http2: Readonly<Record<string, Http2Question>> = {
  get: {},
  'get-with-headers': {
    headers: { 'x-list': ['b', 'a'], cookie: ['a=1', 'b=2'], 'x-bytes': 'caf\xe9' },
  },
  'post-with-length': { body: 'xyz', headers: { 'content-length': '3' } },
  'post-without-length': { body: 'xyz' },
  trailers: { body: 'xyz', trailers: { 'x-sum': '1' } },
  'no-content': {},
  head: { method: 'HEAD' },
  'megabyte-up': { body: megabyte },
  'megabyte-down': {},
  'http1-behind': { body: 'xyz' },
};

/** Everything that a customer and live received. */
interface Received {
  readonly customer: unknown;
  readonly live: unknown;
}

describe('live traffic is the same with and without twinspan', { timeout: 120_000 }, () => {
  const lifetime = suiteLifetime();
  let live: RawService;
  let live2: Http2Service;
  let observe: Observe<Asked>;
  let listeners: Readonly<Record<string, string>>;

  before(async () => {
    live = await rawService(lifetime, (request) => {
      const name = /^\S+ \/+([\w-]+)/.exec(request)?.[1] ?? '';
      return http1[name]?.answer ?? plain;
    });
    live2 = await http2Service(lifetime, ({ path }, stream) => {
      const name = path.slice('/h2/'.length);
      const length = name === 'head' || name === 'get' ? { 'content-length': '3' } : {};
      stream.respond(
        {
          ':status': name === 'no-content' ? 204 : 200,
          'set-cookie': ['b=2', 'a=1'],
          ...length,
        },
        { waitForTrailers: name === 'trailers', endStream: name === 'no-content' },
      );
      if (name === 'trailers') endWithTrailers(stream, 'abc', { 'x-sum': '2' });
      else if (name !== 'no-content') stream.end(name === 'megabyte-down' ? megabyte : 'abc');
    });
    const shadow = await httpService(lifetime, json({ a: 1 }));
    const sidecar = await twinspan(lifetime, { shadow: { url: shadow.url } });
    const routes: Json[] = [
      { match: { path: '/answered-by-envoy' }, direct_response: { status: 403 } },
      route('/h2/http1-behind', 'live'),
      route('/h2', 'live2'),
      route('/', 'live'),
    ];
    // Envoy waits for customers to close first after an answer of its own, a second by default.
    const manager = { delayed_close_timeout: '0.05s' };
    const running = await envoy(lifetime, {
      listeners: {
        without: { routes, filter: 'none', manager },
        observed: { routes, filter: { deferred_close_timeout: '0.3s' }, manager },
        down: { routes, filter: filterTo('down'), manager },
      },
      clusters: [
        cluster('live', live.port),
        cluster('live2', live2.port, { http2: true }),
        twinspanCluster(sidecar.app.addresses.extProc),
        twinspanCluster(`127.0.0.1:${closedPort}`, { name: 'down' }),
      ],
    });
    listeners = running.listeners;
    observe = observer(sidecar, shadow, ({ headers }) => headers['x-request-id']);
  });

  /** The same exchange at each listener; twinspan must have seen as many as it should. */
  async function assertSame(
    exchanges: number,
    exchange: (address: string) => Promise<Received>,
  ): Promise<void> {
    const without = await exchange(listeners['without']!);
    const { result: observed } = await observe(exchanges, () => exchange(listeners['observed']!));
    const down = await exchange(listeners['down']!);
    assert.deepEqual(observed, without);
    assert.deepEqual(down, without);
  }

  for (const [name, { rest, method = 'GET', target = `/${name}`, exchanges = 1 }] of Object.entries(
    http1,
  )) {
    it(`HTTP/1.1 ${name}`, () =>
      assertSame(exchanges, async (address) => {
        const before = live.requests.length;
        const answer = await rawExchange(
          address,
          Buffer.from(`${method} ${target} HTTP/1.1\r\n${rest ?? `${closing}\r\n`}`, 'latin1'),
        );
        assert.match(answer, /^HTTP\/1\.1 \d{3} /);
        return { customer: masked(answer), live: live.requests.slice(before).map(masked) };
      }));
  }

  for (const [name, question] of Object.entries(http2)) {
    it(`HTTP/2 ${name}`, () =>
      assertSame(1, async (address) => {
        const before = live2.asked.length;
        const beforeHttp1 = live.requests.length;
        const { status, rawHeaders, body, rawTrailers } = await askHttp2(address, {
          ...question,
          path: `/h2/${name}`,
          headers: { ':authority': 'shop.example', ...question.headers },
        });
        const asked = live2.asked.slice(before).map((request) => ({
          headers: maskedFields(request.rawHeaders),
          body: request.body.toString('latin1'),
          trailers: request.rawTrailers,
        }));
        const customer = {
          status,
          headers: maskedFields(rawHeaders),
          body: body.toString('latin1'),
          trailers: rawTrailers,
        };
        return { customer, live: [...asked, ...live.requests.slice(beforeHttp1).map(masked)] };
      }));
  }
});

const volatile = /^(x-request-id|date|x-envoy-upstream-service-time): .*$/gim;

function masked(text: string): string {
  return text.replaceAll(volatile, '$1: *');
}

/** `name: value` of each header field, in order. */
function maskedFields(raw: readonly string[]): string[] {
  return raw.flatMap((name, index) =>
    index % 2 === 0 ? [masked(`${name}: ${raw[index + 1]}`)] : [],
  );
}
