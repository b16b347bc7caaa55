import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../src/base/header-list.ts';
import { Experiments } from '../../src/experiments.ts';
import { Ledger } from '../../src/exchange/ledger.ts';
import type { Generation } from '../../src/generation.ts';
import { createJudge, type Judge } from '../../src/judge.ts';
import type { FinishedPair } from '../../src/comparison/finished-pair.ts';
import { generationWith } from '../kit/generation.ts';
import { createManualClock, type ManualClock } from '../kit/manual-clock.ts';
import { answer, comparison, exchange, failure, matching } from './telemetry/finished-pairs.ts';

const sections = {
  live: { name: 'm', version: '1' },
  shadow: { name: 'm', version: '2', url: 'http://127.0.0.1:1', timeout: '1s' },
  routes: [{ name: 'predict', match: { path: '/**', methods: ['POST'] }, effects: 'none' }],
  verdict: {
    floor: { pairs: 10, elapsed: '0s' },
    margins: {
      contract: 0.1,
      mismatch: 0.1,
      errors: 0.1,
      coverage: 0.1,
      latency_p95: null,
      latency_p99: null,
    },
  },
};

function generationOf(changes: object = {}): Generation {
  return generationWith({ ...sections, ...changes });
}

const control = { url: 'http://127.0.0.1:2', ratio: 1 };
const slowShadow = { ...sections.shadow, timeout: '60s' };

interface Bench {
  readonly judge: Judge;
  readonly clock: ManualClock;
  readonly ledger: Ledger;
  loopDelayMs: number;
  generation: Generation;
  /** Exchanges that came to this, one after the other. */
  count(finished: Partial<FinishedPair>, times?: number): void;
}

function startJudge(changes: object = {}, stepMs = () => 0): Bench {
  const clock = createManualClock();
  const ledger = new Ledger(assert.fail);
  const experiments = new Experiments();
  let generation = generationOf(changes);
  let loopDelayMs = 0;
  const judge = createJudge({
    clock: { ...clock, wallNow: () => clock.wallNow() + stepMs() },
    ledger,
    experiments,
    loopDelayMs: () => loopDelayMs,
    generation: () => generation,
  });
  return {
    judge,
    clock,
    ledger,
    set loopDelayMs(late: number) {
      loopDelayMs = late;
    },
    get generation() {
      return generation;
    },
    set generation(next) {
      generation = next;
    },
    count(finished, times = 1) {
      for (let time = 0; time < times; time += 1) {
        const ended = matching(finished);
        const count = judge.enroll(ended.exchange, generation);
        count(ended, experiments.of(generation, ended));
      }
    },
  };
}

test('nothing counted is no ground for a decision', () => {
  const { judge } = startJudge();
  const { state, gates } = judge.verdict({});
  assert.deepEqual([state, gates], ['collecting', []]);
});

test('equal pairs make the shadow ready, and the verdict says of which versions', () => {
  const { judge, count } = startJudge();
  count({}, 200);
  const verdict = judge.verdict({});
  assert.equal(verdict.state, 'promote', verdict.reason);
  assert.deepEqual(verdict.experiment?.shadow, { name: 'm', version: '2' });
});

test('a pair counts when all that were dispatched before it are over', () => {
  const bench = startJudge();
  const slow = bench.judge.enroll(exchange(), bench.generation);
  bench.count({}, 200);
  assert.equal(bench.judge.verdict({}).state, 'collecting');
  const timeout = failure('shadow_timeout', 'timeout');
  const { comparison: _comparison, ...failed } = matching({
    outcome: 'shadow_timeout',
    shadow: timeout,
  });
  slow(failed, new Experiments().of(bench.generation, failed));
  const { state, gates } = bench.judge.verdict({});
  assert.equal(state, 'promote');
  assert.deepEqual(gates.find(({ id }) => id === 'errors')?.counts, { 0: 200, 1: 1 });
});

test('a failure that may be of another version of the shadow keeps each of them from a promotion, and rejects none', () => {
  const versionHeader = 'x-version';
  const bench = startJudge({ shadow: { ...sections.shadow, versionHeader } });
  const answered = (version: string) => {
    const headers = new HeaderList([versionHeader, version]);
    return { shadow: answer({ headers, duplicate: matching({}).shadow!.duplicate }) };
  };
  const failing = {
    outcome: 'shadow_timeout',
    shadow: failure('shadow_timeout', 'timeout'),
    comparison: undefined,
  } as unknown as Partial<FinishedPair>;
  bench.count(answered('good'), 200);
  assert.equal(bench.judge.verdict({}).state, 'promote');
  bench.count(answered('bad'), 1);
  bench.count(failing, 60);
  bench.count(answered('good'), 10);
  for (const shadow of ['good', 'bad']) {
    const verdict = bench.judge.verdict({ shadow });
    assert.equal(verdict.state, 'collecting', shadow);
    const errors = verdict.gates.find(({ id }) => id === 'errors');
    assert.equal(errors?.unattributed, 60, shadow);
    assert.ok(
      verdict.warnings.some(({ code }) => code === 'mixed_versions'),
      shadow,
    );
  }
  // Were they its own, it would be rejected: they are of one of them alone, and nobody knows of which.
  const errors = bench.judge.verdict({ shadow: 'good' }).gates.find(({ id }) => id === 'errors');
  assert.deepEqual(errors?.counts, { 0: 210 });
  // The counters, of which a fleet's judge decides, hold them as well.
  const counted: number[] = [];
  bench.judge.gateEvents.forEach(({ gate }, count) => {
    if (gate === 'errors_unattributed') counted.push(count);
  });
  assert.deepEqual(
    counted.filter((count) => count > 0),
    [60, 60],
  );
});

test('one that hangs holds up the others for a bounded time, and then counts as uncovered', () => {
  const bench = startJudge();
  bench.judge.enroll(exchange(), bench.generation);
  bench.count({}, 200);
  bench.clock.advance(10 * 60_000);
  const { gates } = bench.judge.verdict({});
  assert.deepEqual(gates.find(({ id }) => id === 'coverage')?.counts, { 0: 200, 1: 1 });
});

for (const [name, before, after] of [
  ['longer', {}, { shadow: slowShadow }],
  ['shorter', { shadow: slowShadow }, {}],
] as const) {
  test(`an exchange that is open while the timeout is made ${name} may take as long as the longer one`, () => {
    const bench = startJudge(before);
    const { generation } = bench;
    const slow = bench.judge.enroll(exchange(), generation);
    bench.generation = generationOf(after);
    bench.clock.advance(10 * 60_000);
    const ended = matching({
      outcome: 'shadow_timeout',
      shadow: failure('shadow_timeout', 'timeout'),
    });
    slow(ended, [generation.experiment('1', '2')]);
    const { gates } = bench.judge.verdict({});
    assert.deepEqual(gates.find(({ id }) => id === 'errors')?.counts, { 1: 1 });
  });
}

for (const [name, changes, head] of [
  ['a canary', {}, { mode: 'canary' }],
  ['an exchange with the control', { control }, {}],
] as const) {
  test(`${name} that hangs counts nowhere either`, () => {
    const bench = startJudge(changes);
    bench.judge.enroll(exchange(head), bench.generation);
    bench.count({});
    bench.clock.advance(10 * 60_000);
    const { gates } = bench.judge.verdict({});
    assert.deepEqual(gates.find(({ id }) => id === 'coverage')?.counts, { 0: 1 });
  });
}

for (const [name, stepMs] of [
  ['forward', 86_400_000],
  ['back', -86_400_000],
] as const) {
  test(`a wall clock that is set ${name} by a day makes no experiment older`, () => {
    const floor = { pairs: 10, elapsed: '1h' };
    let step = 0;
    const bench = startJudge({ verdict: { ...sections.verdict, floor } }, () => step);
    bench.count({}, 200);
    step = stepMs;
    const epochOffsetMs = exchange().epochOffsetMs + stepMs;
    bench.count({ exchange: exchange({ epochOffsetMs }) });
    assert.equal(bench.judge.verdict({}).state, 'collecting');
    step = 0;
    bench.clock.advance(1800_000);
    const { state, elapsedSeconds } = bench.judge.verdict({});
    assert.deepEqual([state, elapsedSeconds], ['collecting', 1800]);
    bench.clock.advance(1800_000);
    assert.equal(bench.judge.verdict({}).state, 'collecting', 'nothing came in all that time');
    bench.count({ exchange: exchange({ startedAt: exchange().startedAt + 3_600_000 }) });
    assert.equal(bench.judge.verdict({}).state, 'promote');
  });
}

test('a rejection stays although nobody asked for it while it was due', () => {
  const bench = startJudge();
  const shadow = answer({ status: 500 });
  bench.count({ shadow, outcome: 'mismatch', comparison: comparison({ result: 'mismatch' }) }, 200);
  bench.clock.advance(1000);
  bench.count({}, 20_000);
  const { state, reason } = bench.judge.verdict({});
  assert.equal(state, 'reject');
  assert.match(reason, /errors/i);
});

test('canaries, the control and what live did not answer count nowhere', () => {
  const { judge, count } = startJudge();
  count({ exchange: exchange({ mode: 'canary' }) });
  count({ outcome: 'live_aborted' });
  count({ outcome: 'paused' });
  assert.equal(judge.verdict({}).experiment, undefined);
});

test('what was shed before it was read counts against the coverage', () => {
  const { judge, ledger, clock, count } = startJudge();
  count({}, 10);
  for (let time = 0; time < 10; time += 1) ledger.open().close('sampled_out');
  const shed = ledger.open();
  shed.route = '~unread';
  shed.close('over_capacity');
  clock.advance(1000);
  const unread = judge.verdict({}).gates.find(({ route }) => route === '~unread');
  assert.deepEqual(unread?.counts, { 0: 10, 1: 1 });
});

test('what was shed before versions were known counts in the experiment that they name, and makes none', () => {
  const { judge, ledger, clock, count } = startJudge();
  const shed = ledger.open();
  shed.route = '~unread';
  shed.close('over_capacity');
  clock.advance(1000);
  assert.deepEqual(judge.verdict({}).experiments, []);
  count({});
  const unread = judge.verdict({}).gates.find(({ route }) => route === '~unread');
  assert.deepEqual(unread?.counts, { 1: 1 });
});

test('other margins begin another experiment, and the former one is not judged by them', () => {
  const bench = startJudge();
  bench.count({}, 200);
  const former = bench.judge.verdict({}).experiment?.id;
  bench.generation = generationOf({ verdict: { ...sections.verdict, margins: { errors: 0.2 } } });
  assert.equal(bench.judge.verdict({}).state, 'collecting');
  const asked = bench.judge.verdict({ experiment: former! });
  assert.deepEqual([asked.state, asked.hold?.reason], ['hold', 'superseded']);
});

test('the counters of the gates are there from the start, and hold what was counted', () => {
  const { judge, clock, count } = startJudge();
  const read = (): Map<string, number> => {
    const found = new Map<string, number>();
    judge.gateEvents.forEach(({ route, gate, value }, sum) =>
      found.set(`${route} ${gate} ${value}`, sum),
    );
    return found;
  };
  clock.advance(1000);
  assert.equal(read().get('predict errors 1'), 0);
  assert.equal(read().get('~unread coverage 1'), 0);
  count({}, 7);
  assert.equal(read().get('predict errors 0'), 7);
});

test('an experiment whose version answers no more is superseded after five minutes, and can be asked for', () => {
  const bench = startJudge();
  bench.count({}, 200);
  const former = bench.judge.verdict({}).experiment!.id;
  bench.generation = generationOf({ shadow: { ...sections.shadow, version: '3' } });
  bench.count({}, 20);
  assert.equal(bench.judge.verdict({ experiment: former }).state, 'promote');
  bench.clock.advance(5 * 60_000);
  bench.count({}, 20);
  const asked = bench.judge.verdict({ experiment: former });
  assert.deepEqual([asked.state, asked.hold?.reason], ['hold', 'superseded']);
});

test('a process that has just started tells nothing of latency', () => {
  const bench = startJudge();
  const margins = { ...sections.verdict.margins, latency_p95: 0.1 };
  const latency = { threshold: { p95: 10, p99: 10 } };
  bench.generation = generationOf({ verdict: { ...sections.verdict, margins, latency } });
  const late = (): unknown =>
    bench.judge.verdict({}).gates.find(({ id }) => id === 'latency_p95')?.counts;
  bench.count({}, 100);
  assert.deepEqual(late(), {});
  bench.count({}, 3);
  assert.deepEqual(late(), { 0: 3 });
});

test('a process that is late itself tells nothing of latency, and that is said when it is so of most pairs', () => {
  const bench = startJudge();
  const margins = { ...sections.verdict.margins, latency_p95: 0.1 };
  const latency = { threshold: { p95: 10, p99: 10 } };
  bench.generation = generationOf({ verdict: { ...sections.verdict, margins, latency } });
  const measured = (): unknown =>
    bench.judge.verdict({}).gates.find(({ id }) => id === 'latency_p95')?.counts;
  bench.count({}, 200);
  assert.deepEqual(measured(), { 0: 100 });
  bench.loopDelayMs = 11;
  bench.count({}, 50);
  bench.loopDelayMs = 10;
  bench.count({}, 100);
  assert.deepEqual(measured(), { 0: 200 });
  // Late at its end, which is when the shadow's answer is read.
  const ended = matching({});
  const settle = bench.judge.enroll(ended.exchange, bench.generation);
  bench.loopDelayMs = 11;
  settle(ended, [bench.generation.experiment('1', '2')]);
  assert.deepEqual(measured(), { 0: 200 });
  const warned = (): boolean =>
    bench.judge.verdict({}).warnings.some(({ code }) => code === 'latency_unmeasured');
  assert.equal(warned(), false);
  bench.count({}, 200);
  assert.equal(warned(), true);
  assert.deepEqual(bench.judge.verdict({}).gates.find(({ id }) => id === 'errors')?.counts, {
    0: 551,
  });
});

test('standings follow within a second', () => {
  const { judge, clock, count } = startJudge();
  assert.deepEqual(judge.standings(), []);
  count({}, 200);
  clock.advance(1000);
  const [standing, ...others] = judge.standings();
  assert.deepEqual([standing?.state, standing?.score, others], ['promote', 100, []]);
});

test('a judge that was stopped has no timer', () => {
  const { judge, clock } = startJudge();
  judge.stop();
  assert.equal(clock.timers, 0);
});
