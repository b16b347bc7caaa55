import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import {
  dropReasons,
  SpanQueue,
  type SpanQueueOptions,
} from '../../../src/telemetry/span-queue.ts';
import { estimateBytes } from '../../../src/telemetry/span-size.ts';
import { createFakeSender, endedSpan, refused, sent } from './fake-sender.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

const span = endedSpan();

function start(overrides: Partial<SpanQueueOptions> = {}) {
  const clock = createManualClock();
  const senders = [createFakeSender(), createFakeSender(), createFakeSender(), createFakeSender()];
  const losses: string[] = [];
  const queue = new SpanQueue({
    senders,
    clock,
    maxSpans: 1000,
    maxBytes: 10_000_000,
    exportTimeoutMs: 3000,
    batchSpans: 10,
    onLoss: (reason) => losses.push(reason),
    ...overrides,
  });
  const add = (count: number): void => {
    for (let index = 0; index < count; index += 1) queue.onEnd(span);
  };
  const underWay = () => senders.flatMap((sender) => sender.underWay);
  /** Lets the queue start all that it would start now. */
  const turns = async (): Promise<void> => {
    for (let count = 0; count < 8; count += 1) await turn();
  };
  const balanced = (): void => {
    const { created, exported, queued, dropped } = queue.counts;
    const lost = dropReasons.reduce((sum, reason) => sum + dropped[reason], 0);
    assert.equal(created, exported + queued + lost);
  };
  return { clock, senders, losses, queue, add, underWay, turns, balanced };
}

test('nothing is handed to a sender inside the call that ends a span', async () => {
  const { add, underWay, turns } = start();
  add(10);
  assert.equal(underWay().length, 0);
  await turns();
  assert.equal(underWay().length, 1);
  assert.equal(underWay()[0]?.spans.length, 10);
});

test('each batch is handed over in a turn of the event loop of its own', async () => {
  const { add, underWay } = start();
  add(40);
  for (let batches = 1; batches <= 4; batches += 1) {
    await turn();
    assert.equal(underWay().length, batches);
  }
});

test('a batch that is not full goes out after a second', async () => {
  const { clock, queue, add, underWay, turns } = start();
  add(3);
  clock.advance(999);
  await turns();
  assert.equal(underWay().length, 0);
  clock.advance(1);
  await turns();
  assert.equal(underWay()[0]?.spans.length, 3);
  assert.equal(queue.counts.queued, 3);
  underWay()[0]!.end(sent);
  assert.equal(queue.counts.queued, 0);
  assert.equal(queue.counts.exported, 3);
  add(1);
  await turns();
  assert.equal(underWay().length, 0, 'the next one waits as well');
});

test('no more exports are under way than there are senders, and each ended one makes room', async () => {
  const { add, underWay, turns, queue } = start();
  add(100);
  await turns();
  assert.equal(underWay().length, 4);
  underWay()[2]!.end(sent);
  await turns();
  assert.equal(underWay().length, 4);
  assert.equal(queue.counts.exported, 10);
  assert.equal(queue.counts.queued, 90);
});

test('spans beyond the count are dropped, the newest first, those being exported included', async () => {
  const { add, turns, queue, losses, balanced } = start({ maxSpans: 45 });
  add(40);
  await turns();
  add(10);
  assert.equal(queue.counts.dropped.queue_full, 5);
  assert.equal(queue.counts.queued, 45);
  assert.deepEqual(losses, ['queue_full', 'queue_full', 'queue_full', 'queue_full', 'queue_full']);
  balanced();
});

test('spans beyond the bytes are dropped, and bytes are given back when a batch has ended', async () => {
  const each = estimateBytes(span);
  const { add, underWay, turns, queue } = start({ maxBytes: each * 12 });
  add(15);
  assert.equal(queue.counts.dropped.queue_full, 3);
  assert.equal(queue.counts.queuedBytes, each * 12);
  await turns();
  assert.equal(queue.counts.queuedBytes, each * 12);
  underWay()[0]!.end(sent);
  assert.equal(queue.counts.queuedBytes, each * 2);
  add(1);
  assert.equal(queue.counts.dropped.queue_full, 3);
});

test('whether there is room can be asked before spans are made, and what was not made counts as dropped', () => {
  const { add, queue, losses, balanced } = start({ maxSpans: 10 });
  add(7);
  assert.equal(queue.hasRoomFor(3), true);
  assert.equal(queue.hasRoomFor(4), false);
  queue.refuse(4);
  assert.equal(queue.counts.created, 11);
  assert.equal(queue.counts.dropped.queue_full, 4);
  assert.deepEqual(losses, ['queue_full']);
  balanced();
  assert.equal(start({ maxBytes: 4096 }).queue.hasRoomFor(2), true);
  assert.equal(start({ maxBytes: 4096 }).queue.hasRoomFor(3), false);
});

test('a failed batch is dropped and counted, and the collector is left alone for a while', async () => {
  const { clock, add, underWay, turns, queue, losses, balanced } = start();
  add(30);
  await turns();
  for (const one of underWay()) one.end(refused);
  assert.equal(queue.counts.dropped.export_failed, 30);
  assert.deepEqual(losses, ['export_failed', 'export_failed', 'export_failed']);
  add(50);
  clock.advance(999);
  await turns();
  assert.equal(underWay().length, 0, 'paused');
  clock.advance(1);
  await turns();
  assert.equal(underWay().length, 1, 'one batch asks whether the collector is back');
  underWay()[0]!.end(refused);
  clock.advance(1999);
  await turns();
  assert.equal(underWay().length, 0, 'paused for longer');
  clock.advance(1);
  await turns();
  underWay()[0]!.end(sent);
  await turns();
  assert.equal(underWay().length, 3, 'all senders work again');
  balanced();
});

test('a sender that throws has failed, and is used again', async () => {
  const sender = createFakeSender();
  const { send } = sender;
  sender.send = () => {
    throw new Error('cannot serialise');
  };
  const { clock, add, turns, queue } = start({ senders: [sender] });
  add(10);
  await turns();
  assert.equal(queue.counts.dropped.export_failed, 10);
  sender.send = send;
  add(10);
  clock.advance(1000);
  await turns();
  assert.equal(sender.underWay.length, 1);
});

test('an export without an answer is given up after its timeout, and counts once whatever comes later', async () => {
  const { clock, add, underWay, turns, queue, senders, balanced } = start();
  add(10);
  await turns();
  const late = underWay()[0]!;
  clock.advance(3000);
  assert.equal(queue.counts.dropped.export_timeout, 10);
  assert.equal(queue.counts.queued, 0);
  assert.equal(senders.filter((sender) => sender.abandoned > 0).length, 1);
  late.end(sent);
  assert.equal(queue.counts.exported, 0);
  balanced();
});

test('an answered export is over: its timeout cuts no later export of the same sender', async () => {
  const sender = createFakeSender();
  const { clock, add, turns } = start({ senders: [sender] });
  add(10);
  await turns();
  clock.advance(2000);
  sender.underWay[0]!.end(sent);
  add(10);
  await turns();
  clock.advance(1000);
  assert.equal(sender.abandoned, 0);
  assert.equal(sender.underWay.length, 1);
});

test('a sender that does not come back stays taken, and is cut again and again', async () => {
  const { clock, add, turns, underWay, senders } = start();
  add(40);
  await turns();
  clock.advance(3000);
  add(100);
  clock.advance(60_000);
  await turns();
  assert.equal(underWay().length, 4);
  for (const sender of senders) {
    assert.equal(sender.underWay.length, 1);
    assert.equal(sender.abandoned, 21);
  }
});

test('spans that the collector refused are not exported, and do not make it a failing one', async () => {
  const { add, underWay, turns, queue, losses, balanced } = start();
  add(20);
  await turns();
  underWay()[0]!.end({ kind: 'sent', rejected: 4 });
  assert.equal(queue.counts.exported, 6);
  assert.equal(queue.counts.dropped.rejected, 4);
  assert.deepEqual(losses, ['rejected']);
  underWay()[0]!.end({ kind: 'sent', rejected: 1000 });
  assert.equal(queue.counts.dropped.rejected, 14);
  add(40);
  await turns();
  assert.equal(underWay().length, 4);
  balanced();
});

test('a flush exports what is there at once, a pause included, and ends when all of it has ended', async () => {
  const { add, underWay, turns, queue } = start();
  add(10);
  await turns();
  underWay()[0]!.end(refused);
  add(25);
  const flushed = queue.flush(5000);
  await turns();
  assert.deepEqual(
    underWay()
      .map((one) => one.spans.length)
      .sort((a, b) => a - b),
    [5, 10, 10],
  );
  for (const one of underWay()) one.end(sent);
  await flushed;
  assert.equal(queue.counts.exported, 25);
});

test('a flush ends at its deadline when the collector does not answer, and loses nothing by it', async () => {
  const { clock, add, turns, queue } = start();
  add(5);
  const flushed = queue.forceFlush();
  await turns();
  clock.advance(2999);
  assert.equal(queue.counts.queued, 5);
  clock.advance(1);
  await flushed;
});

test('after a flush spans wait for others again', async () => {
  const { add, underWay, turns, queue } = start();
  add(1);
  const flushed = queue.flush(5000);
  await turns();
  underWay()[0]!.end(sent);
  await flushed;
  add(9);
  await turns();
  assert.equal(underWay().length, 0);
});

test('a flush of nothing ends at once', async () => {
  await start().queue.flush(1_000_000);
});

test('a shutdown exports all that it can, and nothing is lost when the collector answers', async () => {
  const { senders, add, queue, turns, underWay } = start({ maxSpans: 200 });
  add(200);
  const stopped = queue.shutdown(5000);
  while (queue.counts.queued > 0) {
    await turns();
    assert.ok(underWay().length <= 4);
    for (const one of underWay()) one.end(sent);
  }
  await stopped;
  assert.equal(queue.counts.exported, 200);
  assert.equal(senders.flatMap((sender) => sender.received).length, 200);
});

test('a shutdown ends at its deadline; what is left, what is under way and what comes later counts as shutdown', async () => {
  const { clock, senders, add, queue, turns, underWay, balanced } = start();
  add(100);
  const stopped = queue.shutdown(500);
  await turns();
  const [answered, ...hanging] = underWay();
  answered!.end(sent);
  clock.advance(500);
  await stopped;
  assert.equal(queue.counts.exported, 10);
  assert.equal(queue.counts.dropped.shutdown, 90);
  assert.equal(queue.counts.queued, 0);
  assert.equal(queue.counts.queuedBytes, 0);
  assert.ok(senders.every((sender) => sender.abandoned === 1));
  for (const one of hanging) one.end(sent);
  add(1);
  await turns();
  assert.equal(queue.counts.exported, 10);
  assert.equal(queue.counts.dropped.shutdown, 91);
  assert.equal(underWay().length, 0, 'nothing is exported any more');
  balanced();
  assert.equal(queue.shutdown(), stopped, 'a second call waits for the first');
});
