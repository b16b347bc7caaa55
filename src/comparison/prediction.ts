/**
 * What two answers predict and how far they agree, for each instance of a batch: the noun that people who judge
 * models read. It holds labels and numbers, never a text of a body: a label is in clear only when the configuration
 * lists it or the route shows values.
 */

/** Stands for the labels beyond those that are told apart. */
export const otherLabels = '~other';

/** One prediction as it may leave the process. */
export interface Prediction {
  /** In clear, or `h:` and a keyed hash that is equal for equal labels; at most 64 characters. */
  readonly label?: string;
  /** Always finite. */
  readonly score?: number;
}

/** The predictions of both sides for one instance of the request. */
export interface InstanceComparison {
  /** Absent: that side has no prediction here. */
  readonly live?: Prediction;
  readonly shadow?: Prediction;
  /** Only when both have a label; of a chat, whether the functions to be called are the same as well. */
  readonly labelsAgree?: boolean;
  /** Shadow minus live; only when both have a score. */
  readonly scoreDifference?: number;
  /** Share of the first k items that both rankings have, 0 to 1, k being at most 10; only when both have a ranking. */
  readonly topKOverlap?: number;
  /** Only when both have probabilities of the same classes. */
  readonly probabilities?: {
    readonly top1Agree: boolean;
    /** The largest |p - q| of a class. */
    readonly maxDifference: number;
    /** Jensen-Shannon divergence in bits, 0 to 1. */
    readonly jsd: number;
  };
  /** Only when both have a text. */
  readonly text?: {
    /** Equal but for Unicode composition and white space. */
    readonly equal: boolean;
    /** F1 of the words that both have, 0 to 1. */
    readonly tokenF1: number;
    /** 0 to 1. */
    readonly similarity: number;
  };
}

/**
 * Means are over all instances of which either side has the thing, undefined when there are none. What one side lacks is
 * the opposite of agreement: 0, and of the divergence 1. Differences of scores and probabilities are over the instances
 * in which both sides have them.
 */
export interface PredictionComparison {
  /** Instances: the larger number of both sides. */
  readonly count: number;
  /** The first 100. */
  readonly instances: readonly InstanceComparison[];
  /** Share of the instances whose labels agree. */
  readonly labelAgreement?: number;
  /** Shadow minus live. */
  readonly meanScoreDifference?: number;
  readonly meanAbsoluteScoreDifference?: number;
  /** The largest distance. */
  readonly maxScoreDifference?: number;
  readonly topKOverlap?: number;
  readonly top1Agreement?: number;
  readonly maxProbabilityDifference?: number;
  readonly meanJsd?: number;
  /** Share of the instances whose texts are equal. */
  readonly textEqual?: number;
  readonly tokenF1?: number;
  readonly similarity?: number;
  /** How often each label was predicted, for 100 distinct labels; the others are counted as `~other`. */
  readonly labels: Readonly<Record<string, { readonly live: number; readonly shadow: number }>>;
}
