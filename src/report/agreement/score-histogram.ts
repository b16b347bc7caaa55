/**
 * Where the scores of both sides lie, in at most 256 buckets whose edges depend on nothing but the scores themselves:
 * there is no burn-in, and any split of the traffic adds up to the same histogram. As in the exponential histogram of
 * OpenTelemetry (data model, "Exponential Scale") a scale says how many buckets an octave has, and when too many are
 * in use neighbours become one. Here the limit is on buckets in use, so that one far score costs one bucket and not
 * the resolution of all others; and octaves are measured towards 1 as well as towards 0, since probabilities crowd at
 * both ends.
 */
import { isUsableScore } from './score-difference.ts';

/** Counts of one bucket by its index. */
type Bucket = [index: number, live: number, shadow: number];

/** Plain data. */
export interface ScoreHistogram {
  /** An octave has 2^scale buckets. */
  scale: number;
  /** In the order of their indexes. */
  buckets: Bucket[];
}

const maxBuckets = 256;
/** Buckets as wide as 0.07 % of a score; nobody asks for less. */
const startScale = 10;

/** Without a score. */
export function emptyScoreHistogram(): ScoreHistogram {
  return { scale: startScale, buckets: [] };
}

/** Adds the scores of one prediction; a side without a usable one adds nothing. */
export function addToHistogram(
  histogram: ScoreHistogram,
  live: number | undefined,
  shadow: number | undefined,
): void {
  if (isUsableScore(live)) addBucket(histogram, [indexOf(live, histogram.scale), 1, 0]);
  if (isUsableScore(shadow)) addBucket(histogram, [indexOf(shadow, histogram.scale), 0, 1]);
}

/** Adds the scores of the other, which may be of another scale. */
export function mergeScoreHistogram(into: ScoreHistogram, other: Readonly<ScoreHistogram>): void {
  while (into.scale > other.scale) halve(into);
  for (const [index, live, shadow] of other.buckets) {
    // Adding may have made `into` coarser than `other`.
    const coarse = Math.floor(index / 2 ** (other.scale - into.scale));
    addBucket(into, [coarse, live, shadow]);
  }
}

/**
 * Groups of about equal size over both sides together, so that swapping the sides changes nothing; fewer than asked
 * for when many scores are alike.
 */
export function equalGroups(
  { buckets }: Readonly<ScoreHistogram>,
  groupCount: number,
): { readonly live: readonly number[]; readonly shadow: readonly number[] } {
  const total = buckets.reduce((sum, [, live, shadow]) => sum + live + shadow, 0);
  const groups = { live: [] as number[], shadow: [] as number[] };
  let seen = 0;
  let closed = -1;
  for (const [, live, shadow] of buckets) {
    const group = Math.min(groupCount - 1, Math.floor((seen * groupCount) / total));
    if (group > closed) {
      groups.live.push(0);
      groups.shadow.push(0);
      closed = group;
    }
    groups.live[groups.live.length - 1]! += live;
    groups.shadow[groups.shadow.length - 1]! += shadow;
    seen += live + shadow;
  }
  return groups;
}

function addBucket(histogram: ScoreHistogram, [index, live, shadow]: Bucket): void {
  const { buckets } = histogram;
  let low = 0;
  let high = buckets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (buckets[middle]![0] < index) low = middle + 1;
    else high = middle;
  }
  const found = buckets[low];
  if (found?.[0] === index) {
    found[1] += live;
    found[2] += shadow;
    return;
  }
  buckets.splice(low, 0, [index, live, shadow]);
  while (histogram.buckets.length > maxBuckets) halve(histogram);
}

/** Makes each two neighbours one. */
function halve(histogram: ScoreHistogram): void {
  const halved: Bucket[] = [];
  for (const [index, live, shadow] of histogram.buckets) {
    const half = Math.floor(index / 2);
    const last = halved.at(-1);
    if (last?.[0] === half) {
      last[1] += live;
      last[2] += shadow;
    } else halved.push([half, live, shadow]);
  }
  histogram.scale -= 1;
  histogram.buckets = halved;
}

function indexOf(score: number, scale: number): number {
  return Math.floor(octaveOf(score) * 2 ** scale);
}

/**
 * A number that grows with the score, in octaves: of the size up to 1/2, of the distance to 1 up to 1, of the size
 * beyond; negative scores mirrored. The parts meet (65 at 1/2) or leave a gap (117 to 118 below 1), and what is
 * smaller than 2^-65 counts as that.
 */
function octaveOf(score: number): number {
  if (score === 0) return 0;
  const size = Math.abs(score);
  let octave: number;
  if (size <= 0.5) octave = Math.max(1, 66 + Math.log2(size));
  else if (size < 1) octave = 64 - Math.log2(1 - size);
  else octave = 118 + Math.log2(size);
  return Math.sign(score) * octave;
}
