/**
 * The chi-square distribution with a whole number of degrees of freedom, by the regularised incomplete gamma
 * function Q(a, x): a power series (DLMF 8.7.1) below its mean, a continued fraction (DLMF 8.9.2, evaluated by
 * Lentz's method) above it, so that small tail probabilities keep their digits. About 14 digits, for reports.
 */

const precision = 1e-16;
const maxTerms = 10_000;

/** Probability of a value above `x`; 1 for 0 degrees of freedom or x = 0. */
export function chiSquareSurvival(x: number, degreesOfFreedom: number): number {
  if (x <= 0 || degreesOfFreedom === 0) return 1;
  const shape = degreesOfFreedom / 2;
  const half = x / 2;
  const scale = Math.exp(shape * Math.log(half) - half - logGammaOfHalf(degreesOfFreedom));
  return half < shape + 1
    ? Math.max(0, 1 - scale * lowerSeries(shape, half))
    : scale * upperFraction(shape, half);
}

/**
 * The value that is exceeded with probability 1 - `probability`.
 * @param probability 0 to below 1
 */
export function chiSquareQuantile(probability: number, degreesOfFreedom: number): number {
  if (probability <= 0 || degreesOfFreedom === 0) return 0;
  const tail = 1 - probability;
  let low = 0;
  let high = degreesOfFreedom + 1;
  while (chiSquareSurvival(high, degreesOfFreedom) > tail) high *= 2;
  // Halving until no number lies between: the function falls strictly, and nobody waits for a report.
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (chiSquareSurvival(middle, degreesOfFreedom) > tail) low = middle;
    else high = middle;
  }
}

/** Sum of x^n / (a (a+1) ... (a+n)). */
function lowerSeries(shape: number, x: number): number {
  let term = 1 / shape;
  let sum = term;
  for (let index = 1; index < maxTerms && term > sum * precision; index += 1) {
    term *= x / (shape + index);
    sum += term;
  }
  return sum;
}

/** 1 / (x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...))). */
function upperFraction(shape: number, x: number): number {
  let partial = x + 1 - shape;
  let numerator = Infinity;
  let denominator = 1 / partial;
  let value = denominator;
  for (let index = 1; index < maxTerms; index += 1) {
    const coefficient = -index * (index - shape);
    partial += 2;
    denominator = 1 / (coefficient * denominator + partial);
    numerator = partial + coefficient / numerator;
    const factor = numerator * denominator;
    value *= factor;
    if (Math.abs(factor - 1) <= precision * 4) break;
  }
  return value;
}

/** ln Γ(n/2), exact but for rounding: Γ(1) = 1, Γ(1/2) = √π, and Γ(a+1) = a Γ(a). */
function logGammaOfHalf(count: number): number {
  let logarithm = count % 2 === 0 ? 0 : Math.log(Math.PI) / 2;
  for (let twice = count % 2 === 0 ? 2 : 1; twice < count; twice += 2) {
    logarithm += Math.log(twice / 2);
  }
  return logarithm;
}
