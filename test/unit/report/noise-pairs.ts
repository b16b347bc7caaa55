/** Pairs for the counts of noise, and the report of what was counted. */
import type { Comparison, Difference } from '../../../src/comparison/comparison.ts';
import { Noise, type ComparedPair } from '../../../src/report/noise.ts';
import type { CompareRules, RouteNoise, RouteRules } from '../../../src/report/noise-report.ts';
import {
  answer,
  comparison,
  difference,
  duplicate,
  exchange,
} from '../telemetry/finished-pairs.ts';

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
