/**
 * The population stability index of two distributions, with what it would be if nothing had changed: the usual cuts
 * of 0.1 and 0.25 mean nothing without the number of observations (Yurdakul and Naranjo, Statistical properties of the
 * population stability index, Journal of Risk Model Validation).
 */
import { chiSquareQuantile } from './chi-square.ts';

/** The index and what to hold it against. */
export interface PopulationStability {
  /** Sum of (p - q) ln(p / q). */
  readonly psi: number;
  /**
   * Exceeded in 5 % of the cases when both sides draw from one distribution: the chi-square quantile at bins - 1
   * degrees of freedom times (1/n + 1/m). Live and shadow see the same requests, so that they are more alike than two
   * independent draws and it is exceeded less often.
   */
  readonly null95: number;
  /** `psi` less its mean without a change, (bins - 1)(1/n + 1/m). */
  readonly excess: number;
  /** Bins that either side has used. */
  readonly bins: number;
  readonly live: number;
  readonly shadow: number;
}

/** A bin that one side never used counts as half an observation there: the index would be infinite. */
const emptyBinCount = 0.5;

/**
 * @param live counts by bin
 * @param shadow counts by the same bins
 * @returns undefined when a side has no observation
 */
export function populationStability(
  live: readonly number[],
  shadow: readonly number[],
): PopulationStability | undefined {
  const liveTotal = sum(live);
  const shadowTotal = sum(shadow);
  if (liveTotal === 0 || shadowTotal === 0) return undefined;
  let psi = 0;
  let bins = 0;
  live.forEach((count, bin) => {
    const other = shadow[bin] ?? 0;
    if (count === 0 && other === 0) return;
    bins += 1;
    const p = (count || emptyBinCount) / liveTotal;
    const q = (other || emptyBinCount) / shadowTotal;
    psi += (p - q) * Math.log(p / q);
  });
  const spread = 1 / liveTotal + 1 / shadowTotal;
  return {
    psi,
    null95: chiSquareQuantile(0.95, bins - 1) * spread,
    excess: psi - (bins - 1) * spread,
    bins,
    live: liveTotal,
    shadow: shadowTotal,
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
