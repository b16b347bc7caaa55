/**
 * How far live and shadow predict the same on one route in one experiment: sums that take O(1) a prediction, are plain
 * data for JSON, add up over replicas and restarts whatever the split, and are bounded. What people read of them is in
 * `describe-agreement.ts`.
 */
import type { PredictionComparison } from '../../comparison/prediction.ts';
import {
  addLabels,
  emptyConfusionMatrix,
  mergeConfusionMatrix,
  type ConfusionMatrix,
} from './confusion-matrix.ts';
import { addLabelAgreement, type LabelAgreement, type LabelCounts } from './label-agreement.ts';
import {
  addLabelCounts,
  emptyLabelShares,
  mergeLabelShares,
  type LabelShares,
} from './label-shares.ts';
import { populationStability, type PopulationStability } from './population-stability.ts';
import {
  addPredictionMeans,
  emptyPredictionMeans,
  mergePredictionMeans,
  type PredictionMeans,
} from './prediction-means.ts';
import { emptyProportion, mergeProportion, type Proportion } from './proportion.ts';
import {
  addScores,
  emptyScoreDifference,
  mergeScoreDifference,
  type ScoreDifference,
} from './score-difference.ts';
import {
  addToHistogram,
  emptyScoreHistogram,
  equalGroups,
  mergeScoreHistogram,
  type ScoreHistogram,
} from './score-histogram.ts';

/** Sums, plain data. */
export interface Agreement {
  /** Pairs in which at least one side predicted. */
  pairs: number;
  readonly predictions: { -readonly [kind in keyof LabelCounts]: number };
  /** Labels that agree, among the predictions with a label on either side. */
  readonly labels: Proportion;
  /** Of the instances that the comparison lists, as are the scores. */
  readonly confusion: ConfusionMatrix;
  readonly labelShares: LabelShares;
  readonly scores: ScoreDifference;
  readonly scoreHistogram: ScoreHistogram;
  readonly means: PredictionMeans;
}

/** Bins of credit scoring, where the index comes from. */
const scoreBins = 10;

/** @param configuredLabels `prediction.labels` of the route */
export function emptyAgreement(configuredLabels: readonly string[]): Agreement {
  return {
    pairs: 0,
    predictions: { agree: 0, disagree: 0, oneSided: 0, unlabelled: 0 },
    labels: emptyProportion(),
    confusion: emptyConfusionMatrix(configuredLabels),
    labelShares: emptyLabelShares(configuredLabels),
    scores: emptyScoreDifference(),
    scoreHistogram: emptyScoreHistogram(),
    means: emptyPredictionMeans(),
  };
}

/** Adds one pair. */
export function addPrediction(
  agreement: Agreement,
  prediction: PredictionComparison,
  labels: LabelAgreement,
): void {
  agreement.pairs += 1;
  addCounts(agreement.predictions, labels);
  addLabelAgreement(agreement.labels, labels);
  for (const { live, shadow, labelsAgree = false } of prediction.instances) {
    addLabels(agreement.confusion, live?.label, shadow?.label, labelsAgree);
    addScores(agreement.scores, live?.score, shadow?.score);
    addToHistogram(agreement.scoreHistogram, live?.score, shadow?.score);
  }
  addLabelCounts(agreement.labelShares, prediction.labels);
  addPredictionMeans(agreement.means, prediction);
}

/** Adds another replica or a former run, whose labels and buckets need not be the same. */
export function mergeAgreement(into: Agreement, other: Readonly<Agreement>): void {
  into.pairs += other.pairs;
  addCounts(into.predictions, other.predictions);
  mergeProportion(into.labels, other.labels);
  mergeConfusionMatrix(into.confusion, other.confusion);
  mergeLabelShares(into.labelShares, other.labelShares);
  mergeScoreDifference(into.scores, other.scores);
  mergeScoreHistogram(into.scoreHistogram, other.scoreHistogram);
  mergePredictionMeans(into.means, other.means);
}

/** Of the labels; undefined when a side gave none. */
export function labelStability({
  labelShares,
}: Readonly<Agreement>): PopulationStability | undefined {
  return populationStability(labelShares.live, labelShares.shadow);
}

/** Of the scores; undefined when a side gave none. */
export function scoreStability({
  scoreHistogram,
}: Readonly<Agreement>): PopulationStability | undefined {
  const { live, shadow } = equalGroups(scoreHistogram, scoreBins);
  return populationStability(live, shadow);
}

function addCounts(into: Agreement['predictions'], other: LabelCounts): void {
  into.agree += other.agree;
  into.disagree += other.disagree;
  into.oneSided += other.oneSided;
  into.unlabelled += other.unlabelled;
}
