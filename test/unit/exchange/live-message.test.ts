import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ByteBudget } from '../../../src/base/byte-budget.ts';
import { HeaderList } from '../../../src/base/header-list.ts';
import { freeHeaderBytes } from '../../../src/base/kept-headers.ts';
import { LiveMessage } from '../../../src/exchange/live-message.ts';
import type { HeaderPairs } from './live-events.ts';

function message(headers: HeaderPairs = [], budget = new ByteBudget(1000)): LiveMessage {
  return new LiveMessage({
    headers: HeaderList.fromPairs(headers),
    startedAt: 10,
    maxBodyBytes: 1000,
    budget,
    overflow: 'digest',
  });
}

test('a message is whole once it has ended, and its first end counts', () => {
  const live = message();
  live.append(Buffer.from('abc'), 11);
  assert.ok(live.whole === undefined);
  const trailers = new HeaderList(['x-a', '1']);
  live.end(trailers, 12);
  live.end(HeaderList.empty, 99);
  const whole = live.whole as LiveMessage['whole'];
  assert.equal(whole?.body.bytes?.toString(), 'abc');
  assert.equal(whole?.trailers, trailers);
  assert.equal(whole?.endedAt, 12);
});

test('the last part is the headers until a part of the body comes', () => {
  const live = message();
  assert.equal(live.lastPartAt, 10);
  live.append(Buffer.from('abc'), 15);
  assert.equal(live.lastPartAt, 15);
});

test('a length that is announced is a number, or it is none', () => {
  const cases = [
    ['0', 0],
    ['17', 17],
    ['', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['17, 17', undefined],
  ] as const;
  for (const [value, announced] of cases) {
    assert.equal(message([['content-length', value]]).announcedLength, announced, value);
  }
  assert.equal(message().announcedLength, undefined);
});

test('what a missing end means depends on what was announced', () => {
  const cases: readonly (readonly [HeaderPairs, string])[] = [
    [[['content-length', '3']], 'complete'],
    [[['content-length', '4']], 'aborted'],
    [[['content-length', '2']], 'aborted'],
    [[['transfer-encoding', 'chunked']], 'aborted'],
    [
      [
        ['transfer-encoding', 'chunked'],
        ['trailer', 'x-checksum'],
      ],
      'unknown',
    ],
    [[], 'unknown'],
  ];
  for (const [headers, expected] of cases) {
    const live = message(headers);
    live.append(Buffer.from('abc'), 11);
    assert.equal(live.missingEnd(), expected, JSON.stringify(headers));
    live.end(HeaderList.empty, 12);
    assert.equal(live.missingEnd(), 'complete');
  }
});

test('a length is reached by the bytes that came, kept or not', () => {
  const live = message([['content-length', '2000']]);
  live.append(Buffer.alloc(2000), 11);
  assert.equal(live.missingEnd(), 'complete');
});

test('headers and trailers take from the budget what is beyond the free bytes of a message', () => {
  const budget = new ByteBudget(1000);
  const live = message([], budget);
  assert.ok(live.reserve(freeHeaderBytes - 1));
  assert.equal(budget.used, 0);
  assert.ok(live.reserve(11));
  assert.equal(budget.used, 10);
  live.append(Buffer.from('abc'), 11);
  assert.ok(live.reserve(20));
  assert.equal(budget.used, 33);
});

test('headers for which there is no room take nothing, and what was taken is given back once', () => {
  const budget = new ByteBudget(1000);
  const live = message([], budget);
  assert.ok(live.reserve(freeHeaderBytes + 600));
  assert.ok(!live.reserve(401));
  assert.equal(budget.used, 600);
  live.append(Buffer.alloc(400), 11);
  assert.equal(budget.used, 1000);
  live.release();
  live.release();
  assert.equal(budget.used, 0);
});
