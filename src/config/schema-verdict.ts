/**
 * Schema of the verdict: when the shadow may be promoted, and how sure one must be.
 */
import { atStart, choice, duration, integer, positive, section } from './fields.ts';

/** Share of pairs at which each gate closes, in the order of the report. */
const defaultMargins = {
  errors: 0.005,
  contract: 0.001,
  mismatch: 0.01,
  latency_p95: 0.01,
  latency_p99: 0.005,
  prediction_drift: 0.02,
  quality: 0.01,
  coverage: 0.01,
} as const;

type Gate = keyof typeof defaultMargins;

const meanings: Readonly<Record<Gate, string>> = {
  errors: 'Errors of the shadow beyond those of live.',
  contract: 'Answers whose status class, content type, keys or types differ.',
  mismatch: 'Answers that differ.',
  latency_p95: 'Answers slower than the slow end of live, at p95.',
  latency_p99: 'The same at p99.',
  prediction_drift:
    'Change in how often each label is predicted (the first ten of `prediction.labels` one by one, the others together; without a list the ten most frequent). Of scores, 0.02 is a change by a twentieth of their standard deviation. Only in mode noninferior.',
  quality: 'Correct predictions lost, where true labels are known.',
  coverage: 'Exchanges that were sampled and gave no usable pair.',
};

/** null: the gate is off. */
const margin = () => positive(1).nullable().meta({ values: 'above 0, at most 1, or null for off' });

/** A key that is not there leaves the margin of `verdict.margins` as it is. */
export const marginOverrides = section(
  mapGates((gate) =>
    margin()
      .exactOptional()
      .meta({ ...atStart(meanings[gate]), default: `verdict.margins.${gate}` }),
  ),
)
  .prefault({})
  .meta(atStart('Margins of this route, where they are not those of `verdict.margins`.'));

const margins = section({
  ...mapGates((gate) => margin().prefault(defaultMargins[gate]).meta(atStart(meanings[gate]))),
  mismatch: margin()
    .exactOptional()
    .meta({ ...atStart(meanings.mismatch), default: '0.01, always null in mode noninferior' }),
})
  .prefault({})
  .meta(atStart('Shares of pairs that a gate tolerates; null switches it off.'));

const seconds = () => positive(3600).exactOptional();

export const verdict = section({
  mode: choice(['equivalence', 'noninferior'])
    .exactOptional()
    .meta({
      ...atStart(
        'What is to be shown: that the answers are the same (a refactoring, a new runtime), or that a new model is not worse. Must be said when a route has `prediction`.',
      ),
      default: 'equivalence',
    }),
  floor: section({
    pairs: integer(1, 1_000_000_000)
      .prefault(1000)
      .meta(atStart('Comparable pairs of each gating route before a promotion.')),
    elapsed: duration('0s', '365d')
      .prefault('24h')
      .meta(atStart('Age of the experiment before a promotion; a day holds a daily cycle.')),
  })
    .prefault({})
    .meta(atStart('What must be there before any promotion.')),
  horizon: duration('1s', '365d')
    .prefault('7d')
    .meta(atStart('Age at which an experiment without a decision is put on hold.')),
  alpha: positive(0.5)
    // What is above 0.5 has been told already.
    .refine((chance) => chance !== 0.5, { error: 'must be a number, above 0 and below 0.5' })
    .meta({ values: 'above 0, below 0.5' })
    .prefault(0.05)
    .meta(
      atStart(
        'Chance of promoting a shadow that is at a margin or beyond it, at the first attempt.',
      ),
    ),
  attempt: integer(1, 1000)
    .exactOptional()
    .meta({
      ...atStart('Which attempt with these two versions this is; later ones must be surer.'),
      default: 'counted in the store, else 1',
    }),
  margins,
  latency: section({
    slower: positive(10)
      .prefault(0.1)
      .meta(atStart('How much slower than live counts as an exceedance, as a share.')),
    threshold: section({
      p95: seconds().meta(atStart('Seconds that stand for the slow end of live at p95.')),
      p99: seconds().meta(atStart('Seconds that stand for the slow end of live at p99.')),
    })
      .exactOptional()
      .meta(
        atStart(
          'Fixed bounds, instead of those of the first 500 live answers. The judge of a whole fleet needs them: without, its latency gates stay open.',
        ),
      ),
  })
    .prefault({})
    .meta(atStart('What the latency gates count.')),
})
  .prefault({})
  .meta(atStart('When the shadow may be promoted.'));

/**
 * A new model answers differently by design: in mode noninferior the mismatch gate is off, and only a route's
 * own margin switches it on.
 */
export function resolveMismatchMargin(
  mode: 'equivalence' | 'noninferior',
  stated: number | null | undefined,
): number | null {
  if (mode === 'noninferior') return null;
  return stated === undefined ? defaultMargins.mismatch : stated;
}

function mapGates<Value>(make: (gate: Gate) => Value): Record<Gate, Value> {
  const gates = Object.keys(defaultMargins) as Gate[];
  return Object.fromEntries(gates.map((gate) => [gate, make(gate)])) as Record<Gate, Value>;
}
