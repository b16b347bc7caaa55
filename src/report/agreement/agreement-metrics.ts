/**
 * Agreement as rows for Prometheus. Counters are of the process and never fall; gauges are of the current experiment
 * and absent while unknown. Label values are routes, configured labels and segment values, and words of closed lists.
 */
import { labelStability, scoreStability, type Agreement } from './agreement.ts';
import type { RouteAgreement } from './agreement-recorder.ts';
import { cohensKappa, forEachCell } from './confusion-matrix.ts';
import { isHashed, type PredictionCounters } from './prediction-counters.ts';
import { shareOf } from './proportion.ts';
import { scoreStatistics } from './score-difference.ts';
import type { Segments } from './segments.ts';

/** What the rows are values of. */
export interface AgreementInstrument {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly description: string;
}

/** One value. */
export interface MetricRow {
  /** Of an instrument. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const predictions = 'twinspan_predictions_total';
const confusion = 'twinspan_confusion_total';
const scoreDifference = 'twinspan_prediction_score_difference';
const psi = 'twinspan_prediction_psi';
const psiNull95 = 'twinspan_prediction_psi_null95';
const kappa = 'twinspan_prediction_kappa';
const segmentAgreement = 'twinspan_segment_agreement';

/** All there are. Of a route the matrix may have 529 series, segments 400, the others at most 4. */
export const agreementInstruments: readonly AgreementInstrument[] = [
  {
    name: predictions,
    kind: 'counter',
    description: 'Predictions by whether live and shadow gave the same label',
  },
  {
    name: confusion,
    kind: 'counter',
    description: 'Predictions by the label of live and of the shadow, configured labels only',
  },
  {
    name: scoreDifference,
    kind: 'gauge',
    description: 'Scores of the shadow less those of live, in the current experiment',
  },
  {
    name: psi,
    kind: 'gauge',
    description: 'Population stability index between the predictions of live and shadow',
  },
  {
    name: psiNull95,
    kind: 'gauge',
    description: 'What the index exceeds in at most 5 % of the cases when nothing has changed',
  },
  {
    name: kappa,
    kind: 'gauge',
    description: "Cohen's kappa of the labels of live and shadow",
  },
  {
    name: segmentAgreement,
    kind: 'gauge',
    description:
      'Share of a segment that agrees: of its labels, or of its pairs where there are no labels',
  },
];

/**
 * @param counters of the process, by route
 * @param current what is known of the current experiment, by route
 */
export function agreementRows(
  counters: ReadonlyMap<string, PredictionCounters>,
  current: ReadonlyMap<string, RouteAgreement>,
): MetricRow[] {
  return [
    ...[...counters].flatMap(([route, counter]) => counterRows(route, counter)),
    ...[...current].flatMap(([route, { agreement, segments }]) => [
      ...(agreement === undefined ? [] : predictionRows(route, agreement)),
      ...segmentRows(route, segments),
    ]),
  ];
}

function counterRows(route: string, counters: PredictionCounters): MetricRow[] {
  const { agree, disagree, oneSided } = counters;
  const rows: MetricRow[] = [
    { name: predictions, labels: { route, agreement: 'agree' }, value: agree },
    { name: predictions, labels: { route, agreement: 'disagree' }, value: disagree },
    { name: predictions, labels: { route, agreement: 'one_sided' }, value: oneSided },
  ];
  forEachCell(counters.confusion, (live, shadow, value) =>
    rows.push({ name: confusion, labels: { route, live, shadow }, value }),
  );
  return rows;
}

function predictionRows(route: string, agreement: Agreement): MetricRow[] {
  const rows: MetricRow[] = [];
  const add = (name: string, labels: Readonly<Record<string, string>>, value?: number): void => {
    if (value !== undefined) rows.push({ name, labels, value });
  };
  const scores = scoreStatistics(agreement.scores);
  add(scoreDifference, { route, statistic: 'bias' }, scores?.bias);
  add(scoreDifference, { route, statistic: 'mae' }, scores?.mae);
  add(kappa, { route }, cohensKappa(agreement.confusion));
  for (const [distribution, stability] of [
    ['labels', labelStability(agreement)],
    ['scores', scoreStability(agreement)],
  ] as const) {
    add(psi, { route, distribution }, stability?.psi);
    add(psiNull95, { route, distribution }, stability?.null95);
  }
  return rows;
}

/** Listed values only: the others are hashes, or `~none` and `~other`. */
function segmentRows(route: string, segments: Segments): MetricRow[] {
  return segments.flatMap(({ key, values, counts }) =>
    values.flatMap((value, place) => {
      if (isHashed(value) || value.startsWith('~')) return [];
      const { labels, matches } = counts[place]!;
      const share = shareOf(labels) ?? shareOf(matches);
      if (share === undefined) return [];
      return [{ name: segmentAgreement, labels: { route, segment: key, value }, value: share }];
    }),
  );
}
