import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { compare } from '../../../src/comparison/compare.ts';
import { packPair, unpackPair } from '../../../src/comparison/packed-pair.ts';
import type { Pair } from '../../../src/comparison/pair.ts';
import type { SegmentOptions } from '../../../src/comparison/segments.ts';
import { makePair, rulesOf, type Answer } from './make-pair.ts';

const digest = 'ab'.repeat(32);

test('what the comparison reads comes out as it went in', () => {
  const live: Answer = {
    status: 201,
    type: 'application/json',
    headers: [['x-a', 'é']],
    trailers: [['x-b', '2']],
    body: '{"a":1}',
  };
  const shadow: Answer = { body: { length: 5, sha256: digest } };
  const pair = makePair(live, shadow, { method: 'PUT', degraded: true });
  const unpacked = unpackPair(structuredClone(packPair(pair)));
  assert.equal(unpacked.exchange.request.method, 'PUT');
  const startedAt = (of: Pair): number => of.exchange.epochOffsetMs + of.exchange.startedAt;
  assert.equal(startedAt(unpacked), startedAt(pair));
  assert.equal(unpacked.shadow.duplicate.degraded, true);
  for (const [one, other] of [
    [unpacked.exchange.response, pair.exchange.response],
    [unpacked.shadow, pair.shadow],
  ] as const) {
    assert.equal(one.status, other.status);
    assert.deepEqual(one.headers, other.headers);
    assert.deepEqual(one.trailers, other.trailers);
    assert.deepEqual(one.body, other.body);
  }
});

test('of the request only what segments are read from crosses', () => {
  const body = gzipSync('{"country":"de"}');
  const asked = {
    headers: [
      ['x-tenant', 'gold'],
      ['authorization', 'Bearer x'],
      ['content-encoding', 'gzip'],
    ],
    body,
  } as const;
  const pair = makePair({ body: 'live' }, { body: 'shadow' }, { asked });
  const cross = (segments?: SegmentOptions) =>
    unpackPair(structuredClone(packPair(pair, rulesOf({ segments }).segments)));

  const whole = cross({ tenant: { header: 'x-tenant' }, country: { request: '/country' } });
  assert.deepEqual(whole.exchange.request.headers.flat, [
    'x-tenant',
    'gold',
    'content-encoding',
    'gzip',
  ]);
  assert.deepEqual(whole.exchange.request.body.bytes, body);
  assert.equal(whole.exchange.response.body.bytes?.toString(), 'live');
  assert.equal(whole.shadow.body.bytes?.toString(), 'shadow');

  const headers = cross({ tenant: { header: 'x-tenant' } }).exchange.request;
  assert.deepEqual(headers.headers.flat, ['x-tenant', 'gold']);
  assert.equal(headers.body.length, 0);
  assert.equal(cross().exchange.request.headers.length, 0);
});

/** The same object, which fails the test when anything but `readable` is read of it. */
function guarded<Value extends object>(value: Value, readable: readonly (keyof Value)[]): Value {
  return new Proxy(value, {
    get(target, name) {
      assert.ok(readable.includes(name as keyof Value), `${String(name)} does not cross`);
      return target[name as keyof Value];
    },
  });
}

test('the comparison reads nothing that does not cross', () => {
  const answer = ['status', 'headers', 'trailers', 'body'] as const;
  const json = (body: string): Answer => ({ type: 'application/json', body });
  for (const [live, shadow] of [
    [json('{"a":1}'), json('{"a":2,"b":[1]}')],
    [json('{"a":1}'), { type: 'text/plain', body: 'a' }],
    [json('{}'), { body: { length: 5, sha256: digest } }],
    [{ status: 304 }, { status: 200 }],
  ] as const) {
    const { exchange, shadow: other } = makePair(live, shadow);
    const pair: Pair = {
      exchange: guarded(
        {
          ...exchange,
          request: guarded(exchange.request, ['method']),
          response: guarded(exchange.response, answer),
        },
        ['request', 'response', 'epochOffsetMs', 'startedAt'],
      ),
      shadow: guarded({ ...other, duplicate: guarded(other.duplicate, ['degraded']) }, [
        ...answer,
        'duplicate',
      ]),
    };
    const comparison = compare(
      pair,
      rulesOf({ headers: ['content-type', 'x-a'], conditional: 'keep' }),
    );
    assert.equal(comparison.result === 'match', false);
  }
});
