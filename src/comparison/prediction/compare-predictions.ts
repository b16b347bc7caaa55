/**
 * How far the predictions of two answers agree, instance by instance and over all of them. What one side predicts and
 * the other does not counts as the opposite of agreement, so that a model that says nothing never looks good.
 */
import type { InstanceComparison, Prediction, PredictionComparison } from '../prediction.ts';
import type { Extracted, Extraction } from './extracted.ts';
import { LabelTally, type LabelNaming } from './label-tally.ts';
import { compareProbabilities } from './probabilities.ts';
import { topKOverlap } from './ranking.ts';
import { compareTexts, createEditBudget, type EditBudget } from './text-agreement.ts';

/** Instances that are kept in full; all are counted. */
const maxInstances = 100;

/** Undefined when neither side predicts anything. */
export function comparePredictions(
  live: Extraction,
  shadow: Extraction,
  naming: LabelNaming,
): PredictionComparison | undefined {
  const totals = createTotals();
  const labels = new LabelTally(naming);
  const budget = createEditBudget();
  const instances: InstanceComparison[] = [];
  const ones = live[Symbol.iterator]();
  const others = shadow[Symbol.iterator]();
  let count = 0;
  let understood = false;
  for (;;) {
    const one = ones.next();
    const other = others.next();
    if (one.done === true && other.done === true) break;
    count++;
    const here = one.done === true ? undefined : one.value;
    const there = other.done === true ? undefined : other.value;
    if (here !== undefined || there !== undefined) understood = true;
    if (here?.label !== undefined) labels.count(here.label, 'live');
    if (there?.label !== undefined) labels.count(there.label, 'shadow');
    const agreement = compareInstance(here, there, budget);
    add(totals, here, there, agreement);
    if (instances.length < maxInstances) {
      const shown = { live: shownOf(here, labels), shadow: shownOf(there, labels) };
      instances.push(
        Object.freeze({
          ...(shown.live && { live: shown.live }),
          ...(shown.shadow && { shadow: shown.shadow }),
          ...agreement,
        }),
      );
    }
  }
  if (!understood) return undefined;
  return Object.freeze({
    count,
    instances: Object.freeze(instances),
    ...conclude(totals),
    labels: labels.counts(),
  });
}

type Agreement = Omit<InstanceComparison, 'live' | 'shadow'>;

function compareInstance(
  live: Extracted | undefined,
  shadow: Extracted | undefined,
  budget: EditBudget,
): Agreement {
  if (live === undefined || shadow === undefined) return {};
  const probabilities =
    live.probabilities && shadow.probabilities
      ? compareProbabilities(live.probabilities, shadow.probabilities)
      : undefined;
  const both = (key: keyof Extracted): boolean =>
    live[key] !== undefined && shadow[key] !== undefined;
  return {
    ...(both('label') && {
      labelsAgree: live.label === shadow.label && live.calls === shadow.calls,
    }),
    ...(both('score') && { scoreDifference: finite(shadow.score! - live.score!) }),
    ...(both('ranking') && { topKOverlap: topKOverlap(live.ranking!, shadow.ranking!) }),
    ...(probabilities && { probabilities }),
    ...(both('text') && { text: compareTexts(live.text!, shadow.text!, budget) }),
  };
}

function shownOf(read: Extracted | undefined, labels: LabelTally): Prediction | undefined {
  if (read === undefined) return undefined;
  return Object.freeze({
    ...(read.label !== undefined && { label: labels.nameOf(read.label) }),
    ...(read.score !== undefined && { score: read.score }),
  });
}

interface Total {
  sum: number;
  count: number;
}

type Totals = ReturnType<typeof createTotals>;

function createTotals() {
  const total = (): Total => ({ sum: 0, count: 0 });
  return {
    labels: total(),
    difference: total(),
    distance: total(),
    maxDistance: 0,
    overlap: total(),
    top1: total(),
    maxProbability: { value: 0, count: 0 },
    jsd: total(),
    equal: total(),
    tokenF1: total(),
    similarity: total(),
  };
}

function add(
  totals: Totals,
  live: Extracted | undefined,
  shadow: Extracted | undefined,
  agreement: Agreement,
): void {
  const either = (key: keyof Extracted): boolean =>
    live?.[key] !== undefined || shadow?.[key] !== undefined;
  const { scoreDifference, probabilities, text } = agreement;
  if (either('label')) addTo(totals.labels, agreement.labelsAgree === true ? 1 : 0);
  if (scoreDifference !== undefined) {
    const distance = Math.abs(scoreDifference);
    addTo(totals.difference, scoreDifference);
    addTo(totals.distance, distance);
    totals.maxDistance = Math.max(totals.maxDistance, distance);
  }
  if (either('ranking')) addTo(totals.overlap, agreement.topKOverlap ?? 0);
  if (either('probabilities')) {
    addTo(totals.top1, probabilities?.top1Agree === true ? 1 : 0);
    addTo(totals.jsd, probabilities?.jsd ?? 1);
  }
  if (probabilities !== undefined) {
    const { value, count } = totals.maxProbability;
    totals.maxProbability = {
      value: Math.max(value, probabilities.maxDifference),
      count: count + 1,
    };
  }
  if (either('text')) {
    addTo(totals.equal, text?.equal === true ? 1 : 0);
    addTo(totals.tokenF1, text?.tokenF1 ?? 0);
    addTo(totals.similarity, text?.similarity ?? 0);
  }
}

function addTo(total: Total, value: number): void {
  total.sum = finite(total.sum + value);
  total.count++;
}

/** The sum of two finite numbers may be none. */
function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

function conclude(totals: Totals): Omit<PredictionComparison, 'count' | 'instances' | 'labels'> {
  return {
    ...mean('labelAgreement', totals.labels),
    ...mean('meanScoreDifference', totals.difference),
    ...mean('meanAbsoluteScoreDifference', totals.distance),
    ...(totals.distance.count > 0 && { maxScoreDifference: totals.maxDistance }),
    ...mean('topKOverlap', totals.overlap),
    ...mean('top1Agreement', totals.top1),
    ...(totals.maxProbability.count > 0 && {
      maxProbabilityDifference: totals.maxProbability.value,
    }),
    ...mean('meanJsd', totals.jsd),
    ...mean('textEqual', totals.equal),
    ...mean('tokenF1', totals.tokenF1),
    ...mean('similarity', totals.similarity),
  };
}

function mean<Name extends string>(
  name: Name,
  { sum, count }: Total,
): Partial<Record<Name, number>> {
  return count === 0 ? {} : ({ [name]: sum / count } as Record<Name, number>);
}
