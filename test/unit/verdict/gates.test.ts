import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addValue, emptyTally, routeTally, type Tally } from '../../../src/report/tally.ts';
import {
  evaluateGates,
  isFutile,
  morePairsOf,
  type GateResult,
} from '../../../src/verdict/gates.ts';
import { judgedRoutes } from '../../../src/verdict/judged-routes.ts';
import type { VerdictSettings } from '../../../src/verdict/settings.ts';
import { countSettings, entry, experiment, settingsWith, tallyOf } from '../../kit/tallies.ts';

function gatesOf(tally: Tally, settings: VerdictSettings): GateResult[] {
  return evaluateGates(tally, judgedRoutes(tally, settings), settings);
}

function pairs(count: number, overrides: Parameters<typeof entry>[0] = {}) {
  return Array.from({ length: count }, () => entry(overrides));
}

function gate(gates: readonly GateResult[], id: string, direction?: string): GateResult {
  const found = gates.find((each) => each.id === id && each.direction === direction);
  assert.ok(found !== undefined, id);
  return found;
}

const configured = { ...countSettings, thresholdMs: { p95: 100, p99: 200 } };
const thresholds = settingsWith({ latency: { threshold: { p95: 0.1, p99: 0.2 } } });

test('each gate that is on is there once a route, and none that is off', () => {
  const tally = tallyOf([entry()]);
  const ids = (settings: VerdictSettings) => gatesOf(tally, settings).map(({ id }) => id);
  const all = ['errors', 'contract', 'mismatch', 'latency_p95', 'latency_p99', 'coverage'];
  assert.deepEqual(ids(settingsWith()), all);
  const off = { errors: null, latency_p95: null, coverage: null };
  const route = { name: 'predict', verdict: { margins: off } };
  assert.deepEqual(ids(settingsWith({}, [route])), ['contract', 'mismatch', 'latency_p99']);
});

test('equal pairs pass every gate when there are enough of them', () => {
  const few = gatesOf(tallyOf(pairs(100), configured), thresholds);
  assert.ok(few.every(({ state }) => state === 'open'));
  const many = gatesOf(tallyOf(pairs(6000), configured), thresholds);
  assert.ok(many.every((each) => each.state === 'passed' && morePairsOf(each) === 0));
});

test('a gate fails when the opposite of its claim is shown', () => {
  const tally = tallyOf([...pairs(900), ...pairs(100, { mismatch: 1 })], configured);
  assert.equal(gate(gatesOf(tally, thresholds), 'mismatch').state, 'failed');
  assert.equal(gate(gatesOf(tally, thresholds), 'contract').state, 'open');
});

test('what promotes needs ln(1/alpha), and what rejects is divided among all claims that could', () => {
  const { need } = gate(gatesOf(tallyOf([entry()]), settingsWith()), 'errors');
  assert.equal(need.promote.toFixed(3), '2.996');
  assert.equal(need.reject.toFixed(3), '4.605');
});

test('a later attempt must be surer of a promotion, and may be as unsure of a rejection', () => {
  const tally = tallyOf([entry()]);
  tally.attempt = 3;
  const counted = gate(gatesOf(tally, settingsWith()), 'errors').need;
  assert.equal(counted.promote.toFixed(6), Math.log(9 / 0.05).toFixed(6));
  assert.equal(counted.reject.toFixed(3), '4.605');
  const stated = gate(gatesOf(tally, settingsWith({ attempt: 2 })), 'errors').need;
  assert.equal(stated.promote.toFixed(6), Math.log(4 / 0.05).toFixed(6));
});

test('no attempt is before the first: one that cannot be lowers no bar', () => {
  const tally = { ...tallyOf([entry()]), attempt: 0 };
  const { need } = gate(gatesOf(tally, settingsWith()), 'errors');
  assert.equal(need.promote.toFixed(3), '2.996');
});

test('routes that the configuration does not know take their part of the chance of a wrong rejection', () => {
  const tally = tallyOf([...pairs(10), ...pairs(10, { route: 'unknown' })]);
  const { need } = gate(gatesOf(tally, settingsWith()), 'errors');
  assert.equal(need.reject.toFixed(6), Math.log(10 / 0.05).toFixed(6));
});

test('thresholds that differ stay a reason to say nothing, whatever the configuration names', () => {
  const tally = tallyOf(pairs(6000), configured);
  routeTally(tally, 'predict').threshold.p95 = { kind: 'differing' };
  assert.equal(gate(gatesOf(tally, thresholds), 'latency_p95').note, 'differing');
});

test('the number of pairs that a gate still needs is that of the plan', () => {
  const tally = tallyOf(pairs(100), configured);
  assert.equal(morePairsOf(gate(gatesOf(tally, thresholds), 'contract')), 5610);
  const never = tallyOf([...pairs(99), ...pairs(1, { contract: 1 })], configured);
  assert.equal(morePairsOf(gate(gatesOf(never, thresholds), 'contract')), undefined);
});

test('latency stays open during the burn-in, and where replicas measured differently', () => {
  const tally = tallyOf(pairs(300));
  assert.equal(gate(gatesOf(tally, settingsWith()), 'latency_p95').note, 'burn_in');
  routeTally(tally, 'predict').threshold.p95 = { kind: 'differing' };
  addValue(routeTally(tally, 'predict'), 'latency_p95', 0, 100_000);
  const differing = gate(gatesOf(tally, settingsWith()), 'latency_p95');
  assert.deepEqual([differing.note, differing.state], ['differing', 'open']);
});

test('over a fleet latency is judged only against a threshold of the configuration', () => {
  const tally = tallyOf(pairs(6000), configured);
  const plain = gatesOf(tally, settingsWith({}, undefined, 'fleet'));
  assert.deepEqual(
    [gate(plain, 'latency_p99').note, gate(plain, 'latency_p99').state],
    ['not_configured', 'open'],
  );
  const fixed = { latency: { threshold: { p95: 0.1, p99: 0.2 } } };
  const judged = gatesOf(tally, settingsWith(fixed, undefined, 'fleet'));
  assert.equal(gate(judged, 'latency_p99').state, 'passed');
});

const predicting = (labels: readonly string[]) =>
  settingsWith({ mode: 'noninferior' }, [
    { name: 'predict', prediction: { labels }, verdict: { margins: { mismatch: null } } },
  ]);

function predicted(count: number, live: string, shadow: string) {
  const labels = {
    [live]: { live: 1, shadow: Number(live === shadow) },
    ...(live !== shadow && { [shadow]: { live: 0, shadow: 1 } }),
  };
  return pairs(count, { prediction: { count: 1, labels } });
}

const listed = { ...configured, labels: () => ['setosa', 'virginica'] };

test('predictions are judged label by label, in both directions', () => {
  const tally = tallyOf(
    [...predicted(900, 'setosa', 'setosa'), ...predicted(100, 'setosa', 'virginica')],
    listed,
  );
  const drift = gatesOf(tally, predicting(['setosa', 'virginica'])).filter(
    ({ id }) => id === 'prediction_drift',
  );
  assert.deepEqual(
    drift.map(({ label, direction, state }) => `${label} ${direction} ${state}`),
    [
      'setosa more passed',
      'setosa less failed',
      'virginica more failed',
      'virginica less passed',
      '~other more passed',
      '~other less passed',
    ],
  );
  assert.deepEqual(drift[1]?.counts, [
    [1, 100],
    [0, 900],
  ]);
});

test('without any prediction the gate is open, so that a route that predicts nothing is never passed', () => {
  const drift = gatesOf(tallyOf(pairs(6000), listed), predicting(['setosa'])).filter(
    ({ id }) => id === 'prediction_drift',
  );
  assert.deepEqual(
    drift.map(({ state, note, label }) => [state, note, label]),
    [['open', 'burn_in', undefined]],
  );
});

test('labels that are not listed cannot be judged over a fleet', () => {
  const settings: VerdictSettings = { ...predicting([]), scope: 'fleet' };
  const drift = gate(gatesOf(tallyOf(pairs(10)), settings), 'prediction_drift');
  assert.equal(drift.note, 'not_configured');
});

test('replicas that learned different labels have nothing to say of them together', () => {
  const tally = tallyOf(predicted(600, 'a', 'a'), configured);
  routeTally(tally, 'predict').labels = { kind: 'differing' };
  assert.equal(gate(gatesOf(tally, predicting([])), 'prediction_drift').note, 'differing');
});

test('scores are judged in both directions, at half the margin', () => {
  const tally = tallyOf(pairs(10), configured);
  addValue(routeTally(tally, 'predict'), 'prediction_drift~score', 0.1, 1000);
  const gates = gatesOf(tally, predicting([]));
  const [more, less] = ['more', 'less'].map((way) => gate(gates, 'prediction_drift', way));
  assert.deepEqual([more?.label, more?.margin, more?.state], ['~score', 0.01, 'failed']);
  assert.equal(less?.state, 'passed');
});

test('quality is a gate once true labels are known', () => {
  const tally = tallyOf(pairs(10), configured);
  const ids = () => gatesOf(tally, predicting(['a'])).map(({ id }) => id);
  assert.equal(ids().includes('quality'), false);
  addValue(routeTally(tally, 'predict'), 'quality', 1, 500);
  assert.equal(gate(gatesOf(tally, predicting(['a'])), 'quality').state, 'failed');
});

test('what was shed before it was read is judged against everything that was seen', () => {
  const tally = tallyOf(pairs(10));
  addValue(routeTally(tally, '~unread'), 'coverage', 0, 9000);
  addValue(routeTally(tally, '~unread'), 'coverage', 1, 1000);
  const unread = gatesOf(tally, settingsWith()).filter(({ route }) => route === '~unread');
  assert.deepEqual(
    unread.map(({ id, state }) => [id, state]),
    [['coverage', 'failed']],
  );
});

test('a gate is futile when its mean is surely near its margin', () => {
  const tally = emptyTally(experiment);
  const route = routeTally(tally, 'predict');
  addValue(route, 'errors', 0, 1_000_000);
  addValue(route, 'mismatch', 1, 10_000);
  addValue(route, 'mismatch', 0, 990_000);
  const near = gate(gatesOf(tally, settingsWith()), 'mismatch');
  assert.deepEqual([near.state, isFutile(near)], ['open', true]);
  assert.equal(isFutile(gate(gatesOf(tallyOf(pairs(100)), settingsWith()), 'mismatch')), false);
});
