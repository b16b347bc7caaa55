/**
 * Agreement as `/v1/agreement` serves it: every key is there, null is what is not known, numbers have six digits.
 * Intervals and p values hold at one look; the verdict decides by evidence that may be looked at all the time.
 */
import type { Interval } from './proportion.ts';
import type { SegmentMeasure } from './segments.ts';

/** A share with its 95 % interval. */
export interface DescribedShare {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

export interface DescribedStability {
  readonly psi: number;
  /** Exceeded in at most 5 % of the cases when nothing has changed. */
  readonly null95: number;
  readonly excess: number;
  readonly bins: number;
}

export interface DescribedLabels {
  readonly agreement: DescribedShare | null;
  readonly kappa: number | null;
  /** `counts[live][shadow]`, rows and columns as in `labels`. */
  readonly confusion: {
    readonly labels: readonly string[];
    readonly counts: readonly (readonly number[])[];
  };
  /** Whether both sides give each label equally often; null without a disagreement. */
  readonly marginalHomogeneity: {
    readonly test: 'mcnemar' | 'stuart_maxwell';
    readonly statistic: number;
    readonly degreesOfFreedom: number;
    readonly pValue: number;
  } | null;
  /** Of the shares of the labels. */
  readonly stability: DescribedStability | null;
}

export interface DescribedScores {
  readonly count: number;
  /** Mean of shadow minus live. */
  readonly bias: number;
  readonly mae: number;
  readonly rmse: number;
  readonly maxDifference: number;
  readonly standardDeviation: number | null;
  readonly limitsOfAgreement: Interval | null;
  /** Lin's concordance correlation coefficient. */
  readonly concordance: number | null;
  readonly live: { readonly mean: number; readonly standardDeviation: number | null };
  readonly shadow: { readonly mean: number; readonly standardDeviation: number | null };
  /** Of the scores in at most 10 bins, about equally full over both sides. */
  readonly stability: DescribedStability | null;
}

export interface DescribedSegment {
  readonly key: string;
  readonly value: string;
  readonly pairs: number;
  readonly incomparable: number;
  readonly matches: DescribedShare | null;
  readonly labels: DescribedShare | null;
}

/** One route in one experiment. */
export interface AgreementDescription {
  readonly experiment: string;
  readonly route: string;
  /** Pairs in which at least one side predicted. */
  readonly pairs: number;
  readonly predictions: {
    readonly total: number;
    readonly agree: number;
    readonly disagree: number;
    readonly oneSided: number;
    readonly unlabelled: number;
  };
  readonly labels: DescribedLabels | null;
  readonly scores: DescribedScores | null;
  readonly ranking: { readonly pairs: number; readonly topKOverlap: number } | null;
  readonly probabilities: {
    readonly pairs: number;
    readonly top1Agreement: number | null;
    readonly maxDifference: number;
    /** Mean Jensen-Shannon divergence, base 2. */
    readonly jsdBits: number | null;
  } | null;
  readonly text: {
    readonly pairs: number;
    readonly equal: number;
    readonly tokenF1: number | null;
    readonly similarity: number | null;
  } | null;
  readonly segments: readonly DescribedSegment[];
  readonly worstSegment:
    | (DescribedShare & {
        readonly key: string;
        readonly value: string;
        readonly measure: SegmentMeasure;
        readonly pairs: number;
        readonly overall: number;
        /** Below the overall share even when one allows for having looked at all segments. */
        readonly standsOut: boolean;
      })
    | null;
}
