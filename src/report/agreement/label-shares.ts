/**
 * How often each side predicted each label, over all instances of all pairs: what the drift of predictions is measured
 * on. Bounded as the confusion matrix is, which knows only the first instances of a large batch.
 */
import type { PredictionComparison } from '../../comparison/prediction.ts';
import { boundedNames, otherName, placeOf } from './bounded-names.ts';

/** Plain data. */
export interface LabelShares {
  readonly labels: string[];
  /** Counts by place in `labels`. */
  readonly live: number[];
  readonly shadow: number[];
}

const pools = [otherName];

/** @param configured labels that have their places from the start */
export function emptyLabelShares(configured: readonly string[]): LabelShares {
  const labels = boundedNames(pools, configured);
  return { labels, live: labels.map(() => 0), shadow: labels.map(() => 0) };
}

/** Adds one pair. */
export function addLabelCounts(shares: LabelShares, counts: PredictionComparison['labels']): void {
  for (const [label, { live, shadow }] of Object.entries(counts)) add(shares, label, live, shadow);
}

/** Adds by label. */
export function mergeLabelShares(into: LabelShares, other: Readonly<LabelShares>): void {
  other.labels.forEach((label, place) => {
    add(into, label, other.live[place] ?? 0, other.shadow[place] ?? 0);
  });
}

function add(shares: LabelShares, label: string, live: number, shadow: number): void {
  const place = placeOf(shares.labels, label, pools.length);
  shares.live[place] = (shares.live[place] ?? 0) + live;
  shares.shadow[place] = (shares.shadow[place] ?? 0) + shadow;
}
