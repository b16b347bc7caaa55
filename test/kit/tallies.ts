/**
 * Tallies of imagined services for the tests of the verdict: pairs are drawn, counted by the code under test, and
 * judged. Everything is seeded, so a test that passes once passes always.
 */
import { countEntry, type CountSettings } from '../../src/report/tally/count.ts';
import type { TallyEntry } from '../../src/report/tally/entry.ts';
import { emptyTally, type Tally } from '../../src/report/tally.ts';
import {
  verdictSettings,
  type ConfiguredVerdict,
  type VerdictSettings,
} from '../../src/verdict/settings.ts';

export const experiment = {
  id: '0123456789abcdef',
  live: { name: 'model-v1', version: '1' },
  shadow: { name: 'model-v2', version: '2' },
};

export const defaultMargins = {
  errors: 0.005,
  contract: 0.001,
  mismatch: 0.01,
  latency_p95: 0.01,
  latency_p99: 0.005,
  prediction_drift: 0.02,
  quality: 0.01,
  coverage: 0.01,
};

export const countSettings: CountSettings = { slower: 0.1, thresholdMs: {}, labels: () => [] };

/** The settings of a configuration with one route, and ways to change it. */
export function settingsWith(
  verdict: Partial<ConfiguredVerdict['verdict']> = {},
  routes: ConfiguredVerdict['routes'] = [{ name: 'predict', verdict: { margins: {} } }],
  scope: 'replica' | 'fleet' = 'replica',
): VerdictSettings {
  return verdictSettings(
    {
      verdict: {
        mode: 'equivalence',
        alpha: 0.05,
        floor: { pairs: 1000, elapsed: 0 },
        horizon: 7 * 86_400_000,
        margins: defaultMargins,
        latency: {},
        ...verdict,
      },
      routes,
    },
    scope,
  );
}

/** A pair of equal, equally fast answers, and ways to change it. */
export function entry(overrides: Partial<TallyEntry> = {}): TallyEntry {
  return {
    route: 'predict',
    at: 0,
    class: 'equal',
    errors: 0,
    contract: 0,
    mismatch: 0,
    coverage: 0,
    liveMs: 10,
    shadowMs: 10,
    ...overrides,
  };
}

/** A tally of these entries. */
export function tallyOf(
  entries: Iterable<TallyEntry>,
  settings: CountSettings = countSettings,
): Tally {
  const tally = emptyTally(experiment);
  for (const each of entries) countEntry(tally, each, settings);
  return tally;
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a service and its shadow do; shares of requests. */
export interface Behaviour {
  /** Errors that each has by itself, and those that the shadow has beyond them. */
  readonly errors?: number;
  readonly moreErrors?: number;
  readonly mismatch?: number;
  readonly contract?: number;
  /** How many times as long the shadow takes. */
  readonly slower?: number;
}

/** Latencies are log-normal with sigma 0.6, those of a pair correlated by 0.7. */
export function drawPair(random: () => number, behaviour: Behaviour): TallyEntry {
  const { errors = 0.002, moreErrors = 0, mismatch = 0.002, contract = 0, slower = 1 } = behaviour;
  const liveError = random() < errors;
  const shadowError = random() < errors + moreErrors;
  const [one, other] = normals(random);
  const liveMs = 20 * Math.exp(0.6 * one);
  const shadowMs = 20 * slower * Math.exp(0.6 * (0.7 * one + Math.sqrt(1 - 0.49) * other));
  const common = { liveMs, shadowMs };
  if (liveError || shadowError) {
    const difference = Number(shadowError) - Number(liveError);
    const { contract: _contract, mismatch: _mismatch, ...rest } = entry(common);
    return {
      ...rest,
      class: difference === 0 ? 'both_error_equal' : 'shadow_error_only',
      errors: difference as -1 | 0 | 1,
    };
  }
  if (random() < contract)
    return entry({ ...common, class: 'contract_diff', contract: 1, mismatch: 1 });
  if (random() < mismatch) return entry({ ...common, class: 'value_diff', mismatch: 1 });
  return entry(common);
}

/** Two independent normal numbers (Box and Muller). */
function normals(random: () => number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  const angle = 2 * Math.PI * random();
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}
