/**
 * Agreement as aligned lines for people, at most 100 columns wide: the confusion matrix with its largest labels, then
 * a line a number. What is not known is left out.
 */
import type {
  AgreementDescription,
  DescribedLabels,
  DescribedShare,
  DescribedStability,
} from './agreement-description.ts';
import { otherName } from './bounded-names.ts';

const maxColumns = 100;
const maxLabelWidth = 16;
const indent = '  ';
const corner = 'live \\ shadow';
const nameWidth = 22;

/** The lines without a title; none when there is nothing to say. */
export function agreementLines(description: AgreementDescription): string[] {
  const { labels } = description;
  return [
    ...(labels === null ? [] : [...labelLines(description, labels), '']),
    ...scoreLines(description),
    ...meanLines(description),
    ...worstLines(description),
  ].map((line) => line.trimEnd());
}

/** Rows live, columns shadow; labels for which there is no room are one, which keeps all sums. */
export function confusionLines({ labels, counts }: DescribedLabels['confusion']): string[] {
  const { names, table } = narrowed(labels, counts);
  const rowWidth = Math.max(corner.length, ...names.map((name) => name.length));
  const width = columnWidth(names, table);
  const cells = (texts: readonly string[]): string =>
    texts.map((text) => text.padStart(width)).join('');
  return [
    `${indent}${corner.padEnd(rowWidth)}${cells(names)}`,
    ...table.map(
      (row, place) => `${indent}${names[place]!.padEnd(rowWidth)}${cells(row.map(formatCount))}`,
    ),
  ];
}

function labelLines(
  { predictions, pairs }: AgreementDescription,
  { agreement, kappa, confusion, marginalHomogeneity, stability }: DescribedLabels,
): string[] {
  const lines = [
    `${indent}${formatCount(predictions.total)} predictions in ${formatCount(pairs)} pairs`,
    '',
    ...confusionLines(confusion),
    '',
  ];
  if (agreement !== null) lines.push(line('labels agree', formatShare(agreement)));
  if (predictions.oneSided > 0) {
    lines.push(line('only one side', `${formatCount(predictions.oneSided)} predictions`));
  }
  if (kappa !== null) lines.push(line("Cohen's kappa", formatNumber(kappa)));
  if (marginalHomogeneity !== null) {
    const { test, statistic, degreesOfFreedom, pValue } = marginalHomogeneity;
    lines.push(
      line(
        test === 'mcnemar' ? 'McNemar' : 'Stuart-Maxwell',
        `${formatNumber(statistic)}   df ${degreesOfFreedom}   p ${formatProbability(pValue)}`,
      ),
    );
  }
  if (stability !== null) lines.push(line('PSI of labels', formatStability(stability)));
  return lines;
}

function scoreLines({ scores }: AgreementDescription): string[] {
  if (scores === null) return [];
  const { bias, mae, rmse, standardDeviation, limitsOfAgreement, concordance, stability } = scores;
  const lines = [
    line('scores', `${formatCount(scores.count)} on both sides`),
    line(
      'shadow less live',
      `bias ${formatNumber(bias)}   MAE ${formatNumber(mae)}   RMSE ${formatNumber(rmse)}`,
    ),
  ];
  if (standardDeviation !== null && limitsOfAgreement !== null) {
    const { low, high } = limitsOfAgreement;
    lines.push(
      line(
        'limits of agreement',
        `${formatNumber(low)} to ${formatNumber(high)}   (s_d ${formatNumber(standardDeviation)})`,
      ),
    );
  }
  if (concordance !== null) lines.push(line('concordance', formatNumber(concordance)));
  if (stability !== null) lines.push(line('PSI of scores', formatStability(stability)));
  return lines;
}

function meanLines({ ranking, probabilities, text }: AgreementDescription): string[] {
  const lines: string[] = [];
  if (ranking !== null) lines.push(line('top-k overlap', formatPercent(ranking.topKOverlap)));
  if (probabilities !== null) {
    const { top1Agreement, maxDifference, jsdBits } = probabilities;
    const parts = [`largest |Δp| ${formatNumber(maxDifference)}`];
    if (top1Agreement !== null) parts.unshift(`top-1 ${formatPercent(top1Agreement)}`);
    if (jsdBits !== null) parts.push(`JSD ${formatNumber(jsdBits)} bits`);
    lines.push(line('probabilities', parts.join('   ')));
  }
  if (text !== null) {
    const parts = [`equal ${formatPercent(text.equal)}`];
    if (text.tokenF1 !== null) parts.push(`token F1 ${formatNumber(text.tokenF1)}`);
    if (text.similarity !== null) parts.push(`similarity ${formatNumber(text.similarity)}`);
    lines.push(line('texts', parts.join('   ')));
  }
  return lines;
}

function worstLines({ worstSegment }: AgreementDescription): string[] {
  if (worstSegment === null) return [];
  const { key, value, pairs, overall, standsOut } = worstSegment;
  const remark = standsOut ? `below the ${formatPercent(overall)} of all` : 'no worse than chance';
  return [
    line('worst segment', `${key} = ${clipped(value)}   ${formatCount(pairs)} pairs   ${remark}`),
    line('', formatShare(worstSegment)),
  ];
}

/** Keeps the labels with the largest totals and pools the rest. */
function narrowed(
  labels: readonly string[],
  counts: readonly (readonly number[])[],
): { readonly names: readonly string[]; readonly table: readonly (readonly number[])[] } {
  const clippedLabels = labels.map(clipped);
  const rowWidth = Math.max(corner.length, ...clippedLabels.map((name) => name.length));
  const room = Math.floor(
    (maxColumns - indent.length - rowWidth) / columnWidth([...clippedLabels, otherName], counts),
  );
  if (labels.length <= room) return { names: clippedLabels, table: counts };
  const totals = labels.map((label, place) =>
    label === otherName ? 0 : counts.reduce((sum, row) => sum + row[place]!, sumOf(counts[place]!)),
  );
  const kept = [...totals.keys()]
    .toSorted((a, b) => totals[b]! - totals[a]!)
    .slice(0, room - 1)
    .toSorted((a, b) => a - b);
  const targets = labels.map((_label, place) => {
    const target = kept.indexOf(place);
    return target < 0 ? kept.length : target;
  });
  const names = [...kept.map((place) => clippedLabels[place]!), otherName];
  const table = names.map(() => names.map(() => 0));
  counts.forEach((row, live) =>
    row.forEach((count, shadow) => {
      table[targets[live]!]![targets[shadow]!]! += count;
    }),
  );
  return { names, table };
}

function columnWidth(names: readonly string[], counts: readonly (readonly number[])[]): number {
  // The sum is as wide as any cell can become.
  const widest = formatCount(counts.reduce((sum, row) => sum + sumOf(row), 0)).length;
  return Math.max(widest, ...names.map((name) => name.length)) + 2;
}

function line(name: string, text: string): string {
  return `${indent}${name.padEnd(nameWidth)}${text}`;
}

function clipped(name: string): string {
  return name.length <= maxLabelWidth ? name : `${name.slice(0, maxLabelWidth - 1)}…`;
}

function formatShare({ share, low, high }: DescribedShare): string {
  return `${formatPercent(share)}   (95 % interval ${formatPercent(low)} to ${formatPercent(high)})`;
}

function formatStability({ psi, null95, bins }: DescribedStability): string {
  const remark = psi > null95 ? 'more than chance' : 'within chance';
  return `${formatNumber(psi)}   ${remark}: ${formatNumber(null95)} at 95 % with ${bins} bins`;
}

function formatPercent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function formatProbability(value: number): string {
  return value < 0.0001 ? '< 0.0001' : formatNumber(value);
}

function formatNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function formatCount(count: number): string {
  return count.toLocaleString('en');
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
