/**
 * What came of some exchanges, seen from every side: the books, the requests that reached the shadow, the rows of
 * `/v1/pairs` and the spans. After each observation the books must balance and nothing may have reached the shadow
 * twice.
 */
import assert from 'node:assert/strict';

import type { ReceivedSpan } from '../../demo/otlp-trace.ts';
import type { RecentPair } from '../../src/report/recent-pairs.ts';
import type { TestTwinspan } from '../kit/twinspan.ts';

export interface Observation<Result, Asked> {
  readonly result: Result;
  /** Exchanges by outcome, of this observation alone, as everything here. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** What reached the shadow, in order. */
  readonly asked: readonly Asked[];
  /** Oldest first. */
  readonly pairs: readonly RecentPair[];
  /** Resolves once all spans that were made have been exported, which takes a second; in order of their start. */
  exportedSpans(): Promise<readonly ReceivedSpan[]>;
}

/** Does something, and waits until twinspan has seen as many more exchanges and each has its outcome. */
export type Observe<Asked> = <Result>(
  exchanges: number,
  act: () => Promise<Result>,
) => Promise<Observation<Result, Asked>>;

interface ShadowLog<Asked> {
  readonly asked: readonly Asked[];
}

/** `requestIdOf` reads the id that the shadow was given. */
export function observer<Asked>(
  sidecar: TestTwinspan,
  shadow: ShadowLog<Asked>,
  requestIdOf: (asked: Asked) => unknown,
): Observe<Asked> {
  return async (exchanges, act) => {
    const before = sidecar.app.status();
    const askedBefore = shadow.asked.length;
    const startedAt = BigInt(Date.now()) * 1_000_000n;
    const result = await act();
    await sidecar.settled(before.exchanges.seen + exchanges);
    const { pairs } = (await sidecar.admin('/v1/pairs?limit=1000')) as { pairs: RecentPair[] };
    const status = sidecar.app.status();
    assert.equal(status.exchanges.seen - before.exchanges.seen, exchanges, 'exchanges seen');
    assertBalanced(sidecar);
    const reached = status.shadow.sent - (status.exchanges.outcomes['shadow_connect'] ?? 0);
    const outcomes = difference(status.exchanges.outcomes, before.exchanges.outcomes);
    assert.equal(
      shadow.asked.length,
      reached,
      `requests that reached the shadow: ${JSON.stringify(outcomes)}`,
    );
    const ids = shadow.asked.map(requestIdOf);
    assert.equal(new Set(ids).size, ids.length, 'no request id is at the shadow twice');
    return {
      result,
      outcomes,
      asked: shadow.asked.slice(askedBefore),
      pairs: pairs.slice(0, compared(status) - compared(before)).toReversed(),
      async exportedSpans() {
        const { created } = status.spans;
        await sidecar.collector.waitFor((spans) => spans.length >= created);
        // Exports may overtake one another, and those of earlier observations may have come since.
        return sidecar.collector.spans
          .filter(({ startTimeUnixNano }) => startTimeUnixNano >= startedAt)
          .toSorted(byStart);
      },
    };
  };
}

/** Every equation of `/status` holds, nothing is open, and all captured bytes were given back. */
export function assertBalanced({ app }: TestTwinspan): void {
  const status = app.status();
  assert.deepEqual(status.balance, { exchanges: true, shadow: true, spans: true });
  assert.equal(status.exchanges.in_flight, 0);
  assert.equal(status.shadow.in_flight, 0);
  assert.equal(status.limits['bytes_in_flight']?.used, 0, 'captured bytes are given back');
}

/** Resolves when the condition holds; asked again and again, and given up where no machine is so slow. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`this never held: ${condition.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function byStart(one: ReceivedSpan, other: ReceivedSpan): number {
  return Number(one.startTimeUnixNano - other.startTimeUnixNano);
}

/** Pairs that `/v1/pairs` lists: all that have an answer or a failure of the shadow. */
function compared({ shadow }: ReturnType<TestTwinspan['app']['status']>): number {
  return shadow.answered + shadow.failed;
}

function difference(
  now: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(now)
      .map(([outcome, count]) => [outcome, count - (before[outcome] ?? 0)] as const)
      .filter(([, count]) => count !== 0),
  );
}
