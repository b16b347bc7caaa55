/** Verdicts of each state, made by the code under test from tallies of imagined services. */
import { judge, type Verdict, type VerdictState } from '../../src/verdict/verdict.ts';
import { entry, settingsWith, tallyOf } from './tallies.ts';

const day = 86_400_000;

/** What it takes to be in a state: so many pairs, so many of them with an error of the shadow, after so many days. */
const recipes: Readonly<Record<VerdictState, [pairs: number, errors: number, days: number]>> = {
  promote: [10_000, 0, 1],
  reject: [2000, 500, 1],
  hold: [100, 0, 8],
  collecting: [100, 0, 1],
};

export function verdictIn(state: VerdictState, scope: 'replica' | 'fleet' = 'replica'): Verdict {
  const [pairs, errors, days] = recipes[state];
  const settings = settingsWith({ latency: { threshold: { p95: 1, p99: 2 } } }, undefined, scope);
  const entries = Array.from({ length: pairs }, (_, index) =>
    index < errors
      ? ({ route: 'predict', at: 0, class: 'shadow_error_only', errors: 1, coverage: 0 } as const)
      : entry(),
  );
  const tally = tallyOf(entries, {
    slower: 0.1,
    thresholdMs: { p95: 1000, p99: 2000 },
    labels: () => [],
  });
  const verdict = judge({ active: [{ tally, recent: 0 }], settings, now: days * day });
  if (verdict.state !== state) throw new Error(`${verdict.state}: ${verdict.reason}`);
  return verdict;
}
