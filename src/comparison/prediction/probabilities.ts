/**
 * Vectors of numbers: whether one is a distribution over classes, which class it favours, and how far two are apart.
 */
import type { ClassNames, Extracted, Probabilities } from './extracted.ts';

/** A sum of probabilities is off by the rounding of its addends. */
const maxSumError = 1e-3;

/** At least two numbers of [0, 1] whose sum is 1. */
export function isDistribution(values: readonly number[]): boolean {
  if (values.length < 2) return false;
  let sum = 0;
  for (const value of values) {
    if (!(value >= 0 && value <= 1)) return false;
    sum += value;
  }
  return Math.abs(sum - 1) <= maxSumError;
}

/**
 * A distribution gives probabilities, the label of the largest and that one as score; other numbers, such as logits,
 * give label and score only when the number of class names fits. `classes` are the names that the answer itself has.
 */
export function readVector(
  values: readonly number[],
  names: ClassNames,
  classes?: readonly string[],
): Extracted | undefined {
  const told = classes?.length === values.length ? classes : undefined;
  const configured = names.ordered.length === values.length ? names.ordered : undefined;
  const isProbability = isDistribution(values);
  if (values.length < 2 || (!isProbability && told === undefined && configured === undefined)) {
    return undefined;
  }
  const top = indexOfLargest(values);
  return {
    label: told?.[top] ?? configured?.[top] ?? String(top),
    score: values[top]!,
    ...(isProbability && { probabilities: { values, ...(told && { classes: told }) } }),
  };
}

export interface ProbabilityAgreement {
  readonly top1Agree: boolean;
  readonly maxDifference: number;
  readonly jsd: number;
}

/** Undefined when the two are not about the same classes. */
export function compareProbabilities(
  live: Probabilities,
  shadow: Probabilities,
): ProbabilityAgreement | undefined {
  const aligned = align(live, shadow);
  if (aligned === undefined) return undefined;
  let maxDifference = 0;
  for (const [index, value] of live.values.entries()) {
    maxDifference = Math.max(maxDifference, Math.abs(value - aligned[index]!));
  }
  return {
    top1Agree: indexOfLargest(live.values) === indexOfLargest(aligned),
    maxDifference,
    jsd: jensenShannon(live.values, aligned),
  };
}

/** The shadow's values in the order of live's classes. */
function align(live: Probabilities, shadow: Probabilities): readonly number[] | undefined {
  if (live.values.length !== shadow.values.length) return undefined;
  if (live.classes === undefined || shadow.classes === undefined) return shadow.values;
  if (live.classes.every((name, index) => name === shadow.classes![index])) return shadow.values;
  const byClass = new Map(shadow.classes.map((name, index) => [`"${name}`, shadow.values[index]!]));
  const aligned = live.classes.map((name) => byClass.get(`"${name}`));
  return byClass.size === aligned.length && aligned.every((value) => value !== undefined)
    ? aligned
    : undefined;
}

/** Jensen-Shannon divergence in bits, 0 to 1 (Lin 1991, IEEE Transactions on Information Theory 37(1)). */
export function jensenShannon(live: readonly number[], shadow: readonly number[]): number {
  const liveSum = sumOf(live);
  const shadowSum = sumOf(shadow);
  let one = 0;
  let other = 0;
  for (const [index, value] of live.entries()) {
    const p = value / liveSum;
    const q = shadow[index]! / shadowSum;
    const mean = (p + q) / 2;
    if (p > 0) one += p * Math.log2(p / mean);
    if (q > 0) other += q * Math.log2(q / mean);
  }
  return Math.min(1, Math.max(0, (one + other) / 2));
}

function sumOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** The first one of those that are equal. */
function indexOfLargest(values: readonly number[]): number {
  let largest = 0;
  for (let index = 1; index < values.length; index++) {
    if (values[index]! > values[largest]!) largest = index;
  }
  return largest;
}
