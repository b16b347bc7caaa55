/** Comparisons with predictions as the comparison hands them over, for tests of what reads them. */
import type { Comparison } from '../../src/comparison/comparison.ts';
import type {
  InstanceComparison,
  Prediction,
  PredictionComparison,
} from '../../src/comparison/prediction.ts';

const maxListed = 100;

/** One instance; what both sides have is compared. */
export function instanceOf(
  live: Prediction | undefined,
  shadow: Prediction | undefined,
): InstanceComparison {
  return {
    ...(live !== undefined && { live }),
    ...(shadow !== undefined && { shadow }),
    ...(live?.label !== undefined &&
      shadow?.label !== undefined && { labelsAgree: live.label === shadow.label }),
    ...(live?.score !== undefined &&
      shadow?.score !== undefined && { scoreDifference: shadow.score - live.score }),
  };
}

/** A pair with these instances and nothing but labels and scores, plus `more`. */
export function predictionOf(
  instances: readonly InstanceComparison[],
  more: Partial<PredictionComparison> = {},
): PredictionComparison {
  const labels: Record<string, { live: number; shadow: number }> = {};
  for (const instance of instances) {
    for (const side of ['live', 'shadow'] as const) {
      const label = instance[side]?.label;
      if (label !== undefined) (labels[label] ??= { live: 0, shadow: 0 })[side] += 1;
    }
  }
  const labelled = instances.filter(({ live, shadow }) => live?.label ?? shadow?.label);
  const agreeing = labelled.filter(({ labelsAgree }) => labelsAgree === true);
  return {
    count: instances.length,
    instances: instances.slice(0, maxListed),
    ...(labelled.length > 0 && { labelAgreement: agreeing.length / labelled.length }),
    labels,
    ...more,
  };
}

/** A pair whose answers have one label each. */
export function labelPair(live: string | undefined, shadow: string | undefined) {
  const side = (label: string | undefined) => (label === undefined ? undefined : { label });
  return predictionOf([instanceOf(side(live), side(shadow))]);
}

/** A pair whose answers have one score each. */
export function scorePair(live: number | undefined, shadow: number | undefined) {
  const side = (score: number | undefined) => (score === undefined ? undefined : { score });
  return predictionOf([instanceOf(side(live), side(shadow))]);
}

export function comparisonOf(more: Partial<Comparison> = {}): Comparison {
  const result = more.result ?? 'match';
  return {
    result,
    contract: false,
    differs: { status: false, headers: false, body: result === 'mismatch' },
    differences: [],
    differenceCount: 0,
    ignored: [],
    ignoredCount: 0,
    ...more,
  };
}

/** Equal to the last digit that is printed in a table. */
export function printedDigits(value: number | undefined, digits: number): number | undefined {
  return value === undefined ? undefined : Number(value.toFixed(digits));
}
