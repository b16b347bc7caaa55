import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  betsOf,
  confidenceSequence,
  logEvidence,
  logWealths,
  meanOf,
  pairsNeeded,
  type Claim,
  type ValueCounts,
} from '../../../src/verdict/evidence.ts';

const share = [0, 1] as const;
const difference = [-1, 1] as const;

function below(margin: number, range: Claim['range']): Claim {
  return { direction: 'below', margin, range };
}

function above(margin: number, range: Claim['range']): Claim {
  return { direction: 'above', margin, range };
}

function assertNear(actual: number | undefined, expected: number, digits: number): void {
  assert.equal(actual?.toFixed(digits), expected.toFixed(digits));
}

const logRatios = [0.05, -0.02, 0.1, 0.03, -0.08, 0, 0.12, -0.04, 0.02, 0.01];

/** Computed apart from this code, by two other programs. */
const vectors: readonly (readonly [Claim, ValueCounts, lnE: number, digits: number])[] = [
  [below(0.01, share), [[0, 1000]], 6.6445041405, 10],
  [
    below(0.01, share),
    [
      [0, 997],
      [1, 3],
    ],
    1.8278157544,
    10,
  ],
  [
    above(0.01, share),
    [
      [0, 970],
      [1, 30],
    ],
    10.8908818226,
    10,
  ],
  [
    above(0.01, share),
    [
      [0, 980],
      [1, 20],
    ],
    2.2270645467,
    10,
  ],
  [
    below(0.005, difference),
    [
      [-1, 5],
      [0, 9985],
      [1, 10],
    ],
    23.0506301954,
    10,
  ],
  [
    below(0.005, difference),
    [
      [-1, 2],
      [0, 1993],
      [1, 5],
    ],
    1.2296922709,
    10,
  ],
  [
    above(0.005, difference),
    [
      [-1, 2],
      [0, 970],
      [1, 28],
    ],
    7.0300567671,
    10,
  ],
  [
    above(0.005, difference),
    [
      [-1, 1],
      [0, 490],
      [1, 9],
    ],
    0.9461013489,
    10,
  ],
  [
    above(0, difference),
    [
      [-1, 5],
      [1, 15],
    ],
    1.4695668698,
    10,
  ],
  [
    below(Math.log(1.1), difference),
    logRatios.map((value) => [value, 50] as const),
    33.386413954,
    9,
  ],
];

for (const [claim, counts, lnE, digits] of vectors) {
  const shown = counts.map(([value, count]) => `${value}:${count}`).join(', ');
  test(`the evidence that ${shown} lies ${claim.direction} ${claim.margin} is ${lnE}`, () => {
    assertNear(logEvidence(claim, counts), lnE, digits);
  });
}

test('the bets are spaced as written down', () => {
  const bets = betsOf(below(0.005, difference));
  assert.equal(bets.length, 12);
  assertNear(bets[0], 0.01809045, 8);
  assertNear(bets[5], 0.10708004, 8);
  assertNear(bets[11], 0.90452261, 8);
  const upward = betsOf(above(0.01, share));
  assertNear(upward[0], 0.2, 10);
  assertNear(upward[11], 90, 10);
});

test('each bet has a wealth of its own', () => {
  const wealths = logWealths(below(0.005, difference), [
    [-1, 5],
    [0, 9985],
    [1, 10],
  ]);
  assertNear(wealths[5], 4.7289985104, 10);
});

test('without any pair there is no evidence, no mean, and every margin is possible', () => {
  assert.equal(logEvidence(below(0.01, share), []), 0);
  assert.equal(meanOf([]), undefined);
  assert.deepEqual(confidenceSequence([], difference, 0.05), [-1, 1]);
  assert.equal(pairsNeeded(below(0.01, share), [], 3), undefined);
});

const intervals: readonly (readonly [ValueCounts, Claim['range'], lower: number, upper: number])[] =
  [
    [
      [
        [0, 997],
        [1, 3],
      ],
      share,
      0.0001824426,
      0.0132100775,
    ],
    [
      [
        [0, 300],
        [1, 700],
      ],
      share,
      0.6515051344,
      0.7455451908,
    ],
    [
      [
        [-1, 5],
        [0, 9985],
        [1, 10],
      ],
      difference,
      -0.000902815,
      0.0020491258,
    ],
    [
      [
        [-1, 2],
        [0, 970],
        [1, 28],
      ],
      difference,
      0.0100425992,
      0.0471164005,
    ],
  ];

for (const [counts, range, lower, upper] of intervals) {
  test(`the confidence sequence is ${lower} to ${upper}`, () => {
    const [from, to] = confidenceSequence(counts, range, 0.05);
    assertNear(from, lower, 10);
    assertNear(to, upper, 10);
  });
}

const promotion = Math.log(1 / 0.05);
const rejection = Math.log(1 / 0.0125);

const plans: readonly (readonly [string, Claim, ValueCounts, number, pairs: number])[] = [
  ['no event, margin 0.1 %', below(0.001, share), [[0, 1]], promotion, 5711],
  ['no event, margin 0.2 %', below(0.002, share), [[0, 1]], promotion, 2853],
  ['no event, margin 0.5 %', below(0.005, share), [[0, 1]], promotion, 1141],
  ['no event, margin 1 %', below(0.01, share), [[0, 1]], promotion, 568],
  ['no event, margin 2 %', below(0.02, share), [[0, 1]], promotion, 283],
  ['0.2 % of events, margin 1 %', below(0.01, share), bernoulli(0.002), promotion, 1027],
  ['0.5 % of events, margin 1 %', below(0.01, share), bernoulli(0.005), promotion, 3045],
  ['0.8 % of events, margin 1 %', below(0.01, share), bernoulli(0.008), promotion, 21_074],
  ['equal arms, 0.1 % each way', below(0.005, difference), discordant(0.001), promotion, 1654],
  ['equal arms, 0.5 % each way', below(0.005, difference), discordant(0.005), promotion, 4083],
  ['every shadow call fails', above(0.005, difference), [[1, 1]], rejection, 11],
  ['a tenth of them fails', above(0.005, difference), bernoulli(0.1), rejection, 115],
  ['3 % differ, margin 1 %', above(0.01, share), bernoulli(0.03), rejection, 477],
];

for (const [title, claim, rates, threshold, printed] of plans) {
  test(`${title}: decided after about ${printed} pairs`, () => {
    const pairs = pairsNeeded(claim, rates, threshold)!;
    // The printed numbers were searched for in steps of up to a hundredth.
    assert.ok(pairs <= printed && pairs >= printed * 0.96, String(pairs));
    const after = (count: number) => rates.map(([value, rate]) => [value, rate * count] as const);
    assert.ok(logEvidence(claim, after(pairs)) >= threshold);
    assert.ok(logEvidence(claim, after(pairs - 1)) < threshold);
  });
}

test('what is at its margin or beyond it is never shown to be within', () => {
  assert.equal(pairsNeeded(below(0.01, share), bernoulli(0.01), promotion), undefined);
  assert.equal(pairsNeeded(below(0.01, share), bernoulli(0.02), promotion), undefined);
});

test('a margin at the end of its range still gives finite evidence', () => {
  for (const margin of [1, 0.99999]) {
    const lnE = logEvidence(below(margin, share), [
      [0, 10],
      [1, 10],
    ]);
    assert.ok(Number.isFinite(lnE), String(lnE));
  }
});

function bernoulli(rate: number): ValueCounts {
  return [
    [0, 1 - rate],
    [1, rate],
  ];
}

function discordant(eachWay: number): ValueCounts {
  return [
    [-1, eachWay],
    [0, 1 - 2 * eachWay],
    [1, eachWay],
  ];
}
