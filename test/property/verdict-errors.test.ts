/**
 * How often the verdict is wrong, and how soon it is right: a thousand imagined services, each looked at after every
 * hundred pairs. Seeded, so the shares are the same in every run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { countEntry } from '../../src/report/tally/count.ts';
import { emptyTally } from '../../src/report/tally.ts';
import { decide, type Decision } from '../../src/verdict/decision.ts';
import {
  countSettings,
  drawPair,
  experiment,
  seeded,
  settingsWith,
  type Behaviour,
} from '../kit/tallies.ts';
import {
  alpha,
  askingReplicas,
  atMargin,
  everPromotes,
  gates,
  mostOf,
  promotedAtMargin,
  promotedByReplicas,
} from '../kit/verdict-runs.ts';

for (const gate of gates) {
  test(`a shadow at the margin of ${gate} is promoted in no larger share of runs than alpha`, () => {
    const promoted = promotedAtMargin(gate);
    assert.ok(promoted / atMargin.runs <= mostOf(atMargin.runs), `${promoted}`);
  });
}

test('a shadow well within its margin is promoted in every run, so that the shares above mean something', () => {
  for (let run = 1; run <= 30; run += 1) {
    const random = seeded(run * 7919);
    assert.ok(everPromotes('mismatch', () => Number(random() < 0.003)));
  }
});

test('traffic that changes, with the margin as its mean, deceives no more often', () => {
  const runs = 150;
  const waves: readonly ((pair: number) => number)[] = [
    (pair) => (Math.floor(pair / 50) % 2 === 0 ? 0.02 : 0),
    (pair) => 0.01 * (1 + Math.sin((2 * Math.PI * pair) / 1000)),
  ];
  for (const rate of waves) {
    let promoted = 0;
    for (let run = 1; run <= runs; run += 1) {
      const random = seeded(run * 104_729);
      promoted += Number(everPromotes('mismatch', (pair) => Number(random() < rate(pair))));
    }
    assert.ok(promoted / runs <= mostOf(runs), `${promoted} of ${runs}`);
  }
});

/** Judges whole pairs after every hundred, and says when and how it was decided. */
function decidedAfter(behaviour: Behaviour, seed: number, most: number) {
  const random = seeded(seed);
  const tally = emptyTally(experiment);
  const learning = settingsWith({ alpha });
  for (let pair = 1; pair <= most; pair += 1) {
    countEntry(tally, drawPair(random, behaviour), countSettings);
    if (pair % 100 !== 0) continue;
    const decision = decide(tally, learning, 1000);
    if (decision.state === 'promote' || decision.state === 'reject') return { decision, pair };
  }
  return { decision: decide(tally, learning, 1000), pair: most };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)]!;
}

const faults: readonly (readonly [string, Behaviour, gate: string, pairs: number])[] = [
  ['2 pp more errors', { moreErrors: 0.02 }, 'errors', 900],
  ['1.3 times the latency', { slower: 1.3 }, 'latency_p95', 1300],
  ['3 % of answers that differ', { mismatch: 0.03 }, 'mismatch', 500],
  ['1 % of broken contracts', { contract: 0.01 }, 'contract', 500],
];

for (const [title, behaviour, gate, predicted] of faults) {
  test(`${title} reject within the order of ${predicted} pairs`, () => {
    const runs = Array.from({ length: 9 }, (_, run) => decidedAfter(behaviour, run + 1, 20_000));
    for (const { decision } of runs) assert.equal(failedGate(decision), gate);
    const pairs = median(runs.map(({ pair }) => pair));
    assert.ok(pairs >= predicted / 4 && pairs <= predicted * 4, String(pairs));
  });
}

test('a service that is its own shadow is promoted after about 5,800 pairs, and never rejected', () => {
  const runs = Array.from({ length: 8 }, (_, run) => decidedAfter({}, run + 1, 12_000));
  for (const { decision } of runs) assert.equal(decision.state, 'promote');
  // What a broken contract in a thousand takes to be excluded, when there is none.
  assert.ok(median(runs.map(({ pair }) => pair)) <= 6500);
});

function failedGate(decision: Decision): string | undefined {
  return decision.state === 'reject' ? decision.gate?.id : decision.state;
}

test('asking twenty replicas and taking any yes promotes many times as often as the judge of the fleet', () => {
  const { runs } = askingReplicas;
  const { any, fleet } = promotedByReplicas();
  assert.ok(fleet / runs <= mostOf(runs), `the fleet's judge ${fleet} of ${runs}`);
  assert.ok(any / runs >= 3 * alpha, `any of twenty ${any} of ${runs}`);
});
