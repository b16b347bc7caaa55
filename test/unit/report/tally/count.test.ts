import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  burnInSize,
  countEntry,
  countQuality,
  type CountSettings,
} from '../../../../src/report/tally/count.ts';
import type { PredictionEntry } from '../../../../src/report/tally/entry.ts';
import { momentsOf } from '../../../../src/report/tally/moments.ts';
import { emptyTally, valuesOf, type Tally } from '../../../../src/report/tally.ts';
import { countSettings, entry, experiment, tallyOf } from '../../../kit/tallies.ts';

const configured: CountSettings = { ...countSettings, thresholdMs: { p95: 100, p99: 200 } };

function values(tally: Tally, cell: string): Record<string, number> {
  return Object.fromEntries(valuesOf(tally.routes['predict'], cell));
}

test('an entry counts in one class, and in the cells that it has a value for', () => {
  const tally = tallyOf([
    entry({ at: 20 }),
    entry({ at: 10, class: 'shadow_error_only', errors: 1 }),
    { route: 'predict', at: 30, class: 'dropped', coverage: 1 },
  ]);
  assert.deepEqual(tally.routes['predict']?.classes, {
    equal: 1,
    shadow_error_only: 1,
    dropped: 1,
  });
  assert.deepEqual(values(tally, 'errors'), { 0: 1, 1: 1 });
  assert.deepEqual(values(tally, 'coverage'), { 0: 2, 1: 1 });
  assert.deepEqual([tally.firstAt, tally.lastAt], [10, 30]);
});

test('latency is judged by exceedances: of the shadow beyond the stretched threshold, of live beyond the threshold', () => {
  const tally = tallyOf(
    [
      entry({ liveMs: 90, shadowMs: 109 }),
      entry({ liveMs: 90, shadowMs: 111 }),
      entry({ liveMs: 101, shadowMs: 109 }),
      entry({ liveMs: 101, shadowMs: Number.POSITIVE_INFINITY }),
    ],
    configured,
  );
  assert.deepEqual(values(tally, 'latency_p95'), { '-1': 1, 0: 2, 1: 1 });
  assert.deepEqual(values(tally, 'latency_p99'), { 0: 3, 1: 1 });
});

test('without a threshold the first 500 live answers give it, and do not count', () => {
  const tally = emptyTally(experiment);
  for (let index = 1; index <= burnInSize; index += 1) {
    countEntry(tally, entry({ liveMs: index, shadowMs: 10_000 }), countSettings);
  }
  assert.deepEqual(values(tally, 'latency_p95'), {});
  const before = tally.routes['predict']?.threshold.p95.kind;
  assert.deepEqual([before], ['open']);
  countEntry(tally, entry({ liveMs: 1, shadowMs: 10_000 }), countSettings);
  const { p95, p99 } = tally.routes['predict']!.threshold;
  assert.ok(p95.kind === 'fixed' && p95.value >= 475 && p95.value <= 475 * 1.03);
  assert.ok(p99.kind === 'fixed' && p99.value >= 495 && p99.value <= 495 * 1.03);
  assert.deepEqual(values(tally, 'latency_p95'), { 1: 1 });
  assert.deepEqual(values(tally, 'errors'), { 0: burnInSize + 1 });
});

test('a quantile whose threshold is configured counts while the other is learned', () => {
  const tally = tallyOf([entry()], { ...countSettings, thresholdMs: { p95: 100 } });
  assert.deepEqual(values(tally, 'latency_p95'), { 0: 1 });
  assert.deepEqual(values(tally, 'latency_p99'), {});
});

function predicting(labels: PredictionEntry['labels'], count = 1) {
  return entry({ prediction: { count, labels } });
}

const listed: CountSettings = { ...countSettings, labels: () => ['setosa', 'virginica'] };

test('each listed label is counted as the change of its share, the others as one', () => {
  const tally = tallyOf(
    [
      predicting({ setosa: { live: 1, shadow: 0 }, virginica: { live: 0, shadow: 1 } }),
      predicting({ setosa: { live: 1, shadow: 1 } }),
      predicting({ setosa: { live: 1, shadow: 0 }, 'h:1f': { live: 0, shadow: 1 } }),
    ],
    listed,
  );
  assert.deepEqual(values(tally, 'prediction_drift/setosa'), { '-1': 2, 0: 1 });
  assert.deepEqual(values(tally, 'prediction_drift/virginica'), { 0: 2, 1: 1 });
  assert.deepEqual(values(tally, 'prediction_drift~other'), { 0: 2, 1: 1 });
});

test('a batch is one pair, and counts as the mean of its instances', () => {
  const tally = tallyOf([predicting({ setosa: { live: 3, shadow: 1 } }, 10)], listed);
  assert.deepEqual(values(tally, 'prediction_drift/setosa'), { '-0.2': 1 });
});

test('without listed labels the ten that live predicts most in the burn-in are watched', () => {
  const tally = emptyTally(experiment);
  for (let index = 0; index < burnInSize; index += 1) {
    const label = `label-${index % 12 < 2 ? index % 12 : (index % 10) + 2}`;
    countEntry(tally, predicting({ [label]: { live: 1, shadow: 1 } }), countSettings);
  }
  assert.deepEqual(values(tally, 'prediction_drift~other'), {});
  countEntry(tally, predicting({ novel: { live: 0, shadow: 1 } }), countSettings);
  const { labels } = tally.routes['predict']!;
  assert.ok(labels.kind === 'fixed' && labels.value.length === 10);
  assert.ok(!labels.value.includes('novel'));
  assert.deepEqual(values(tally, 'prediction_drift~other'), { 1: 1 });
});

test('scores are measured by the spread of live’s, and five deviations count as 1', () => {
  const tally = emptyTally(experiment);
  const scored = (meanDifference: number) =>
    entry({
      prediction: {
        count: 2,
        labels: {},
        scores: { meanDifference, live: momentsOf([10, 12]) },
      },
    });
  for (let index = 0; index < burnInSize / 2; index += 1)
    countEntry(tally, scored(3), countSettings);
  assert.deepEqual(values(tally, 'prediction_drift~score'), {});
  for (const difference of [0, 1, -100]) countEntry(tally, scored(difference), countSettings);
  const { scoreScale } = tally.routes['predict']!;
  assert.ok(scoreScale.kind === 'fixed' && Math.abs(scoreScale.value - 1) < 0.01);
  const counts = values(tally, 'prediction_drift~score');
  assert.equal(counts['-1'], 1);
  assert.ok(counts['0.2']! > 0.99 && counts['0.2']! < 1);
});

test('where live’s scores never differ, any difference of the shadow counts whole', () => {
  const tally = emptyTally(experiment);
  const scored = (meanDifference: number) =>
    entry({
      prediction: { count: 1, labels: {}, scores: { meanDifference, live: momentsOf([7]) } },
    });
  for (let index = 0; index < burnInSize; index += 1) countEntry(tally, scored(0), countSettings);
  for (const difference of [0, 0.001, -0.001]) countEntry(tally, scored(difference), countSettings);
  assert.deepEqual(values(tally, 'prediction_drift~score'), { '-1': 1, 0: 1, 1: 1 });
});

test('who listens hears of every count, but not of labels that the configuration does not name', () => {
  const heard: string[] = [];
  const listener = (route: string, cell: string, value: number, count: number) =>
    heard.push(`${route} ${cell} ${value} ${count}`);
  countEntry(
    emptyTally(experiment),
    predicting({ setosa: { live: 1, shadow: 1 } }),
    listed,
    listener,
  );
  assert.deepEqual(heard, [
    'predict errors 0 1',
    'predict contract 0 1',
    'predict mismatch 0 1',
    'predict coverage 0 1',
    'predict prediction_drift/setosa 0 1',
    'predict prediction_drift/virginica 0 1',
    'predict prediction_drift~other 0 1',
  ]);
  const tally = emptyTally(experiment);
  for (let index = 0; index <= burnInSize; index += 1) {
    heard.length = 0;
    countEntry(tally, predicting({ a: { live: 1, shadow: 1 } }), countSettings, listener);
  }
  assert.deepEqual(values(tally, 'prediction_drift/a'), { 0: 1 });
  assert.ok(!heard.some((line) => line.includes('prediction_drift')));
});

test('quality counts what the shadow lost', () => {
  const tally = emptyTally(experiment);
  for (const lost of [1, 0, -1]) countQuality(tally, 'predict', lost);
  assert.deepEqual(values(tally, 'quality'), { '-1': 1, 0: 1, 1: 1 });
});
