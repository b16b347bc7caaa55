/**
 * How often live said one label and the shadow another, with what follows from it: Cohen's kappa and the test
 * whether both predict each label equally often. Labels are bounded: the configured ones, then the first seen, the
 * rest `~other`; a side without a label is `~none`.
 */
import { boundedNames, noName, otherName, placeOf } from './bounded-names.ts';
import { chiSquareSurvival } from './chi-square.ts';

/** Counts of predictions, plain data. */
export interface ConfusionMatrix {
  /** Names of rows and columns, the pools first. */
  readonly labels: string[];
  /** `counts[live][shadow]`; a row or a cell that is not there is 0. */
  readonly counts: number[][];
  total: number;
  /** Labels that agree; less than the diagonal where those in the pool, or more than the labels, differ. */
  equal: number;
}

/** Of the test whether both sides give each label equally often. */
export interface MarginalHomogeneity {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  readonly pValue: number;
}

const pools = [otherName, noName];

/** @param configured labels that have their places from the start, at most the first 50 of them */
export function emptyConfusionMatrix(configured: readonly string[]): ConfusionMatrix {
  return { labels: boundedNames(pools, configured), counts: [], total: 0, equal: 0 };
}

/**
 * Adds one prediction; undefined is a side without a label, and two of them are no prediction of a label.
 * @param equal what the comparison says, which sees more than the labels that are shown
 */
export function addLabels(
  matrix: ConfusionMatrix,
  live: string | undefined,
  shadow: string | undefined,
  equal: boolean,
): void {
  if (live === undefined && shadow === undefined) return;
  addCount(matrix, live ?? noName, shadow ?? noName, 1);
  matrix.total += 1;
  if (equal) matrix.equal += 1;
}

/** Adds by label. */
export function mergeConfusionMatrix(
  into: ConfusionMatrix,
  other: Readonly<ConfusionMatrix>,
): void {
  // In the order of their places, so that the merged matrix names the labels which the first one saw first.
  for (const label of other.labels) placeOf(into.labels, label, pools.length);
  forEachCell(other, (live, shadow, count) => addCount(into, live, shadow, count));
  into.total += other.total;
  into.equal += other.equal;
}

/** Visits the cells that are not 0. */
export function forEachCell(
  { labels, counts }: Readonly<ConfusionMatrix>,
  visit: (live: string, shadow: string, count: number) => void,
): void {
  counts.forEach((row, live) =>
    row.forEach((count, shadow) => {
      if (count > 0) visit(labels[live]!, labels[shadow]!, count);
    }),
  );
}

/** The labels that were seen, pools last, with their counts as a square. */
export function tableOf(matrix: Readonly<ConfusionMatrix>): {
  readonly labels: readonly string[];
  readonly counts: readonly (readonly number[])[];
} {
  const { labels } = matrix;
  const places = [...labels.keys()]
    .filter((place) => rowTotal(matrix, place) + columnTotal(matrix, place) > 0)
    .toSorted((a, b) => Number(a < pools.length) - Number(b < pools.length) || a - b);
  return {
    labels: places.map((place) => labels[place]!),
    counts: places.map((live) => places.map((shadow) => countAt(matrix, live, shadow))),
  };
}

/**
 * Cohen's kappa, (p_o - p_e) / (1 - p_e) (Cohen, Educational and Psychological Measurement 20, 1960). Pooled labels
 * count as one in p_e alone, so that it is never too high. Undefined when chance alone would make all labels equal.
 */
export function cohensKappa(matrix: Readonly<ConfusionMatrix>): number | undefined {
  const { labels, total, equal } = matrix;
  let chance = 0;
  for (const place of labels.keys()) {
    chance += (rowTotal(matrix, place) / total) * (columnTotal(matrix, place) / total);
  }
  if (total === 0 || chance >= 1) return undefined;
  return (equal / total - chance) / (1 - chance);
}

/**
 * The Stuart-Maxwell test (Stuart, Biometrika 42, 1955; Maxwell, British Journal of Psychiatry 116, 1970), which with
 * two labels is McNemar's (Psychometrika 12, 1947, without correction): d' V^-1 d, d the differences of the marginal
 * counts. Undefined without a disagreement. For display: its p value holds at one look.
 *
 * V is the Laplacian of the graph whose edges are the disagreements between two labels. Elimination that takes each
 * pivot as the sum of the remaining edges (Grassmann, Taksar and Heyman, Operations Research 33, 1985) subtracts
 * nothing, so a label that no disagreement connects to the others has the pivot 0 exactly and costs no degree.
 */
export function marginalHomogeneity(
  matrix: Readonly<ConfusionMatrix>,
): MarginalHomogeneity | undefined {
  const places = [...matrix.labels.keys()];
  const difference = places.map((place) => rowTotal(matrix, place) - columnTotal(matrix, place));
  const edges = places.map((a) =>
    places.map((b) => (a === b ? 0 : countAt(matrix, a, b) + countAt(matrix, b, a))),
  );
  let statistic = 0;
  let degreesOfFreedom = 0;
  for (const place of places) {
    const row = edges[place]!;
    const rest = places.slice(place + 1);
    const pivot = rest.reduce((sum, other) => sum + row[other]!, 0);
    if (pivot === 0) continue;
    degreesOfFreedom += 1;
    statistic += difference[place]! ** 2 / pivot;
    for (const other of rest) {
      const share = row[other]! / pivot;
      difference[other]! += difference[place]! * share;
      for (const third of rest) if (third !== other) edges[other]![third]! += share * row[third]!;
    }
  }
  if (degreesOfFreedom === 0) return undefined;
  const pValue = chiSquareSurvival(statistic, degreesOfFreedom);
  return { statistic, degreesOfFreedom, pValue };
}

function addCount(matrix: ConfusionMatrix, live: string, shadow: string, count: number): void {
  const livePlace = placeOf(matrix.labels, live, pools.length);
  const shadowPlace = placeOf(matrix.labels, shadow, pools.length);
  // Filled up to the place: a hole in an array would come back from JSON as null.
  while (matrix.counts.length <= livePlace) matrix.counts.push([]);
  const row = matrix.counts[livePlace]!;
  while (row.length <= shadowPlace) row.push(0);
  row[shadowPlace]! += count;
}

function countAt({ counts }: Readonly<ConfusionMatrix>, live: number, shadow: number): number {
  return counts[live]?.[shadow] ?? 0;
}

function rowTotal({ counts }: Readonly<ConfusionMatrix>, place: number): number {
  return counts[place]?.reduce((sum, count) => sum + count, 0) ?? 0;
}

function columnTotal({ counts }: Readonly<ConfusionMatrix>, place: number): number {
  return counts.reduce((sum, row) => sum + (row[place] ?? 0), 0);
}
