import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import type { Duplicate } from '../../../src/duplicate/duplicate.ts';
import { Queue, type QueueLimits } from '../../../src/duplicate/queue.ts';
import { createManualClock } from '../../kit/manual-clock.ts';
import { bodyOf, sampleDuplicate } from './sample-duplicate.ts';

interface Delivery {
  readonly duplicate: Duplicate;
  readonly signal: AbortSignal;
  /** Ends it, and returns when the queue has taken note. */
  end(error?: Error): Promise<void>;
}

function startQueue(limits: Partial<QueueLimits> = {}) {
  const clock = createManualClock();
  const deliveries: Delivery[] = [];
  const faults: [unknown, Duplicate][] = [];
  const queue = new Queue({
    limits: { requests: 3, bytes: 1000, concurrency: 2, ...limits },
    deliver: (duplicate, signal) =>
      new Promise((resolve, reject) => {
        deliveries.push({
          duplicate,
          signal,
          end: (error) => {
            if (error === undefined) resolve();
            else reject(error);
            return new Promise((next) => setImmediate(next));
          },
        });
      }),
    onInternal: (error, duplicate) => faults.push([error, duplicate]),
    clock,
  });
  return { queue, clock, deliveries, faults };
}

function named(path: string, bodyLength = 0): Duplicate {
  return sampleDuplicate({ path, body: bodyOf('x'.repeat(bodyLength)) });
}

function paths(items: readonly { duplicate: Duplicate }[]): string[] {
  return items.map(({ duplicate }) => duplicate.request.path);
}

describe('a queue', () => {
  it('delivers at once what it has room for, and lets the rest wait in order', async () => {
    const { queue, deliveries } = startQueue();
    for (const path of ['/1', '/2', '/3', '/4']) assert.equal(queue.offer(named(path)), 'accepted');
    assert.deepEqual(paths(deliveries), ['/1', '/2']);
    assert.deepEqual([queue.length, queue.inFlight], [2, 2]);
    await deliveries[1]!.end();
    assert.deepEqual(paths(deliveries), ['/1', '/2', '/3']);
    await deliveries[0]!.end();
    await deliveries[2]!.end();
    assert.deepEqual(paths(deliveries), ['/1', '/2', '/3', '/4']);
    assert.deepEqual([queue.length, queue.inFlight, queue.bytes], [0, 1, 0]);
  });

  it('turns the newest away when too many wait', async () => {
    const { queue, deliveries } = startQueue({ requests: 2, concurrency: 1 });
    for (const path of ['/1', '/2', '/3']) assert.equal(queue.offer(named(path)), 'accepted');
    assert.equal(queue.offer(named('/4')), 'queue_full');
    await deliveries[0]!.end();
    assert.equal(queue.offer(named('/5')), 'accepted');
    await deliveries[1]!.end();
    await deliveries[2]!.end();
    assert.deepEqual(paths(deliveries), ['/1', '/2', '/3', '/5']);
  });

  it('turns away what would pass the bound of bytes: body, headers and path', () => {
    const { queue } = startQueue({ concurrency: 1, requests: 100, bytes: 100 });
    queue.offer(named('/1', 5000));
    assert.equal(queue.bytes, 0);
    const headers = HeaderList.fromPairs([['abc', 'defg']]);
    assert.equal(
      queue.offer(sampleDuplicate({ path: '/2', body: bodyOf('12345') }, headers)),
      'accepted',
    );
    assert.equal(queue.bytes, 2 + 5 + 7);
    assert.equal(queue.offer(named('/3', 85)), 'queue_full');
    assert.equal(queue.offer(named('/3', 84)), 'accepted');
    assert.equal(queue.bytes, 100);
  });

  it('takes note of a delivery that throws, at once or later, and goes on', async () => {
    const faults: unknown[] = [];
    const delivered: string[] = [];
    const queue = new Queue({
      limits: { requests: 10, bytes: 1000, concurrency: 1 },
      deliver: ({ request }) => {
        delivered.push(request.path);
        if (request.path === '/at-once') throw new Error('at once');
        if (request.path === '/later') return Promise.reject(new Error('later'));
        return Promise.resolve();
      },
      onInternal: (error) => faults.push(error),
      clock: createManualClock(),
    });
    for (const path of ['/at-once', '/later', '/fine']) queue.offer(named(path));
    assert.equal(await queue.drain(1000), true);
    assert.deepEqual(delivered, ['/at-once', '/later', '/fine']);
    assert.deepEqual(
      faults.map((fault) => (fault as Error).message),
      ['at once', 'later'],
    );
    assert.equal(queue.inFlight, 0);
  });

  it('lets an offer from inside a delivery overtake nothing that waits', async () => {
    const delivered: string[] = [];
    const queue: Queue = new Queue({
      limits: { requests: 10, bytes: 1000, concurrency: 0 },
      deliver: async ({ request }) => {
        delivered.push(request.path);
        if (request.path === '/1') queue.offer(named('/late'));
      },
      onInternal: assert.fail,
      clock: createManualClock(),
    });
    for (const path of ['/1', '/2', '/3']) queue.offer(named(path));
    queue.limits = { requests: 10, bytes: 1000, concurrency: 10 };
    assert.equal(await queue.drain(1000), true);
    assert.deepEqual(delivered, ['/1', '/2', '/3', '/late']);
  });

  it('says whose delivery threw', async () => {
    const { queue, deliveries, faults } = startQueue();
    const duplicate = named('/1');
    queue.offer(duplicate);
    await deliveries[0]!.end(new Error('x'));
    assert.equal(faults[0]?.[1], duplicate);
  });

  it('stays in order and bounded over many comings and goings', async () => {
    const { queue, deliveries } = startQueue({ requests: 5, concurrency: 3 });
    const accepted: string[] = [];
    let ended = 0;
    for (let count = 0; count < 500; count += 1) {
      const path = `/${count}`;
      if (queue.offer(named(path)) === 'accepted') accepted.push(path);
      assert.ok(queue.length <= 5 && queue.inFlight <= 3);
      if (count % 3 !== 0) {
        await deliveries[ended]!.end();
        ended += 1;
      }
    }
    while (ended < deliveries.length) {
      await deliveries[ended]!.end();
      ended += 1;
    }
    assert.deepEqual(paths(deliveries), accepted);
    assert.deepEqual([queue.length, queue.bytes, queue.inFlight], [0, 0, 0]);
  });
});

describe('withdrawing', () => {
  it('takes out what waits, wherever it stands, and gives its room back', async () => {
    const { queue, deliveries } = startQueue({ concurrency: 1, requests: 4 });
    const duplicates = ['/1', '/2', '/3', '/4', '/5'].map((path) => named(path, 10));
    for (const duplicate of duplicates) queue.offer(duplicate);
    const before = queue.bytes;
    assert.equal(queue.withdraw(duplicates[2]!), 'withdrawn');
    assert.equal(queue.withdraw(duplicates[4]!), 'withdrawn');
    assert.equal(queue.withdraw(duplicates[1]!), 'withdrawn');
    assert.deepEqual([queue.length, queue.bytes], [1, before / 4]);
    assert.equal(queue.offer(named('/6')), 'accepted');
    await deliveries[0]!.end();
    await deliveries[1]!.end();
    assert.deepEqual(paths(deliveries), ['/1', '/4', '/6']);
  });

  it('asks a delivery that is on its way to give up', async () => {
    const { queue, deliveries } = startQueue();
    const duplicate = named('/1');
    queue.offer(duplicate);
    assert.equal(deliveries[0]!.signal.aborted, false);
    assert.equal(queue.withdraw(duplicate), 'cancelled');
    assert.equal(deliveries[0]!.signal.aborted, true);
    assert.equal(queue.inFlight, 1);
    await deliveries[0]!.end();
    assert.equal(queue.withdraw(duplicate), 'absent');
    assert.equal(queue.inFlight, 0);
  });

  it('finds nothing where nothing was offered', () => {
    const { queue } = startQueue();
    assert.equal(queue.withdraw(named('/1')), 'absent');
  });
});

describe('new limits', () => {
  it('let more through at once, and let go of nothing that was accepted', async () => {
    const { queue, deliveries } = startQueue({ concurrency: 1, requests: 3 });
    for (const path of ['/1', '/2', '/3', '/4']) queue.offer(named(path));
    queue.limits = { requests: 1, bytes: 1000, concurrency: 2 };
    assert.deepEqual(paths(deliveries), ['/1', '/2']);
    assert.equal(queue.length, 2);
    assert.equal(queue.offer(named('/5')), 'queue_full');
    queue.limits = { requests: 1, bytes: 1000, concurrency: 1 };
    await deliveries[0]!.end();
    assert.deepEqual(paths(deliveries), ['/1', '/2']);
    await deliveries[1]!.end();
    assert.deepEqual(paths(deliveries), ['/1', '/2', '/3']);
    assert.equal(queue.limits.concurrency, 1);
  });
});

describe('draining', () => {
  it('ends with true when the last delivery has ended', async () => {
    const { queue, deliveries, clock } = startQueue({ concurrency: 1 });
    queue.offer(named('/1'));
    queue.offer(named('/2'));
    let drained: boolean | undefined;
    void queue.drain(1000).then((value) => (drained = value));
    await deliveries[0]!.end();
    assert.equal(drained, undefined);
    await deliveries[1]!.end();
    assert.equal(drained, true);
    assert.equal(clock.timers, 0);
  });

  it('ends at once when there is nothing', async () => {
    const { queue } = startQueue();
    assert.equal(await queue.drain(0), true);
  });

  it('ends with false when its time is over, and what waits still waits', async () => {
    const { queue, clock } = startQueue({ concurrency: 1 });
    queue.offer(named('/1'));
    queue.offer(named('/2'));
    const draining = queue.drain(1000);
    clock.advance(1000);
    assert.equal(await draining, false);
    assert.deepEqual([queue.length, queue.inFlight], [1, 1]);
  });

  it('ends with true when the last that waited is withdrawn', async () => {
    const { queue, deliveries } = startQueue({ concurrency: 1 });
    const second = named('/2');
    queue.offer(named('/1'));
    queue.offer(second);
    queue.limits = { ...queue.limits, concurrency: 0 };
    await deliveries[0]!.end();
    const draining = queue.drain(1000);
    queue.withdraw(second);
    assert.equal(await draining, true);
  });
});

describe('closing', () => {
  it('hands back what waited, asks the rest to give up, and turns everything away', async () => {
    const { queue, deliveries } = startQueue({ concurrency: 1 });
    for (const path of ['/1', '/2', '/3']) queue.offer(named(path));
    const draining = queue.drain(1000);
    const waiting = queue.close();
    assert.deepEqual(
      waiting.map(({ request }) => request.path),
      ['/2', '/3'],
    );
    assert.equal(deliveries[0]!.signal.aborted, true);
    assert.equal(queue.offer(named('/4')), 'queue_full');
    await deliveries[0]!.end();
    assert.equal(await draining, true);
    assert.deepEqual(paths(deliveries), ['/1']);
    assert.deepEqual(queue.close(), []);
  });
});
