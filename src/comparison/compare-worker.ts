/**
 * The comparison on a thread of its own: what `offload.ts` starts. Rules are compiled here once a route, because
 * compiled ones cannot cross.
 */
import { messageOf } from '../base/errors.ts';
import { answerTasks } from '../base/worker.ts';
import { compare } from './compare.ts';
import type { Comparison } from './comparison.ts';
import { unpackPair, type PackedPair } from './packed-pair.ts';
import { compileRules, type RuleOptions, type Rules } from './rules.ts';

export interface CompareTask {
  readonly pair: PackedPair;
  /** The same number means the same options. */
  readonly rulesId: number;
  readonly options: RuleOptions;
}

export interface CompareAnswer {
  readonly comparison: Comparison;
  /** An error in the comparison itself, if there was one. */
  readonly trouble?: string;
}

/** Each reload brings rules with new numbers; the oldest are forgotten first. */
const maxCachedRules = 1000;
const compiled = new Map<number, Rules>();
let trouble: string | undefined;

answerTasks(({ pair, rulesId, options }: CompareTask): CompareAnswer => {
  trouble = undefined;
  const comparison = compare(unpackPair(pair), rulesOf(rulesId, options));
  return { comparison, ...(trouble !== undefined && { trouble }) };
});

function rulesOf(id: number, options: RuleOptions): Rules {
  const known = compiled.get(id);
  if (known !== undefined) return known;
  const rules = compileRules(options, (error) => {
    trouble = messageOf(error);
  });
  if (compiled.size >= maxCachedRules) {
    for (const oldest of compiled.keys()) {
      compiled.delete(oldest);
      break;
    }
  }
  compiled.set(id, rules);
  return rules;
}
