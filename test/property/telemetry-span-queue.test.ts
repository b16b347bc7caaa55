import { setImmediate as turn } from 'node:timers/promises';
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { dropReasons, SpanQueue } from '../../src/telemetry/span-queue.ts';
import { estimateBytes } from '../../src/telemetry/span-size.ts';
import { createFakeSender, endedSpan } from '../unit/telemetry/fake-sender.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const small = endedSpan();
const large = endedSpan('large', { text: 'x'.repeat(1000) });

type Step =
  | { readonly kind: 'end'; readonly count: number; readonly large: boolean }
  | { readonly kind: 'answer'; readonly which: number; readonly result: 'sent' | 'failed' }
  | { readonly kind: 'reject'; readonly which: number; readonly rejected: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'turn' }
  | { readonly kind: 'flush'; readonly deadlineMs: number };

const index = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('end'), count: fc.nat(30), large: fc.boolean() }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('answer'),
      which: index,
      result: fc.constantFrom('sent', 'failed'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('reject'), which: index, rejected: fc.nat(20) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.nat(4000) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('turn') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush'), deadlineMs: fc.nat(5000) }) },
) as fc.Arbitrary<Step>;

test('whatever happens in whatever order, every span is counted once and the bounds hold', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 150, size: 'max' }),
      fc.option(fc.record({ after: fc.nat(150), deadlineMs: fc.nat(5000) }), { nil: undefined }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 20 }),
      async (steps, early, maxSpans, batchSpans) => {
        const clock = createManualClock();
        const senders = [createFakeSender(), createFakeSender(), createFakeSender()];
        const maxBytes = 40 * estimateBytes(large);
        const queue = new SpanQueue({
          senders,
          clock,
          maxSpans,
          maxBytes,
          exportTimeoutMs: 3000,
          batchSpans,
        });
        let ended = 0;
        let accepted = 0;
        const check = (): void => {
          const { created, exported, queued, queuedBytes, dropped } = queue.counts;
          const lost = dropReasons.reduce((sum, reason) => sum + dropped[reason], 0);
          assert.equal(created, ended);
          assert.equal(created, exported + queued + lost);
          assert.ok(queued >= 0 && queued <= maxSpans);
          assert.ok(queuedBytes >= 0 && queuedBytes <= maxBytes);
          assert.equal(queuedBytes === 0, queued === 0);
          assert.ok(exported <= accepted, 'nothing counts as exported that nobody took');
          for (const sender of senders) assert.ok(sender.underWay.length <= 1);
        };
        const underWay = (which: number) => {
          const all = senders.flatMap((sender) => sender.underWay);
          return all[which % Math.max(1, all.length)];
        };
        const waits: Promise<void>[] = [];
        for (const [position, one] of steps.entries()) {
          if (position === early?.after) waits.push(queue.shutdown(early.deadlineMs));
          switch (one.kind) {
            case 'end':
              for (let count = 0; count < one.count; count += 1) {
                ended += 1;
                queue.onEnd(one.large ? large : small);
                check();
              }
              break;
            case 'answer': {
              const found = underWay(one.which);
              if (one.result === 'failed') found?.end({ kind: 'failed', message: 'no' });
              else if (found !== undefined) {
                accepted += found.spans.length;
                found.end({ kind: 'sent', rejected: 0 });
              }
              break;
            }
            case 'reject': {
              const found = underWay(one.which);
              accepted += Math.max(0, (found?.spans.length ?? 0) - one.rejected);
              found?.end({ kind: 'sent', rejected: one.rejected });
              break;
            }
            case 'wait':
              clock.advance(one.ms);
              break;
            case 'turn':
              await turn();
              break;
            case 'flush':
              waits.push(queue.flush(one.deadlineMs));
              break;
          }
          check();
        }
        const stop = { ended: false };
        const stopped = queue.shutdown(1000).then(() => (stop.ended = true));
        while (!stop.ended) {
          clock.advance(100);
          await turn();
        }
        check();
        assert.equal(queue.counts.queued, 0);
        clock.advance(6000);
        await Promise.all([stopped, ...waits]);
        check();
        for (const one of senders.flatMap((sender) => [...sender.underWay])) {
          one.end({ kind: 'sent', rejected: 0 });
        }
        await turn();
        check();
        assert.equal(senders.flatMap((sender) => sender.underWay).length, 0);
      },
    ),
    { numRuns: 300 },
  );
});
