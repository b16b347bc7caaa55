/**
 * Imagined services that are judged again and again, for the tests that tell how often a verdict is wrong. Seeded, so the
 * shares are the same in every run.
 */
import { mergeTallies } from '../../src/report/tally/merge.ts';
import {
  addValue,
  emptyTally,
  labelCell,
  otherLabelsCell,
  routeTally,
  type Tally,
} from '../../src/report/tally.ts';
import { decide } from '../../src/verdict/decision.ts';
import type { VerdictSettings } from '../../src/verdict/settings.ts';
import { defaultMargins, experiment, seeded, settingsWith } from './tallies.ts';

export const alpha = 0.05;
/** Runs at each margin, how often each is looked at, and pairs between two looks. */
export const atMargin = { runs: 150, looks: 150, pairs: 100 } as const;
/** The same for replicas that are asked one by one. */
export const askingReplicas = { runs: 60, looks: 30, replicas: 20 } as const;

/** Of so many runs a share of alpha, and three standard errors. */
export function mostOf(runs: number): number {
  return alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / runs);
}

export const gates = [
  'errors',
  'contract',
  'mismatch',
  'latency_p95',
  'latency_p99',
  'prediction_drift',
  'quality',
  'coverage',
] as const;
type Gate = (typeof gates)[number];

/** One gate alone, so that nothing but it can keep a shadow from being promoted. */
function only(gate: Gate): VerdictSettings {
  const predicts = gate === 'prediction_drift' || gate === 'quality';
  const settings = settingsWith(
    {
      alpha,
      mode: predicts ? 'noninferior' : 'equivalence',
      margins: { [gate]: defaultMargins[gate] },
      latency: { threshold: { p95: 1, p99: 1 } },
    },
    [
      {
        name: 'predict',
        ...(predicts && { prediction: { labels: ['a', 'b'] } }),
        verdict: { margins: {} },
      },
    ],
  );
  // A floor only ever delays a promotion; without it the share is the largest.
  return { ...settings, floor: { pairs: 0, elapsedMs: 0 } };
}

/** Adds a hundred pairs of which `draw` gives the values of a gate, and nothing else speaks against. */
function addHundred(tally: Tally, gate: Gate, draw: () => number): void {
  const route = routeTally(tally, 'predict');
  let [more, less] = [0, 0];
  for (let pair = 0; pair < atMargin.pairs; pair += 1) {
    const value = draw();
    if (value > 0) more += 1;
    else if (value < 0) less += 1;
  }
  const add = (cell: string, ups: number, downs: number): void => {
    addValue(route, cell, 1, ups);
    addValue(route, cell, -1, downs);
    addValue(route, cell, 0, atMargin.pairs - ups - downs);
  };
  if (gate === 'prediction_drift') {
    // What is predicted more often takes from another label.
    add(labelCell('a'), more, less);
    add(labelCell('b'), less, more);
    add(otherLabelsCell, 0, 0);
  } else add(gate, more, less);
  // Whatever is counted of two answers is counted in errors as well.
  if (gate !== 'errors') addValue(route, 'errors', 0, atMargin.pairs);
}

/** Whether it ever promotes when looked at after every hundred pairs. */
export function everPromotes(gate: Gate, draw: (pair: number) => number): boolean {
  const tally = emptyTally(experiment);
  const settings = only(gate);
  let pair = 0;
  for (let look = 0; look < atMargin.looks; look += 1) {
    addHundred(tally, gate, () => draw(pair++));
    if (decide(tally, settings, 1).state === 'promote') return true;
  }
  return false;
}

/** Gates whose values are 0 and 1; those of the others are differences. */
const shares = new Set<Gate>(['contract', 'mismatch', 'coverage']);

/** Of the runs, how many ever promote a shadow that is just at the margin of a gate. */
export function promotedAtMargin(gate: Gate): number {
  const margin = defaultMargins[gate];
  const isDifference = !shares.has(gate);
  // What both sides do by themselves; the shadow does as much as the margin on top of it.
  const own = isDifference ? 2 * margin : 0;
  let promoted = 0;
  for (let run = 1; run <= atMargin.runs; run += 1) {
    const random = seeded(run * 7919);
    const draw = () => Number(random() < own + margin) - Number(isDifference && random() < own);
    promoted += Number(everPromotes(gate, draw));
  }
  return promoted;
}

/** A shadow at the margin of `mismatch`: runs in which any replica ever says yes, and in which the sum of all does. */
export function promotedByReplicas(): { any: number; fleet: number } {
  const settings = only('mismatch');
  const promoted = { any: 0, fleet: 0 };
  for (let run = 1; run <= askingReplicas.runs; run += 1) {
    const random = seeded(run * 15_485_863);
    const draw = () => Number(random() < defaultMargins.mismatch);
    const replicas = Array.from({ length: askingReplicas.replicas }, () => emptyTally(experiment));
    let any = false;
    let fleet = false;
    for (let look = 0; look < askingReplicas.looks; look += 1) {
      for (const replica of replicas) {
        addHundred(replica, 'mismatch', draw);
        any ||= decide(replica, settings, 1).state === 'promote';
      }
      fleet ||= decide(replicas.reduce(mergeTallies), settings, 1).state === 'promote';
    }
    promoted.any += Number(any);
    promoted.fleet += Number(fleet);
  }
  return promoted;
}
