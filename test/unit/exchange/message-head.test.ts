import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ByteBudget } from '../../../src/base/byte-budget.ts';
import { HeaderList } from '../../../src/base/header-list.ts';
import { LiveMessage } from '../../../src/exchange/live-message.ts';
import {
  readRequestHead,
  readResponseHead,
  requestOf,
  responseOf,
} from '../../../src/exchange/message-head.ts';

const requestHeaders = HeaderList.fromPairs([
  [':method', 'POST'],
  [':path', '/a?b=%20'],
  [':authority', 'shop.example'],
  [':scheme', 'http'],
  ['x-tenant', 'gold'],
  ['x-request-id', 'r-1'],
]);

function message(headers: HeaderList): LiveMessage {
  return new LiveMessage({
    headers,
    startedAt: 5,
    maxBodyBytes: 10,
    budget: new ByteBudget(100),
    overflow: 'discard',
  });
}

test('the request line is taken out of the headers, and the rest stays in order', () => {
  const { headers, attributes: _, ...line } = readRequestHead(requestHeaders, new Map());
  assert.deepEqual(line, {
    requestId: 'r-1',
    method: 'POST',
    path: '/a?b=%20',
    authority: 'shop.example',
  });
  assert.deepEqual(
    [...headers],
    [
      ['x-tenant', 'gold'],
      ['x-request-id', 'r-1'],
    ],
  );
});

test('without the header the request id is what Envoy says', () => {
  const attributes = new Map([['request.id', 'from Envoy']]);
  assert.equal(readRequestHead(HeaderList.empty, attributes).requestId, 'from Envoy');
  assert.equal(readRequestHead(HeaderList.empty, new Map()).requestId, '');
});

test('the status is a number, and 0 when it is missing', () => {
  const all = HeaderList.fromPairs([
    [':status', '503'],
    ['server', 'envoy'],
  ]);
  assert.deepEqual([...readResponseHead(all).headers], [['server', 'envoy']]);
  assert.equal(readResponseHead(all).status, 503);
  assert.equal(readResponseHead(HeaderList.empty).status, 0);
});

test('there is a request, and an answer, only of a message that is whole', () => {
  const head = readRequestHead(requestHeaders, new Map());
  const request = message(head.headers);
  assert.equal(requestOf(head, request), undefined);
  request.append(Buffer.from('abc'), 6);
  request.end(HeaderList.empty, 7);
  const { headers: _, body, trailers: __, ...rest } = requestOf(head, request)!;
  assert.equal(body.bytes?.toString(), 'abc');
  assert.deepEqual(rest, {
    id: 'r-1',
    method: 'POST',
    path: '/a?b=%20',
    authority: 'shop.example',
    startedAt: 5,
    endedAt: 7,
  });
  assert.equal(responseOf(200, undefined), undefined);
  assert.equal(responseOf(200, message(HeaderList.empty)), undefined);
  assert.equal(responseOf(204, request)?.status, 204);
});
