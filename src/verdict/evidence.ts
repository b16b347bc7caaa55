/**
 * The kernel of every gate: how strongly counts speak for the claim that a mean lies below (or above) a margin. A
 * mixture of twelve fixed bets gives evidence that may be looked at after every pair, under traffic that changes, and
 * depends on counts alone, so that it adds over replicas and restarts and anybody can recompute it.
 *
 * Why it holds: were the running mean of the values at the margin or beyond it, the wealth of each bet would be at
 * most a nonnegative martingale that starts at 1, so by Ville's inequality it ever reaches 1/alpha with probability
 * at most alpha. The bets must not depend on the values: they follow from margin and range alone.
 */

export interface Claim {
  /** `below`: the mean is smaller than the margin; `above`: it is larger. */
  readonly direction: 'below' | 'above';
  readonly margin: number;
  /** The least and the largest value that one pair can have. */
  readonly range: readonly [least: number, largest: number];
}

/** How often each value occurred. Counts may be fractions: a value between two others can be split among them. */
export type ValueCounts = readonly (readonly [value: number, count: number])[];

const bets = 12;
/** Where a margin is the end of its range any bet is safe; this one is large enough. */
const leastRoom = 1e-9;
/** Of an interval's end, and how many steps it may take to get there. */
const precision = 1e-12;
const maxSteps = 60;
/** More pairs than any experiment will see. */
const maxPairs = 1e12;

/** The twelve shares of the wealth that are bet on each pair, evenly spaced on a logarithmic scale. */
export function betsOf({ direction, margin, range: [least, largest] }: Claim): number[] {
  const room = Math.max(leastRoom, direction === 'below' ? largest - margin : margin - least);
  const most = 0.9 / room;
  const fewest = Math.min(0.02 * most, 0.2);
  return Array.from(
    { length: bets },
    (_, index) => fewest * (most / fewest) ** (index / (bets - 1)),
  );
}

/** Natural logarithm of what each bet has made of 1. */
export function logWealths(claim: Claim, counts: ValueCounts): number[] {
  const { direction, margin } = claim;
  const sign = direction === 'below' ? 1 : -1;
  return betsOf(claim).map((bet) => {
    let wealth = 0;
    for (const [value, count] of counts)
      wealth += count * Math.log1p(bet * sign * (margin - value));
    return wealth;
  });
}

/** `lnE` of the claim: at `ln(1/alpha)` it is shown. 0 without any pair. */
export function logEvidence(claim: Claim, counts: ValueCounts): number {
  return logMean(logWealths(claim, counts));
}

/** Mean of the values; undefined without any. */
export function meanOf(counts: ValueCounts): number | undefined {
  const pairs = totalOf(counts);
  if (pairs === 0) return undefined;
  return counts.reduce((sum, [value, count]) => sum + value * count, 0) / pairs;
}

export function totalOf(counts: ValueCounts): number {
  return counts.reduce((sum, [, count]) => sum + count, 0);
}

/**
 * All margins that neither claim has shown to be wrong, each at `alpha / 2`: an interval that holds the mean with
 * probability `1 - alpha` at all times at once. It assumes that the mean is stable. The whole range without any pair.
 */
export function confidenceSequence(
  counts: ValueCounts,
  range: readonly [least: number, largest: number],
  alpha: number,
): [lower: number, upper: number] {
  const [least, largest] = range;
  const mean = meanOf(counts);
  if (mean === undefined) return [least, largest];
  const threshold = Math.log(2 / alpha);
  // Evidence grows about with the square of the distance from the mean, so its root is nearly a straight line.
  const excess = (direction: Claim['direction'], margin: number): number => {
    const evidence = logEvidence({ direction, margin, range }, counts);
    return Math.sign(evidence) * Math.sqrt(Math.abs(evidence)) - Math.sqrt(threshold);
  };
  return [
    borderOf(least, mean, (margin) => excess('above', margin)),
    borderOf(largest, mean, (margin) => excess('below', margin)),
  ];
}

/**
 * Pairs in all until `claim` is shown with `lnE >= threshold`, were all pairs as those of `counts` on average.
 * Undefined when that never happens.
 */
export function pairsNeeded(
  claim: Claim,
  counts: ValueCounts,
  threshold: number,
): number | undefined {
  const total = totalOf(counts);
  if (total === 0) return undefined;
  const growth = logWealths(claim, counts).map((wealth) => wealth / total);
  const isShown = (pairs: number): boolean =>
    logMean(growth.map((each) => each * pairs)) >= threshold;
  if (!isShown(maxPairs)) return undefined;
  // The logarithm of a mean of exponentials is convex, and 0 at 0: once reached, the threshold stays so.
  let few = 0;
  let enough = maxPairs;
  while (enough - few > 1) {
    const middle = Math.floor((few + enough) / 2);
    if (isShown(middle)) enough = middle;
    else few = middle;
  }
  return enough;
}

/** Logarithm of the mean of the numbers whose logarithms these are. */
function logMean(logarithms: readonly number[]): number {
  const largest = Math.max(...logarithms);
  const sum = logarithms.reduce((total, each) => total + Math.exp(each - largest), 0);
  return largest + Math.log(sum / logarithms.length);
}

/**
 * Where `excess` changes its sign on the way from `outer`, near which it may be positive, to `inner`, where it is not;
 * `outer` when it is nowhere positive. By the secant with the Illinois rule (Dowell and Jarratt, BIT 11 (1971), 168-174),
 * since a bisection needs five times as many steps.
 */
function borderOf(outer: number, inner: number, excess: (margin: number) => number): number {
  if (outer === inner || excess(outer) < 0) return outer;
  let inside = inner;
  let insideExcess = excess(inner);
  let outside = outer;
  let outsideExcess: number;
  // Far out the evidence is all but straight.
  do {
    outside = (outside + inside) / 2;
    outsideExcess = excess(outside);
    if (outsideExcess < 0) [inside, insideExcess, outside] = [outside, outsideExcess, outer];
  } while (outsideExcess < 0);
  let kept: 'inside' | 'outside' | undefined;
  for (let step = 0; step < maxSteps && Math.abs(outside - inside) > precision; step += 1) {
    const share = outsideExcess / (outsideExcess - insideExcess);
    const margin = outside + share * (inside - outside);
    const found = excess(margin);
    if (Math.abs(margin - (found < 0 ? inside : outside)) < precision) return margin;
    if (found < 0) {
      [inside, insideExcess] = [margin, found];
      // An end that stays twice counts half, or the other one would only creep towards the root.
      if (kept === 'outside') outsideExcess /= 2;
      kept = 'outside';
    } else {
      [outside, outsideExcess] = [margin, found];
      if (kept === 'inside') insideExcess /= 2;
      kept = 'inside';
    }
  }
  return inside;
}
