/**
 * How many pairs the latency gates need, for live and shadow times that are log-normal and correlated, as worked out
 * from the evidence of the expected pair. The numbers are those that the method was proposed with, so they hold the
 * kernel, its bets and the way in which a pair of durations counts to another calculation.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pairsNeeded, type Claim, type ValueCounts } from '../../../src/verdict/evidence.ts';

const sigma = 0.6;
const slower = 1.1;
const claims = { p95: { quantile: 0.95, margin: 0.01 }, p99: { quantile: 0.99, margin: 0.005 } };
const range = [-1, 1] as const;
/** One of four gates, of which each may reject wrongly: 5 % in all. */
const rejectAlpha = 0.0125;

for (const [quantile, correlation, factor, expected] of [
  ['p95', 0.7, 1, 851],
  ['p95', 0.7, 1.05, 1723],
  ['p95', 0.7, 1.1, 5520],
  ['p99', 0.7, 1, 1795],
  ['p99', 0.7, 1.05, 2895],
  ['p99', 0.7, 1.1, 5804],
  ['p95', 0, 1, 1265],
  ['p95', 0, 1.05, 2643],
  ['p95', 0, 1.1, 8754],
] as const) {
  test(`a shadow whose times are live's times ${factor}, correlated by ${correlation}, passes ${quantile} after about ${expected} pairs`, () => {
    const { margin } = claims[quantile];
    const claim: Claim = { direction: 'below', margin, range };
    const rates = exceedances(claims[quantile].quantile, correlation, factor);
    assertWithin(pairsNeeded(claim, rates, Math.log(1 / 0.05)), expected);
  });
}

for (const [factor, expected] of [
  [1.2, 18_885],
  [1.3, 1447],
  [1.5, 266],
] as const) {
  test(`a shadow whose times are live's times ${factor} is rejected by p95 after about ${expected} pairs`, () => {
    const claim: Claim = { direction: 'above', margin: claims.p95.margin, range };
    const rates = exceedances(claims.p95.quantile, 0.7, factor);
    assertWithin(pairsNeeded(claim, rates, Math.log(1 / rejectAlpha)), expected);
  });
}

/**
 * The numbers that are expected come from a sample of drawn pairs: the shares beyond a quantile are worked out here, and
 * differ from theirs by what a sample differs. A bet or a bound that is another moves them by more.
 */
function assertWithin(found: number | undefined, expected: number): void {
  assert.ok(found !== undefined);
  assert.ok(Math.abs(found - expected) <= 0.05 * expected, `${found}, not about ${expected}`);
}

/**
 * Shares of the pairs of which only the shadow, neither or both, and only live exceed the threshold: the shadow beyond
 * 1.1 times live's quantile, live beyond the quantile itself.
 */
function exceedances(quantile: number, correlation: number, factor: number): ValueCounts {
  const liveAt = normalQuantile(quantile);
  const shadowAt = liveAt + Math.log(slower / factor) / sigma;
  const both = bothBeyond(liveAt, shadowAt, correlation);
  const live = 1 - quantile - both;
  const shadow = 1 - normalShare(shadowAt) - both;
  return [
    [1, shadow],
    [0, 1 - live - shadow],
    [-1, live],
  ];
}

/** Chance that both of two correlated normal values lie beyond their bounds, by Simpson's rule over the first. */
function bothBeyond(first: number, second: number, correlation: number): number {
  const steps = 4000;
  const width = (10 - first) / steps;
  const spread = Math.sqrt(1 - correlation ** 2);
  let sum = 0;
  for (let step = 0; step <= steps; step += 1) {
    const x = first + step * width;
    const weight = step === 0 || step === steps ? 1 : step % 2 === 0 ? 2 : 4;
    const density = Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI);
    sum += weight * density * (1 - normalShare((second - correlation * x) / spread));
  }
  return (sum * width) / 3;
}

/** Share of a standard normal distribution below `x`, by its density's integral from 0. */
function normalShare(x: number): number {
  const end = Math.min(10, Math.abs(x));
  const steps = 200;
  const width = end / steps;
  let sum = 0;
  for (let step = 0; step <= steps; step += 1) {
    const weight = step === 0 || step === steps ? 1 : step % 2 === 0 ? 2 : 4;
    sum += weight * Math.exp(-((step * width) ** 2) / 2);
  }
  const share = (sum * width) / 3 / Math.sqrt(2 * Math.PI);
  return x < 0 ? 0.5 - share : 0.5 + share;
}

function normalQuantile(share: number): number {
  let [low, high] = [-10, 10];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
