import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import { freeHeaderBytes } from '../../../src/base/kept-headers.ts';
import { contextBytes, keptHead } from '../../../src/exchange/kept-head.ts';
import { readRequestHead } from '../../../src/exchange/message-head.ts';

const head = readRequestHead(
  HeaderList.fromPairs([
    [':method', 'POST'],
    [':path', '/a/path/that/is/long?enough=yes'],
    [':authority', 'shop.example.test'],
    ['x-request-id', 'b16941b0-cc64-4849-b524-a0af7b0c48af'],
  ]),
  new Map([['request.id', 'from Envoy']]),
);

test('a small head is kept as it is', () => {
  assert.equal(keptHead(head, freeHeaderBytes), head);
});

test('a large head is kept with the same words, and without its attributes', () => {
  const kept = keptHead(head, freeHeaderBytes + 1);
  assert.deepEqual(kept, { ...head, attributes: new Map() });
  assert.notEqual(kept.headers, head.headers);
});

test("the context of an RPC counts with its characters, and without Envoy's own with none", () => {
  assert.equal(contextBytes({}), 0);
  assert.equal(contextBytes({ traceparent: 'abc', tracestate: 'k=v' }), 6);
});
