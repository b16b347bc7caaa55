/**
 * Makes the description of one route in one experiment out of its sums.
 */
import type {
  AgreementDescription,
  DescribedLabels,
  DescribedScores,
  DescribedSegment,
  DescribedShare,
  DescribedStability,
} from './agreement-description.ts';
import { labelStability, scoreStability, type Agreement } from './agreement.ts';
import type { RouteAgreement } from './agreement-recorder.ts';
import { cohensKappa, marginalHomogeneity, tableOf } from './confusion-matrix.ts';
import type { PopulationStability } from './population-stability.ts';
import { meanOf, type PredictionMeans } from './prediction-means.ts';
import { intervalOf, shareOf, type Proportion } from './proportion.ts';
import { scoreStatistics } from './score-difference.ts';
import { worstSegment, type Segment } from './segments.ts';

/** @param experiment id of the experiment, which the sums do not know */
export function describeAgreement(
  experiment: string,
  route: string,
  { agreement, segments }: Readonly<RouteAgreement>,
): AgreementDescription {
  const { agree, disagree, oneSided, unlabelled } = agreement?.predictions ?? noPredictions;
  const total = agree + disagree + oneSided + unlabelled;
  return {
    experiment,
    route,
    pairs: agreement?.pairs ?? 0,
    predictions: { total, agree, disagree, oneSided, unlabelled },
    labels: agreement === undefined ? null : describeLabels(agreement),
    scores: agreement === undefined ? null : describeScores(agreement),
    ...describeMeans(agreement?.means),
    segments: segments.flatMap(describeSegments),
    worstSegment: describeWorst(segments),
  };
}

const noPredictions = { agree: 0, disagree: 0, oneSided: 0, unlabelled: 0 };

function describeLabels(agreement: Agreement): DescribedLabels | null {
  if (agreement.labels.total === 0) return null;
  const confusion = tableOf(agreement.confusion);
  const test = marginalHomogeneity(agreement.confusion);
  return {
    agreement: describeShare(agreement.labels),
    kappa: rounded(cohensKappa(agreement.confusion)),
    confusion,
    marginalHomogeneity:
      test === undefined
        ? null
        : {
            test: confusion.labels.length === 2 ? 'mcnemar' : 'stuart_maxwell',
            statistic: round(test.statistic),
            degreesOfFreedom: test.degreesOfFreedom,
            pValue: round(test.pValue),
          },
    stability: describeStability(labelStability(agreement)),
  };
}

function describeScores(agreement: Agreement): DescribedScores | null {
  const statistics = scoreStatistics(agreement.scores);
  if (statistics === undefined) return null;
  const { limitsOfAgreement } = statistics;
  return {
    count: statistics.count,
    bias: round(statistics.bias),
    mae: round(statistics.mae),
    rmse: round(statistics.rmse),
    maxDifference: round(statistics.maxDifference),
    standardDeviation: rounded(statistics.standardDeviation),
    limitsOfAgreement:
      limitsOfAgreement === undefined
        ? null
        : { low: round(limitsOfAgreement.low), high: round(limitsOfAgreement.high) },
    concordance: rounded(statistics.concordance),
    live: {
      mean: round(statistics.meanLive),
      standardDeviation: rounded(statistics.standardDeviationLive),
    },
    shadow: {
      mean: round(statistics.meanShadow),
      standardDeviation: rounded(statistics.standardDeviationShadow),
    },
    stability: describeStability(scoreStability(agreement)),
  };
}

function describeMeans(
  means: PredictionMeans | undefined,
): Pick<AgreementDescription, 'ranking' | 'probabilities' | 'text'> {
  if (means === undefined) return { ranking: null, probabilities: null, text: null };
  const { topKOverlap, top1Agreement, textEqual } = means.sums;
  return {
    ranking:
      topKOverlap.pairs === 0
        ? null
        : { pairs: topKOverlap.pairs, topKOverlap: round(topKOverlap.sum / topKOverlap.pairs) },
    probabilities:
      top1Agreement.pairs === 0
        ? null
        : {
            pairs: top1Agreement.pairs,
            top1Agreement: rounded(meanOf(means, 'top1Agreement')),
            maxDifference: round(means.maxProbabilityDifference),
            jsdBits: rounded(meanOf(means, 'meanJsd')),
          },
    text:
      textEqual.pairs === 0
        ? null
        : {
            pairs: textEqual.pairs,
            equal: round(textEqual.sum / textEqual.pairs),
            tokenF1: rounded(meanOf(means, 'tokenF1')),
            similarity: rounded(meanOf(means, 'similarity')),
          },
  };
}

function describeSegments({ key, values, counts }: Segment): DescribedSegment[] {
  return values.flatMap((value, place) => {
    const { matches, labels, incomparable } = counts[place]!;
    const pairs = matches.pairs + incomparable;
    if (pairs === 0) return [];
    return [
      {
        key,
        value,
        pairs,
        incomparable,
        matches: describeShare(matches),
        labels: describeShare(labels),
      },
    ];
  });
}

function describeWorst(segments: readonly Segment[]): AgreementDescription['worstSegment'] {
  const worst = worstSegment(segments);
  if (worst === undefined) return null;
  const { interval, share, overall, ...named } = worst;
  return {
    ...named,
    share: round(share),
    low: round(interval.low),
    high: round(interval.high),
    overall: round(overall),
  };
}

function describeShare(proportion: Proportion): DescribedShare | null {
  const share = shareOf(proportion);
  const interval = intervalOf(proportion);
  if (share === undefined || interval === undefined) return null;
  return { share: round(share), low: round(interval.low), high: round(interval.high) };
}

function describeStability(stability: PopulationStability | undefined): DescribedStability | null {
  if (stability === undefined) return null;
  const { psi, null95, excess, bins } = stability;
  return { psi: round(psi), null95: round(null95), excess: round(excess), bins };
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : round(value);
}
