/**
 * The verdict on real traffic: customers are served by a model behind a real Envoy, and twinspan judges its shadow from
 * the pairs. A shadow that is the live model is ready for a canary; one that is worse by a known amount is rejected, by
 * the gate that its fault is about, after about as many pairs as the method needs for a fault of that size.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import type { Verdict } from '../../src/verdict/verdict.ts';
import { modelLatencyMs, type ModelFaults } from '../kit/model-service.ts';
import { judgedModels, type JudgedModels } from './judged-models.ts';

const lookMs = 20;
/** Exchanges after which a twinspan that has just started is as quick as it will be. */
const warmUp = 500;
/** However busy the machine is. */
const patienceMs = 180_000;

/** What a twinspan measures that is not warm yet is late, and no fault of the shadow: it counts for another version. */
async function warmModels(t: TestContext, faults: ModelFaults, latency: object) {
  const models = await judgedModels(t, { version: '1' }, { verdict: { latency } });
  await models.served(models.customers({ times: warmUp }));
  models.shadow.faults = { ...faults, version: '2' };
  return models;
}

/** The first verdict on version 2 that is not `collecting`, with customers who ask until it is there. */
async function decided(t: TestContext, models: JudgedModels): Promise<Verdict> {
  const query = '?shadow=2';
  const load = models.customers();
  const startedAt = performance.now();
  let verdict = await models.verdict(query);
  while (verdict.state === 'collecting') {
    const elapsedMs = performance.now() - startedAt;
    assert.ok(elapsedMs < patienceMs, JSON.stringify(verdict, undefined, 1));
    await setTimeout(lookMs);
    verdict = await models.verdict(query);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  t.diagnostic(`${verdict.pairs.sampled} pairs in ${seconds.toFixed(1)} s: ${verdict.reason}`);
  await load.stop();
  await models.served(load);
  return verdict;
}

/** The number of pairs is of the order that the method needs on average. */
function assertPairs({ pairs, reason }: Verdict, usual: number, atLeast = usual / 6): void {
  const told = `${pairs.sampled} pairs, usually ${usual}: ${reason}`;
  assert.ok(pairs.sampled > atLeast && pairs.sampled < usual * 6, told);
}

test('a shadow that is the live model becomes ready for a canary', async (t) => {
  // A busy machine makes the shadow late whatever it does; to be twice as slow it would have to stand still.
  const verdict = await decided(t, await warmModels(t, {}, { slower: 1 }));
  assert.equal(verdict.state, 'promote', JSON.stringify(verdict, undefined, 1));
  assert.match(
    verdict.reason,
    /^Ready for a canary: all 7 gates are shown to be within the margins/,
  );
  assert.match(verdict.next, /canary/);
  const states = new Set(verdict.gates.map(({ state }) => state));
  assert.deepEqual([...states], ['passed']);
  assertPairs(verdict, 5710);
});

interface Seeded {
  readonly name: string;
  readonly faults: ModelFaults;
  readonly gate: string;
  /** Pairs that the method needs on average. */
  readonly pairs: number;
  readonly reason: RegExp;
  readonly mode?: string;
}

/** So late that nothing is: where latency is no fault, a busy machine must make none. */
const never = { latency: { threshold: { p95: 60, p99: 60 } } };
const seeded: readonly Seeded[] = [
  {
    name: '2 points more errors',
    faults: { errors: 0.02 },
    gate: 'errors',
    pairs: 812,
    reason: /^The share of errors that the shadow has and live has not, on predict, is above/,
  },
  {
    name: '3 % of the labels flipped',
    faults: { flips: 0.03 },
    gate: 'mismatch',
    pairs: 492,
    reason: /^The share of answers that differ on predict is above its margin of 1 %/,
  },
  {
    name: 'a label that it predicts for 5 % more',
    faults: { flips: 0.05 },
    gate: 'prediction_drift',
    pairs: 548,
    reason: /^The change of predictions to (more "virginica"|less "\w+") on predict is above/,
    mode: 'noninferior',
  },
  {
    name: 'a field missing from 1 % of the answers',
    faults: { missing: 0.01 },
    gate: 'contract',
    pairs: 464,
    reason: /^The share of broken contracts \(status class, types, keys\) on predict is above/,
  },
];

/** These gates and no other have failed. */
function assertRejected(verdict: Verdict, gates: readonly string[], reason: RegExp): void {
  assert.equal(verdict.state, 'reject', JSON.stringify(verdict, undefined, 1));
  assert.match(verdict.reason, reason);
  assert.match(verdict.next, /^[A-Z].*\.$/);
  const failed = verdict.gates.filter(({ state }) => state === 'failed').map(({ id }) => id);
  assert.ok(failed.length > 0);
  assert.deepEqual(
    failed.filter((gate) => !gates.includes(gate)),
    [],
  );
}

for (const { name, faults, gate, pairs, reason, mode = 'equivalence' } of seeded) {
  test(`a shadow with ${name} is rejected by the gate that is about it`, async (t) => {
    const shadow = { ...faults, version: '2' };
    const models = await judgedModels(t, shadow, { verdict: { ...never, mode } });
    const verdict = await decided(t, models);
    assertRejected(verdict, [gate], reason);
    assertPairs(verdict, pairs);
  });
}

test('a shadow with 1.3 times the latency is rejected by the gates that are about it', async (t) => {
  const { p95, p99 } = modelLatencyMs;
  // One that is learned from a busy machine is far behind the slow end of the model.
  const threshold = { p95: p95 / 1000, p99: p99 / 1000 };
  const verdict = await decided(t, await warmModels(t, { slower: 1.3 }, { threshold }));
  const reason =
    /^The share of slow answers of the shadow beyond those of live \(at p9[59]\) on predict is/;
  assertRejected(verdict, ['latency_p95', 'latency_p99'], reason);
  // A busy machine only adds to what is slow.
  assertPairs(verdict, 1300, 50);
});
