/**
 * Means of what has no table: rankings, probabilities, texts. Each pair counts once, with the mean over its instances,
 * since the predictions of one request are no independent observations.
 */
import type { PredictionComparison } from '../../comparison/prediction.ts';

const measures = [
  'topKOverlap',
  'top1Agreement',
  'meanJsd',
  'textEqual',
  'tokenF1',
  'similarity',
] as const;

/** What has a mean: fields of `PredictionComparison`, 0 to 1 each. */
export type Measure = (typeof measures)[number];

/** Plain data. */
export interface PredictionMeans {
  /** Sums of the means of pairs. */
  readonly sums: Record<Measure, { pairs: number; sum: number }>;
  /** The largest of all pairs; 0 before the first. */
  maxProbabilityDifference: number;
}

/** Without a pair. */
export function emptyPredictionMeans(): PredictionMeans {
  return {
    sums: {
      topKOverlap: { pairs: 0, sum: 0 },
      top1Agreement: { pairs: 0, sum: 0 },
      meanJsd: { pairs: 0, sum: 0 },
      textEqual: { pairs: 0, sum: 0 },
      tokenF1: { pairs: 0, sum: 0 },
      similarity: { pairs: 0, sum: 0 },
    },
    maxProbabilityDifference: 0,
  };
}

/** Adds one pair. */
export function addPredictionMeans(means: PredictionMeans, prediction: PredictionComparison): void {
  for (const measure of measures) {
    const value = prediction[measure];
    if (value === undefined) continue;
    means.sums[measure].pairs += 1;
    means.sums[measure].sum += value;
  }
  means.maxProbabilityDifference = Math.max(
    means.maxProbabilityDifference,
    prediction.maxProbabilityDifference ?? 0,
  );
}

/** Adds the pairs of the other. */
export function mergePredictionMeans(
  into: PredictionMeans,
  other: Readonly<PredictionMeans>,
): void {
  for (const measure of measures) {
    into.sums[measure].pairs += other.sums[measure].pairs;
    into.sums[measure].sum += other.sums[measure].sum;
  }
  into.maxProbabilityDifference = Math.max(
    into.maxProbabilityDifference,
    other.maxProbabilityDifference,
  );
}

/** Undefined when no pair has the thing. */
export function meanOf({ sums }: Readonly<PredictionMeans>, measure: Measure): number | undefined {
  const { pairs, sum } = sums[measure];
  return pairs === 0 ? undefined : sum / pairs;
}
