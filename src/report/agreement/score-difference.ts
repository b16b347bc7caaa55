/**
 * How far the scores of both sides are apart, from moments that are updated one score at a time (Welford,
 * Technometrics 4, 1962) and added over replicas (Chan, Golub and LeVeque, 1979). The differences have moments of
 * their own: taken from those of the two sides they would lose all digits when large scores differ by little.
 */

export interface ScoreDifference {
  /** Instances for which both sides have a score. */
  count: number;
  meanLive: number;
  meanShadow: number;
  /** Of shadow minus live. */
  meanDifference: number;
  /** Sums of squared distances from the means. */
  squaresLive: number;
  squaresShadow: number;
  squaresDifference: number;
  absoluteSum: number;
  maxAbsolute: number;
}

/** What is said of a side that has at least one score; standard deviations divide by n - 1 and need two. */
export interface ScoreStatistics {
  readonly count: number;
  /** Mean of shadow minus live. */
  readonly bias: number;
  readonly mae: number;
  readonly rmse: number;
  readonly maxDifference: number;
  /** s_d, of the differences. */
  readonly standardDeviation?: number;
  /** Bias ± 1.96 s_d (Bland and Altman, Lancet 327, 1986): where 95 % of normal differences lie. */
  readonly limitsOfAgreement?: { readonly low: number; readonly high: number };
  /** Undefined when both sides say one and the same score always. */
  readonly concordance?: number;
  readonly meanLive: number;
  readonly meanShadow: number;
  readonly standardDeviationLive?: number;
  readonly standardDeviationShadow?: number;
}

/** The factor that Bland and Altman print. */
const limitFactor = 1.96;

/** Squares of larger ones would leave the range of numbers. */
const maxScore = 1e100;

/** Without a score. */
export function emptyScoreDifference(): ScoreDifference {
  return {
    count: 0,
    meanLive: 0,
    meanShadow: 0,
    meanDifference: 0,
    squaresLive: 0,
    squaresShadow: 0,
    squaresDifference: 0,
    absoluteSum: 0,
    maxAbsolute: 0,
  };
}

/** Finite and at most 1e100 in size: others take no part in statistics. */
export function isUsableScore(score: number | undefined): score is number {
  return score !== undefined && Math.abs(score) <= maxScore;
}

/** Adds one prediction, unless a side has no usable score. */
export function addScores(
  state: ScoreDifference,
  live: number | undefined,
  shadow: number | undefined,
): void {
  if (!isUsableScore(live) || !isUsableScore(shadow)) return;
  const difference = shadow - live;
  mergeScoreDifference(state, {
    count: 1,
    meanLive: live,
    meanShadow: shadow,
    meanDifference: difference,
    squaresLive: 0,
    squaresShadow: 0,
    squaresDifference: 0,
    absoluteSum: Math.abs(difference),
    maxAbsolute: Math.abs(difference),
  });
}

/** Adds the scores of the other. */
export function mergeScoreDifference(
  into: ScoreDifference,
  other: Readonly<ScoreDifference>,
): void {
  if (other.count === 0) return;
  const count = into.count + other.count;
  const share = other.count / count;
  const weight = into.count * share;
  const live = other.meanLive - into.meanLive;
  const shadow = other.meanShadow - into.meanShadow;
  const difference = other.meanDifference - into.meanDifference;
  into.squaresLive += other.squaresLive + live * live * weight;
  into.squaresShadow += other.squaresShadow + shadow * shadow * weight;
  into.squaresDifference += other.squaresDifference + difference * difference * weight;
  into.meanLive += live * share;
  into.meanShadow += shadow * share;
  into.meanDifference += difference * share;
  into.count = count;
  into.absoluteSum += other.absoluteSum;
  into.maxAbsolute = Math.max(into.maxAbsolute, other.maxAbsolute);
}

/** Undefined without scores. */
export function scoreStatistics(state: Readonly<ScoreDifference>): ScoreStatistics | undefined {
  const { count, meanDifference: bias } = state;
  if (count === 0) return undefined;
  const standardDeviation = deviation(state.squaresDifference, count);
  const standardDeviationLive = deviation(state.squaresLive, count);
  const standardDeviationShadow = deviation(state.squaresShadow, count);
  const concordance = concordanceOf(state);
  return {
    count,
    bias,
    mae: state.absoluteSum / count,
    rmse: Math.sqrt(state.squaresDifference / count + bias * bias),
    maxDifference: state.maxAbsolute,
    ...(standardDeviation !== undefined && {
      standardDeviation,
      limitsOfAgreement: {
        low: bias - limitFactor * standardDeviation,
        high: bias + limitFactor * standardDeviation,
      },
    }),
    ...(concordance !== undefined && { concordance }),
    meanLive: state.meanLive,
    meanShadow: state.meanShadow,
    ...(standardDeviationLive !== undefined && { standardDeviationLive }),
    ...(standardDeviationShadow !== undefined && { standardDeviationShadow }),
  };
}

/**
 * Concordance correlation, 2 s_xy / (s_x² + s_y² + (x̄ - ȳ)²) with population moments (Lin, Biometrics 45, 1989),
 * written as 1 - E(y - x)² / (...), which is the same and keeps its digits near 1.
 */
function concordanceOf(state: Readonly<ScoreDifference>): number | undefined {
  const shift = state.count * state.meanDifference ** 2;
  const spread = state.squaresLive + state.squaresShadow + shift;
  return spread === 0 ? undefined : 1 - (state.squaresDifference + shift) / spread;
}

function deviation(squares: number, count: number): number | undefined {
  return count < 2 ? undefined : Math.sqrt(squares / (count - 1));
}
