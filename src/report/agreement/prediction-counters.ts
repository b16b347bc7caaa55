/**
 * Predictions of one route since the process started, for counters, which never fall: they belong to no experiment and
 * are not restored. Metrics are read where no data of customers may be, so labels are named only when they are
 * configured, and only the first 20: of each route there are at most 23 x 23 cells.
 */
import type { PredictionComparison } from '../../comparison/prediction.ts';
import { otherName } from './bounded-names.ts';
import { addLabels, emptyConfusionMatrix, type ConfusionMatrix } from './confusion-matrix.ts';
import type { LabelAgreement } from './label-agreement.ts';

/** Totals of one route. */
export interface PredictionCounters {
  agree: number;
  disagree: number;
  oneSided: number;
  readonly confusion: ConfusionMatrix;
}

/** Labels that are known by a keyed hash alone. */
const hashedName = '~hashed';
const hashPrefix = 'h:';
const maxNamed = 20;

/** All 0. */
export function emptyPredictionCounters(): PredictionCounters {
  return { agree: 0, disagree: 0, oneSided: 0, confusion: emptyConfusionMatrix([]) };
}

/** Adds one pair. */
export function countPrediction(
  counters: PredictionCounters,
  prediction: PredictionComparison,
  labels: LabelAgreement,
  configuredLabels: readonly string[],
): void {
  counters.agree += labels.agree;
  counters.disagree += labels.disagree;
  counters.oneSided += labels.oneSided;
  const named = configuredLabels.slice(0, maxNamed);
  for (const { live, shadow, labelsAgree = false } of prediction.instances) {
    const liveName = metricName(live?.label, named);
    addLabels(counters.confusion, liveName, metricName(shadow?.label, named), labelsAgree);
  }
}

/** Whether a value of `Comparison.segments` or a label is a keyed hash. */
export function isHashed(name: string): boolean {
  return name.startsWith(hashPrefix);
}

function metricName(label: string | undefined, named: readonly string[]): string | undefined {
  if (label === undefined || named.includes(label)) return label;
  return isHashed(label) ? hashedName : otherName;
}
