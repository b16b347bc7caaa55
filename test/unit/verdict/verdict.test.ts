import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addValue, emptyTally, routeTally, type Tally } from '../../../src/report/tally.ts';
import { logEvidence } from '../../../src/verdict/evidence.ts';
import { judge, newRejections, type Judgement } from '../../../src/verdict/verdict.ts';
import { countSettings, entry, experiment, settingsWith, tallyOf } from '../../kit/tallies.ts';

const latency = { threshold: { p95: 0.1, p99: 0.2 } };
const settings = settingsWith({ latency });
const configured = { ...countSettings, thresholdMs: { p95: 100, p99: 200 } };

function counted(count: number, id = experiment.id): Tally {
  const tally = tallyOf(
    Array.from({ length: count }, () => entry({ at: 1_700_000_000_000 })),
    configured,
  );
  return { ...tally, experiment: { ...experiment, id } };
}

function judged(tally: Tally, judgement: Partial<Judgement> = {}) {
  return judge({
    active: [{ tally, recent: 10 }],
    settings,
    now: 1_700_000_060_000,
    ...judgement,
  });
}

test('a verdict says what it is, of what, and what to do now', () => {
  const verdict = judged(counted(6000));
  assert.equal(verdict.schema, 'twinspan.verdict/1');
  assert.equal(verdict.scope, 'replica');
  assert.equal(verdict.state, 'promote');
  assert.equal(verdict.score, 100);
  assert.match(
    verdict.reason,
    /^Ready for a canary: all 6 gates are shown .* 6,000 compared pairs in 60 s\.$/,
  );
  assert.match(verdict.next, /one replica.*fleet.*canary/);
  assert.deepEqual(verdict.experiment, {
    ...experiment,
    attempt: 1,
    startedAt: '2023-11-14T22:13:20.000Z',
    current: true,
  });
  assert.equal(verdict.elapsedSeconds, 60);
  assert.deepEqual(verdict.floor, { pairs: 1000, elapsedSeconds: 0, met: true });
  assert.deepEqual(verdict.alpha, { promote: 0.05, reject: 0.05 });
  assert.equal('hold' in verdict, false);
});

test('the score tells the state, and only a promotion is above 75', () => {
  const late = settingsWith({ latency, horizon: 1 });
  const rejected = counted(10);
  rejected.rejected = { atUnixMs: 1, gate: 'errors', route: 'predict', reason: 'Because.' };
  const verdicts = [
    judged(counted(6000)),
    judged(counted(10), { settings: late }),
    judged(counted(10)),
    judged(rejected),
  ];
  assert.deepEqual(
    verdicts.map(({ state, score }) => [state, score]),
    [
      ['promote', 100],
      ['hold', 50],
      ['collecting', 25],
      ['reject', 0],
    ],
  );
  assert.deepEqual(verdicts[1]?.hold, { reason: 'horizon' });
  assert.equal(verdicts[3]?.reason, 'Because.');
});

test('every gate can be decided again from what stands in its row', () => {
  const tally = counted(3000);
  addValue(routeTally(tally, 'predict'), 'errors', -1, 4);
  const { gates } = judged(JSON.parse(JSON.stringify(tally)) as Tally);
  assert.equal(gates.length, 6);
  for (const { counts, margin, range, lnE, need, state } of gates) {
    const pairs = Object.entries(counts).map(([value, count]) => [Number(value), count] as const);
    const again = logEvidence({ direction: 'below', margin, range }, pairs);
    assert.ok(Math.abs(again - lnE.promote) < 1e-9);
    assert.equal(state, lnE.promote >= need.promote ? 'passed' : 'open');
  }
  const [errors] = gates;
  assert.deepEqual(errors?.counts, { '-1': 4, 0: 3000 });
  assert.ok(errors.cs95[0] < errors.estimate! && errors.estimate! < errors.cs95[1]);
});

test('nothing is not-a-number or endless: a verdict is the same when it is read as JSON', () => {
  for (const tally of [emptyTally(experiment), counted(1), counted(6000)]) {
    const verdict = judged(tally);
    assert.deepEqual(JSON.parse(JSON.stringify(verdict)), verdict);
  }
});

test('without any count the verdict is collecting, and an unknown experiment is a warning', () => {
  const none = judge({ active: [], settings, now: 0 });
  assert.equal(none.state, 'collecting');
  assert.equal('experiment' in none, false);
  const unknown = judged(counted(6000), { experiment: 'ffff' });
  assert.equal(unknown.state, 'collecting');
  assert.deepEqual(
    unknown.warnings.map(({ code }) => code),
    ['unknown_experiment'],
  );
});

test('the verdict of another version of the shadow is no answer', () => {
  assert.equal(judged(counted(6000), { shadow: '2' }).state, 'promote');
  const other = judged(counted(6000), { shadow: '3' });
  assert.equal(other.state, 'collecting');
  assert.match(other.reason, /shadow version 3/);
  assert.equal(
    judged(counted(6000), { shadow: '3', experiment: experiment.id }).state,
    'collecting',
  );
});

test('experiments are judged side by side; a small one is told and not judged, one without pairs is superseded', () => {
  const active = [
    { tally: counted(6000, 'main'), recent: 1000 },
    { tally: counted(6000, 'beside'), recent: 100 },
    { tally: counted(6000, 'small'), recent: 5 },
    { tally: counted(6000, 'past'), recent: 0 },
  ];
  const states = ['main', 'beside', 'small', 'past'].map((id) => {
    const { state, hold } = judge({ active, settings, now: 1_700_000_060_000, experiment: id });
    return hold === undefined ? state : `${state} ${hold.reason}`;
  });
  assert.deepEqual(states, ['promote', 'promote', 'collecting', 'hold superseded']);
  const current = judge({ active, settings, now: 1_700_000_060_000 });
  assert.equal(current.experiment?.id, 'main');
  assert.deepEqual(
    current.experiments.map(({ id, pairs, recentPairs, judged: isJudged }) => [
      id,
      pairs,
      recentPairs,
      isJudged,
    ]),
    [
      ['main', 6000, 1000, true],
      ['beside', 6000, 100, true],
      ['small', 6000, 5, false],
      ['past', 6000, 0, false],
    ],
  );
});

test('when no experiment gets pairs, each is judged by what it has', () => {
  const active = ['a', 'b'].map((id) => ({ tally: counted(6000, id), recent: 0 }));
  assert.equal(
    judge({ active, settings, now: 1_700_000_060_000, experiment: 'b' }).state,
    'promote',
  );
});

test('what was counted by other gates is superseded, however many pairs it still gets', () => {
  const active = [
    { tally: counted(6000, 'before'), recent: 1000 },
    { tally: counted(10, 'after'), recent: 5 },
  ];
  const judgement = {
    active,
    settings,
    now: 1_700_000_060_000,
    isCountedByThese: ({ id }: { id: string }) => id === 'after',
  };
  const current = judge(judgement);
  assert.deepEqual(
    [current.experiment?.id, current.experiment?.current, current.state],
    ['after', true, 'collecting'],
  );
  const before = judge({ ...judgement, experiment: 'before' });
  assert.deepEqual([before.state, before.hold?.reason], ['hold', 'superseded']);
  assert.deepEqual(
    current.experiments.map(({ judged: isJudged }) => isJudged),
    [false, true],
  );
  assert.equal(judge({ ...judgement, isCountedByThese: () => false }).state, 'collecting');
});

test('a rejection is told once, for the caller to keep', () => {
  const tally = counted(1000);
  addValue(routeTally(tally, 'predict'), 'errors', 1, 300);
  const judgement = { active: [{ tally, recent: 1 }], settings, now: 77 };
  const [[id, rejection] = []] = newRejections(judgement);
  assert.equal(id, experiment.id);
  assert.deepEqual(
    { ...rejection, reason: '' },
    { atUnixMs: 77, gate: 'errors', route: 'predict', reason: '' },
  );
  assert.equal(judge(judgement).reason, rejection?.reason);
  tally.rejected = rejection!;
  assert.deepEqual(newRejections(judgement), []);
});

test('a route narrows what is listed, and not what is decided', () => {
  const tally = counted(6000);
  assert.equal(judged(tally, { route: 'predict' }).gates.length, 6);
  const unknown = judged(tally, { route: 'nowhere' });
  assert.deepEqual([unknown.state, unknown.gates.length], ['promote', 0]);
  assert.ok(unknown.warnings.some(({ code }) => code === 'unknown_route'));
});

test('a verdict of the fleet says so', () => {
  const verdict = judged(counted(6000), {
    settings: settingsWith({ latency }, undefined, 'fleet'),
  });
  assert.equal(verdict.scope, 'fleet');
  assert.match(verdict.next, /^Start a canary/);
  assert.deepEqual(verdict.warnings, []);
});
