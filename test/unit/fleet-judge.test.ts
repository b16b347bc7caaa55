import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createFleetJudge, type FleetQuery, type FleetVerdict } from '../../src/fleet-judge.ts';
import type { Fleet, FleetExperiment, FleetTrouble } from '../../src/fleet/fleet.ts';
import { systemClock } from '../../src/base/clock.ts';
import { compileExperiments } from '../../src/generation.ts';
import { countEntry } from '../../src/report/tally/count.ts';
import { emptyTally, type Experiment } from '../../src/report/tally.ts';
import { countSettings, entry } from '../kit/tallies.ts';
import { configOf } from '../kit/twinspan.ts';

const hour = 3_600_000;

const config = configOf({
  shadow: { url: 'http://127.0.0.1:1' },
  routes: [{ name: 'predict', match: { path: '/**' } }],
  verdict: {
    floor: { pairs: 100, elapsed: '1h' },
    latency: { threshold: { p95: 1, p99: 2 } },
  },
}).config;

const experimentOf = compileExperiments(config);
const experiment: Experiment = experimentOf('1', '2');
/** The same live version against an earlier and a later shadow. */
const earlier = experimentOf('1', '1');
const later = experimentOf('1', '3');

interface Imagined {
  readonly pairs?: number;
  readonly errors?: number;
  readonly over?: Partial<FleetExperiment>;
  readonly of?: Experiment;
}

/** An experiment of two hours in which everything is well, or nearly. */
function imagine({
  pairs = 10_000,
  errors = 0,
  over = {},
  of = experiment,
}: Imagined = {}): FleetExperiment {
  const tally = emptyTally(of);
  const settings = { ...countSettings, thresholdMs: { p95: 1000, p99: 2000 } };
  const at = Date.now() - 2 * hour;
  for (let index = 0; index < pairs; index += 1) {
    const failed = index < errors;
    countEntry(
      tally,
      failed
        ? {
            route: 'predict',
            at,
            class: 'shadow_error_only',
            errors: 1,
            coverage: 0,
            liveMs: 10,
            shadowMs: 10,
          }
        : entry({ at }),
      settings,
    );
  }
  tally.lastAt = Date.now();
  return { tally, recent: 100, named: true, troubles: [], ...over };
}

function judgeOf(
  experiments: () => FleetExperiment[],
  unread: () => FleetTrouble | undefined = () => undefined,
): (query?: FleetQuery) => Promise<FleetVerdict> {
  const fleet: Fleet = { refresh: async () => unread(), experiments, newestAt: Date.now() };
  const judge = createFleetJudge({ config, fleet, clock: systemClock });
  return (query = {}) => judge(query, 1000);
}

const codes = ({ verdict }: FleetVerdict): string[] => verdict.warnings.map(({ code }) => code);

test('a fleet whose counts show every gate is ready for a canary', async () => {
  const { verdict, trouble } = await judgeOf(() => [imagine()])();
  assert.equal(verdict.state, 'promote', verdict.reason);
  assert.equal(verdict.scope, 'fleet');
  assert.equal(trouble, undefined);
  assert.ok(!verdict.warnings.some(({ code }) => code === 'replica_only'));
});

test('nothing that cannot be read or cannot be true ever promotes, or rejects', async () => {
  const source: FleetTrouble = { kind: 'source', code: 'prometheus_unreachable', message: 'away' };
  const counts: FleetTrouble = { kind: 'counts', code: 'counts_contradict', message: 'lies' };
  for (const errors of [0, 9000]) {
    const good = imagine({ errors });
    for (const answer of [
      await judgeOf(
        () => [good],
        () => source,
      )(),
      await judgeOf(() => [{ ...good, troubles: [counts] }])(),
    ]) {
      const { verdict, trouble } = answer;
      assert.equal(verdict.state, 'collecting');
      assert.equal(verdict.score, 25);
      assert.equal(verdict.hold, undefined);
      assert.equal(verdict.eta, undefined);
      assert.match(verdict.reason, /^Nothing can be decided: (away|lies)\.$/);
      assert.equal(codes(answer)[0], trouble?.code);
    }
  }
});

test('a trouble of another experiment holds up nothing', async () => {
  const lies: FleetTrouble = { kind: 'counts', code: 'counter_fell', message: 'lies' };
  const other = imagine({
    pairs: 10,
    of: earlier,
    over: { recent: 0, troubles: [lies] },
  });
  const judge = judgeOf(() => [imagine(), other]);
  assert.equal((await judge()).verdict.state, 'promote');
  const asked = await judge({ experiment: earlier.id });
  assert.equal(asked.verdict.state, 'collecting');
  assert.equal(codes(asked)[0], 'counter_fell');
});

test('an experiment or a shadow that is not known is collecting, with a warning', async () => {
  for (const fleet of [[], [imagine()]]) {
    const judge = judgeOf(() => fleet);
    const unknown = await judge({ experiment: 'nothing' });
    assert.equal(unknown.verdict.state, 'collecting');
    assert.deepEqual(codes(unknown), ['unknown_experiment']);
    const shadow = await judge({ shadow: '3' });
    assert.equal(shadow.verdict.state, 'collecting');
    assert.deepEqual(codes(shadow), ['unknown_experiment']);
    assert.match(shadow.verdict.warnings[0]!.detail, /shadow version 3/);
    assert.equal(shadow.verdict.scope, 'fleet');
  }
  assert.equal((await judgeOf(() => [])()).verdict.state, 'collecting');
});

test('a shadow is asked for by its version, whatever is current', async () => {
  const next = imagine({
    pairs: 10,
    of: later,
    over: { recent: 100_000 },
  });
  const judge = judgeOf(() => [next, imagine()]);
  assert.equal((await judge()).verdict.experiment?.id, later.id);
  assert.equal((await judge({ shadow: '3' })).verdict.state, 'collecting');
  const before = await judge({ shadow: '2' });
  assert.equal(before.verdict.experiment?.id, experiment.id);
  assert.equal((await judge({ shadow: '2', experiment: later.id })).verdict.state, 'collecting');
});

test('experiments of another service are none of its business', async () => {
  const foreign = imagine({ of: { ...experiment, live: { name: 'payments', version: '1' } } });
  const answer = await judgeOf(() => [foreign])();
  assert.equal(answer.verdict.state, 'collecting');
  assert.deepEqual(answer.verdict.experiments, []);
  const both = await judgeOf(() => [foreign, imagine({ over: { recent: 1 } })])();
  assert.deepEqual(
    both.verdict.experiments.map(({ id }) => id),
    [experiment.id],
  );
});

test('an experiment that was counted by other margins or rules is not judged by these', async () => {
  const foreign = imagine({ of: { ...experiment, id: 'another' } });
  const current = await judgeOf(() => [foreign])();
  assert.equal(current.verdict.state, 'collecting');
  const asked = await judgeOf(() => [foreign])({ experiment: 'another' });
  assert.equal(asked.verdict.state, 'hold');
  assert.deepEqual(asked.verdict.hold, { reason: 'superseded' });
  const both = await judgeOf(() => [foreign, imagine({ over: { recent: 1 } })])();
  assert.equal(both.verdict.experiment?.id, experiment.id);
});

test('where no process tells its versions, the experiments are judged with a warning', async () => {
  const unnamed = imagine({ of: { id: 'e1', live: {}, shadow: {} }, over: { named: false } });
  const answer = await judgeOf(() => [unnamed])();
  assert.equal(answer.verdict.state, 'promote');
  assert.equal(codes(answer)[0], 'unknown_versions');
  assert.equal((await judgeOf(() => [unnamed])({ shadow: '2' })).verdict.state, 'collecting');
});

test('a rejection stays, whatever comes later', async () => {
  let current = imagine({ errors: 5000 });
  const judge = judgeOf(() => [current]);
  assert.equal((await judge()).verdict.state, 'reject');
  current = imagine({ pairs: 20_000 });
  const { verdict } = await judge();
  assert.equal(verdict.state, 'reject');
  assert.match(verdict.reason, /^The share of errors .*predict, is above its margin/);
});

test('counts that cannot be true latch no rejection', async () => {
  const lies: FleetTrouble = { kind: 'counts', code: 'counts_contradict', message: 'lies' };
  let current = imagine({ errors: 5000, over: { troubles: [lies] } });
  const judge = judgeOf(() => [current]);
  assert.equal((await judge()).verdict.state, 'collecting');
  current = imagine();
  assert.equal((await judge()).verdict.state, 'promote');
});

test('latency gates of a fleet stay open without thresholds of the configuration', async () => {
  const without = configOf({
    shadow: { url: 'http://127.0.0.1:1' },
    routes: [{ name: 'predict', match: { path: '/**' } }],
    verdict: { floor: { pairs: 100, elapsed: '1h' } },
  }).config;
  const fleet: Fleet = {
    refresh: async () => undefined,
    newestAt: undefined,
    experiments: () => [imagine({ of: compileExperiments(without)('1', '2') })],
  };
  const judge = createFleetJudge({ config: without, fleet, clock: systemClock });
  const { verdict } = await judge({}, 1000);
  assert.equal(verdict.state, 'collecting', verdict.reason);
  const open = verdict.gates.filter(({ state }) => state === 'open').map(({ id }) => id);
  assert.deepEqual(open, ['latency_p95', 'latency_p99']);
});

test('counts that nobody adds to any more promote nothing, and a rejection by them stays', async () => {
  const answerOf = (counted: FleetExperiment) => {
    const fleet: Fleet = {
      refresh: async () => undefined,
      experiments: () => [counted],
      newestAt: Date.now() - 2 * hour,
    };
    return createFleetJudge({ config, fleet, clock: systemClock })({}, 1000);
  };
  assert.equal((await answerOf(imagine({ errors: 5000 }))).verdict.state, 'reject');
  const answer = await answerOf(imagine());
  assert.equal(answer.verdict.state, 'collecting');
  assert.match(answer.verdict.next, /scrapes the replicas/);
  assert.deepEqual(codes(answer)[0], 'stale_counts');
  assert.match(answer.verdict.warnings[0]!.detail, /in the last 120 minutes/);
});
