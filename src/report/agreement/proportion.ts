/**
 * A share of predictions with an interval, from sums that add up over pairs and replicas. The predictions of one
 * request are no independent observations, so the interval is Wilson's (1927) at the effective sample size of
 * cluster sampling (Kish, Survey Sampling, 1965, section 8.2; for Wilson's interval: Korn and Graubard, Survey
 * Methodology 24, 1998). With one prediction a request it is the plain Wilson interval. For display only: it holds
 * at one look, not for somebody who looks until it pleases.
 */
import { chiSquareQuantile } from './chi-square.ts';

/** Sums over pairs; m is the number of predictions of a pair, a how many of them agree. */
export interface Proportion {
  pairs: number;
  /** Sum of m. */
  total: number;
  /** Sum of a. */
  agreeing: number;
  /** Sum of m². */
  totalSquares: number;
  /** Sum of m a. */
  products: number;
  /** Sum of a². */
  agreeingSquares: number;
}

/** Ends of an interval, both of it. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** z² of a 95 % interval. */
const squaredZ95 = chiSquareQuantile(0.95, 1);

/** Fewer pairs do not show how alike the predictions of one request are; they are then taken as quite alike. */
const minPairsForVariance = 30;

/** Without a pair. */
export function emptyProportion(): Proportion {
  return { pairs: 0, total: 0, agreeing: 0, totalSquares: 0, products: 0, agreeingSquares: 0 };
}

/** Adds one pair. */
export function addPair(proportion: Proportion, agreeing: number, total: number): void {
  if (total === 0) return;
  proportion.pairs += 1;
  proportion.total += total;
  proportion.agreeing += agreeing;
  proportion.totalSquares += total * total;
  proportion.products += total * agreeing;
  proportion.agreeingSquares += agreeing * agreeing;
}

/** Adds the pairs of the other. */
export function mergeProportion(into: Proportion, other: Readonly<Proportion>): void {
  into.pairs += other.pairs;
  into.total += other.total;
  into.agreeing += other.agreeing;
  into.totalSquares += other.totalSquares;
  into.products += other.products;
  into.agreeingSquares += other.agreeingSquares;
}

/** Undefined without predictions. */
export function shareOf({ agreeing, total }: Readonly<Proportion>): number | undefined {
  return total === 0 ? undefined : agreeing / total;
}

/**
 * A 95 % interval; undefined without predictions.
 * @param comparisons how many intervals are looked at: all of them together then hold with 95 % (Bonferroni)
 */
export function intervalOf(
  proportion: Readonly<Proportion>,
  comparisons = 1,
): Interval | undefined {
  const share = shareOf(proportion);
  if (share === undefined) return undefined;
  const squaredZ = comparisons === 1 ? squaredZ95 : chiSquareQuantile(1 - 0.05 / comparisons, 1);
  return wilsonInterval(share, effectiveSize(proportion, share), squaredZ);
}

/** (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), Wilson 1927; `size` need not be whole. */
export function wilsonInterval(share: number, size: number, squaredZ = squaredZ95): Interval {
  const middle = share + squaredZ / (2 * size);
  const half = Math.sqrt(squaredZ * ((share * (1 - share)) / size + squaredZ / (4 * size * size)));
  const scale = 1 + squaredZ / size;
  // Rounding may carry an end past the share when that is 0 or 1.
  return {
    low: share === 0 ? 0 : Math.max(0, (middle - half) / scale),
    high: share === 1 ? 1 : Math.min(1, (middle + half) / scale),
  };
}

/** The size of a simple random sample that says as much: total / design effect. */
function effectiveSize(proportion: Readonly<Proportion>, share: number): number {
  const { pairs, total, totalSquares, products, agreeingSquares } = proportion;
  const variance = total * share * (1 - share);
  if (variance === 0 || pairs < minPairsForVariance) return (total * total) / totalSquares;
  const between = agreeingSquares - 2 * share * products + share * share * totalSquares;
  return total / Math.max(1, between / variance);
}
