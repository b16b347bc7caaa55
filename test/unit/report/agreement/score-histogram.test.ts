import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  addToHistogram,
  emptyScoreHistogram,
  equalGroups,
  mergeScoreHistogram,
  type ScoreHistogram,
} from '../../../../src/report/agreement/score-histogram.ts';

function histogramOf(live: readonly number[], shadow: readonly number[] = []): ScoreHistogram {
  const histogram = emptyScoreHistogram();
  for (const score of live) addToHistogram(histogram, score, undefined);
  for (const score of shadow) addToHistogram(histogram, undefined, score);
  return histogram;
}

function evenly(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + ((to - from) * index) / (count - 1));
}

test('buckets keep the order of the scores, over negative ones, 0, probabilities and large ones', () => {
  const ascending = [-1e100, -300, -1, -0.7, -0.5, -1e-9, 0, 1e-30, 1e-9, 0.3, 0.5, 0.6].concat([
    0.99,
    0.999,
    1 - 1e-9,
    1,
    1.5,
    2,
    299,
    300,
    1e6,
    1e100,
  ]);
  const { buckets } = histogramOf(ascending);
  assert.equal(buckets.length, ascending.length);
  const places = ascending.map((score) => histogramOf([score]).buckets[0]![0]);
  assert.deepEqual(
    places,
    buckets.map(([index]) => index),
  );
});

test('however many different scores there are, at most 256 buckets are in use', () => {
  const histogram = histogramOf(evenly(-1e6, 1e6, 5000), evenly(0, 1, 5000));
  assert.ok(histogram.buckets.length <= 256);
  assert.equal(
    histogram.buckets.reduce((sum, [, live, shadow]) => sum + live + shadow, 0),
    10_000,
  );
});

test('scores from the whole range of numbers fit', () => {
  const sizes = Array.from({ length: 2000 }, (_, index) => 10 ** (index / 10 - 100));
  const histogram = histogramOf(
    sizes,
    sizes.map((size) => -size),
  );
  assert.ok(histogram.buckets.length <= 256);
});

test('parts of different resolution add up to the whole, in either order', () => {
  const few = evenly(0.2, 0.4, 10);
  const many = evenly(-50, 700, 4000);
  const whole = histogramOf([...few, ...many]);
  const parts = () => [histogramOf(few), histogramOf(many)] as const;
  assert.notEqual(parts()[0].scale, parts()[1].scale);
  const [coarse, fine] = [parts(), parts()];
  mergeScoreHistogram(fine[0], fine[1]);
  mergeScoreHistogram(coarse[1], coarse[0]);
  assert.deepEqual(fine[0], whole);
  assert.deepEqual(coarse[1], whole);
});

test('probabilities that are all but certain are told apart', () => {
  assert.equal(histogramOf([0.99999, 0.999999, 0.9999999, 0.99999999]).buckets.length, 4);
});

test('one score that is far off does not cost the others their resolution', () => {
  const scores = evenly(0.9, 0.99999, 3000);
  const histogram = histogramOf([...scores, 1e90]);
  assert.ok(histogram.buckets.length > 100);
  assert.equal(equalGroups(histogram, 10).live.length, 10);
});

test('groups are about equally full over both sides together', () => {
  const { live, shadow } = equalGroups(histogramOf(evenly(0, 1, 4000), evenly(0, 1, 4000)), 10);
  assert.equal(live.length, 10);
  live.forEach((count, group) => {
    const share = (count + shadow[group]!) / 8000;
    assert.ok(Math.abs(share - 0.1) < 0.03, `${share}`);
  });
});

test('scores that are all alike make one group', () => {
  assert.deepEqual(equalGroups(histogramOf([0.5, 0.5, 0.5], [0.5]), 10), {
    live: [3],
    shadow: [1],
  });
  assert.deepEqual(equalGroups(emptyScoreHistogram(), 10), { live: [], shadow: [] });
});

test('what is no usable score is left out', () => {
  assert.deepEqual(histogramOf([Number.NaN, Infinity, -1e300]), emptyScoreHistogram());
});
