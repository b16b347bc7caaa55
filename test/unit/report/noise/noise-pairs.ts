/** Pairs for the counts of noise, and the report of what was counted. */
import assert from 'node:assert/strict';

import type { Comparison, Difference } from '../../../../src/comparison/comparison.ts';
import { Noise, type ComparedPair } from '../../../../src/report/noise/noise.ts';
import type { Proposal } from '../../../../src/report/noise/proposal.ts';
import { proposeRules } from '../../../../src/report/noise/proposals.ts';
import type { CompareRules, RouteNoise, RouteRules } from '../../../../src/report/noise/report.ts';
import {
  answer,
  comparison,
  difference,
  duplicate,
  exchange,
} from '../../telemetry/finished-pairs.ts';

export const compareDefaults: CompareRules = {
  ignore: [],
  unordered: [],
  keyed: {},
  tolerance: { relative: 0, absolute: 0, paths: {} },
  nullEqualsMissing: [],
  normalize: { timestamp: [], uuid: [], lowercase: [], trim: [] },
  headers: ['content-type', 'location'],
  conditional: 'skip',
  show: 'pointers',
};

export function at(group: string, over: Partial<Difference> = {}): Difference {
  return difference({ group, pointer: group.replaceAll('*', '0'), ...over });
}

export function pair(
  target: 'shadow' | 'control',
  differences: readonly Difference[] = [],
  over: Partial<Comparison> = {},
): ComparedPair {
  return {
    exchange: exchange(),
    shadow: answer({ duplicate: duplicate(target) }),
    comparison: comparison({ differences, ...over }),
  };
}

export function rulesOfRoute(
  compare: Partial<CompareRules> = {},
  prediction?: RouteRules['prediction'],
): RouteRules {
  return { name: 'predict', compare: { ...compareDefaults, ...compare }, prediction };
}

/** So many pairs of each target with the differences that are drawn for each. */
export function noiseOf(
  sides: {
    readonly control?: readonly [pairs: number, draw: (index: number) => readonly Difference[]];
    readonly shadow?: readonly [pairs: number, draw: (index: number) => readonly Difference[]];
  },
  route: RouteRules = rulesOfRoute(),
): RouteNoise {
  const noise = new Noise(() => 0);
  for (const target of ['control', 'shadow'] as const) {
    const [pairs, draw] = sides[target] ?? [0, () => []];
    for (let index = 0; index < pairs; index += 1) noise.add(pair(target, draw(index)));
  }
  return noise.report([route]).routes[0]!;
}

export type Draw = (index: number) => readonly Difference[];

/** What `draw` gives in 100 pairs with the control, and nothing in 100 with the shadow. */
export function byControl(draw: Draw, route?: RouteRules): RouteNoise {
  return noiseOf({ control: [100, draw], shadow: [100, () => []] }, route);
}

/** What `draw` gives in 100 pairs with the shadow, without a control. */
export function byShadow(draw: Draw, route?: RouteRules): RouteNoise {
  return noiseOf({ shadow: [100, draw] }, route);
}

export function rulesFor(noise: RouteNoise): string[] {
  return proposeRules(noise, 30).proposals.map((proposal) => {
    const bounds = proposal.rule === 'tolerance' ? ` ${proposal.relative}` : '';
    return `${proposal.rule} ${proposal.place}${bounds}`;
  });
}

export function only(noise: RouteNoise): Proposal {
  const { proposals } = proposeRules(noise, 30);
  assert.equal(proposals.length, 1, JSON.stringify(proposals));
  return proposals[0]!;
}

/** The items of an array of two, whose values stand at the place of the other. */
export function swapped(group: string, values: readonly string[] = ['h:1', 'h:2']): Difference[] {
  return values.map((value, index) =>
    at(group, {
      pointer: group.replace('*', String(index)),
      digests: {
        live: { type: 'string', length: 4, hash: value },
        shadow: { type: 'string', length: 4, hash: values.at(-1 - index)! },
      },
    }),
  );
}
