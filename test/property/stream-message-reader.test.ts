import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { ByteBudget } from '../../src/base/byte-budget.ts';
import { MessageReader } from '../../src/stream/message-reader.ts';

const maxBytes = 300;

function framed(content: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

test('however a stream is cut, the messages are the same, and what is kept is in the budget', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: maxBytes }), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 40 }),
      (contents, sizes) => {
        const budget = new ByteBudget(maxBytes + 5);
        const reader = new MessageReader({
          maxBytes,
          budget,
          encoding: undefined,
          onRefused: (why) => assert.fail(why),
        });
        const whole = contents.map(framed);
        const stream = Buffer.concat(whole);
        const read: Buffer[] = [];
        let at = 0;
        for (let turn = 0; at < stream.length; turn += 1) {
          const chunk = Buffer.from(stream.subarray(at, at + sizes[turn % sizes.length]!));
          at += chunk.length;
          for (const message of reader.write(chunk)) {
            read.push(Buffer.from(message));
            reader.onTaken();
          }
          const unread = at - read.reduce((sum, { length }) => sum + length, 0);
          const begun = unread < 5 ? 0 : whole[read.length]!.length;
          assert.equal(budget.used, begun);
          chunk.fill(0xff);
        }
        assert.deepEqual(read, whole);
      },
    ),
  );
});
