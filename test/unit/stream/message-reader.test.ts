import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';

import { ByteBudget } from '../../../src/base/byte-budget.ts';
import { MessageReader, type Refusal } from '../../../src/stream/message-reader.ts';

const maxBytes = 1000;

function start(options: { room?: number; encoding?: string } = {}) {
  const budget = new ByteBudget(options.room ?? 10 * maxBytes);
  const refused: Refusal[] = [];
  const reader = new MessageReader({
    maxBytes,
    budget,
    encoding: options.encoding,
    onRefused: (why) => refused.push(why),
  });
  return { budget, refused, reader };
}

function framed(content: Uint8Array, flag = 0): Buffer {
  const head = Buffer.of(flag, 0, 0, 0, 0);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

function contents(messages: readonly Buffer[]): string[] {
  return messages.map((message) => message.subarray(5).toString());
}

test('messages that come whole take nothing from the budget', () => {
  const { budget, reader } = start({ room: 0 });
  const chunk = Buffer.concat([
    framed(Buffer.from('a')),
    framed(Buffer.from('b'.repeat(maxBytes))),
  ]);
  assert.deepEqual(contents(reader.write(chunk)), ['a', 'b'.repeat(maxBytes)]);
  assert.equal(budget.used, 0);
});

test('a message is in the budget with its declared length from its first byte until it is taken', () => {
  const { budget, reader } = start();
  const message = framed(Buffer.from('c'.repeat(maxBytes)));
  assert.deepEqual(reader.write(message.subarray(0, 5)), []);
  assert.equal(budget.used, message.length);
  assert.deepEqual(reader.write(message.subarray(5, maxBytes)), []);
  assert.equal(budget.used, message.length);
  assert.deepEqual(contents(reader.write(message.subarray(maxBytes))), ['c'.repeat(maxBytes)]);
  assert.equal(budget.used, message.length);
  reader.onTaken();
  assert.equal(budget.used, 0);
});

test('what is kept of a message does not change with the buffer that it came in', () => {
  const { reader } = start();
  const message = framed(Buffer.from('question'));
  for (const end of [3, 9]) {
    const chunk = Buffer.from(message.subarray(end === 3 ? 0 : 3, end));
    reader.write(chunk);
    chunk.fill(0xff);
  }
  assert.deepEqual(contents(reader.write(message.subarray(9))), ['question']);
});

test('a message for which there is no room is refused, and nothing is kept or read from then on', () => {
  const { budget, refused, reader } = start({ room: 20 });
  const message = framed(Buffer.from('d'.repeat(16)));
  assert.deepEqual(reader.write(message.subarray(0, 20)), []);
  assert.deepEqual(refused, ['bytes_exhausted']);
  assert.equal(budget.used, 0);
  assert.deepEqual(reader.write(framed(Buffer.from('e'))), []);
  assert.deepEqual(refused, ['bytes_exhausted']);
});

test('a message beyond the limit is refused by its head alone', () => {
  const { budget, refused, reader } = start();
  reader.write(framed(Buffer.alloc(maxBytes + 1)).subarray(0, 4));
  assert.deepEqual(refused, []);
  reader.write(framed(Buffer.alloc(maxBytes + 1)).subarray(4, 5));
  assert.deepEqual(refused, ['undecodable']);
  assert.equal(budget.used, 0);
});

test('a reader that is closed gives everything back once, also what waited to be taken', () => {
  const { budget, reader } = start();
  const message = framed(Buffer.from('f'.repeat(100)));
  reader.write(message.subarray(0, 50));
  reader.write(Buffer.concat([message.subarray(50), message.subarray(0, 50)]));
  assert.equal(budget.used, 2 * message.length);
  reader.close();
  reader.close();
  reader.onTaken();
  assert.equal(budget.used, 0);
});

for (const [encoding, pack] of [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
] as const) {
  test(`what ${encoding} decompresses to is in the budget until it is taken`, () => {
    const { budget, reader } = start({ encoding });
    const packed = framed(pack(Buffer.from('g'.repeat(maxBytes))), 1);
    const [message, ...others] = reader.write(packed);
    assert.deepEqual(contents([message!, ...others]), ['g'.repeat(maxBytes)]);
    assert.equal(message![0], 0);
    assert.equal(budget.used, maxBytes + 5);
    reader.onTaken();
    assert.equal(budget.used, 0);
  });
}

test('what decompresses beyond the limit, beyond the room or not at all is refused', () => {
  for (const [room, content, why] of [
    [10_000, gzipSync(Buffer.alloc(maxBytes + 1)), 'undecodable'],
    [500, gzipSync(Buffer.alloc(maxBytes)), 'bytes_exhausted'],
    [10_000, Buffer.from('no gzip'), 'undecodable'],
  ] as const) {
    const { budget, refused, reader } = start({ room, encoding: 'gzip' });
    assert.deepEqual(reader.write(framed(content, 1)), []);
    assert.deepEqual(refused, [why]);
    assert.equal(budget.used, 0);
  }
});

test('a compression that is not known here is left to grpc-js', () => {
  const { reader } = start({ encoding: 'snappy' });
  const message = framed(Buffer.from('anything'), 1);
  assert.deepEqual(reader.write(message), [message]);
});
