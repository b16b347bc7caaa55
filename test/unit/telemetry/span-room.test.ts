import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SpanRoom } from '../../../src/telemetry/span-room.ts';
import { estimateBytes } from '../../../src/telemetry/span-size.ts';
import { endedSpan } from './fake-sender.ts';

const span = endedSpan();
const spanBytes = estimateBytes(span);

test('a span is held from its admission until its batch is released', () => {
  const room = new SpanRoom({ maxSpans: 3, maxBytes: 1_000_000 });
  assert.deepEqual(
    [1, 2, 3, 4].map(() => room.admit(span)),
    [true, true, true, false],
  );
  const batch = room.take(2);
  assert.equal(batch.spans.length, 2);
  assert.equal(batch.bytes, 2 * spanBytes);
  assert.equal(room.waiting, 1);
  assert.equal(room.held, 3);
  assert.equal(room.admit(span), false, 'what is being exported takes room');
  room.release(batch);
  assert.equal(room.held, 1);
  assert.equal(room.heldBytes, spanBytes);
  assert.equal(room.admit(span), true);
});

test('the bound on bytes holds as well as the one on spans', () => {
  const room = new SpanRoom({ maxSpans: 100, maxBytes: 2 * spanBytes });
  assert.deepEqual(
    [1, 2, 3].map(() => room.admit(span)),
    [true, true, false],
  );
});

test('spans leave in the order in which they came', () => {
  const room = new SpanRoom({ maxSpans: 3, maxBytes: 1_000_000 });
  for (const name of ['first', 'second', 'third']) room.admit(endedSpan(name));
  assert.deepEqual(
    room.take(2).spans.map(({ name }) => name),
    ['first', 'second'],
  );
  assert.deepEqual(
    room.take(2).spans.map(({ name }) => name),
    ['third'],
  );
  assert.deepEqual(room.take(2).spans, []);
});

test('room for spans that are not made yet is told by their number and a guess of their bytes', () => {
  const byCount = new SpanRoom({ maxSpans: 4, maxBytes: 1_000_000 });
  byCount.admit(span);
  assert.equal(byCount.hasRoomFor(3), true);
  assert.equal(byCount.hasRoomFor(4), false);
  const byBytes = new SpanRoom({ maxSpans: 100, maxBytes: 4096 });
  assert.equal(byBytes.hasRoomFor(2), true);
  assert.equal(byBytes.hasRoomFor(3), false);
});
