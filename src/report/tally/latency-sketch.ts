/**
 * Durations as exact counts in buckets of growing width: an exponential histogram of OpenTelemetry with the fixed
 * scale 5, so that two sketches add bucket by bucket and every quantile is right to 1.1 % of its value. Plain data,
 * bounded by its 1,090 buckets.
 */

/** Counts by the number of the bucket; bucket `n` ends, inclusive, at `2 ** ((n - 320) / 32)` milliseconds. */
export type LatencySketch = Record<number, number>;

/** Buckets in which a duration doubles, `2 ** scale`. */
const bucketsPerDoubling = 32;
/** Of one millisecond: what is shorter than a microsecond falls into bucket 0. */
const bucketOfOne = 320;
/** Ends at more than four hours. */
const lastBucket = 1089;

export function addDuration(sketch: LatencySketch, milliseconds: number): void {
  const bucket = bucketOf(milliseconds);
  sketch[bucket] = (sketch[bucket] ?? 0) + 1;
}

export function mergeSketches(one: LatencySketch, other: LatencySketch): LatencySketch {
  const sum: LatencySketch = { ...one };
  for (const [bucket, count] of Object.entries(other)) {
    sum[Number(bucket)] = (sum[Number(bucket)] ?? 0) + count;
  }
  return sum;
}

export function countOf(sketch: LatencySketch): number {
  return Object.values(sketch).reduce((sum, count) => sum + count, 0);
}

/** The end, in milliseconds, of the bucket that holds the quantile (0 to 1); undefined without any duration. */
export function quantileOf(sketch: LatencySketch, quantile: number): number | undefined {
  const total = countOf(sketch);
  if (total === 0) return undefined;
  let missing = Math.max(1, Math.ceil(quantile * total));
  // Keys that are whole numbers come in ascending order (ECMA-262, OrdinaryOwnPropertyKeys).
  for (const [bucket, count] of Object.entries(sketch)) {
    missing -= count;
    if (missing <= 0) return endOf(Number(bucket));
  }
  return endOf(lastBucket);
}

/** Whether it is a sketch, as read from a file. */
export function isLatencySketch(value: unknown): value is LatencySketch {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([bucket, count]) =>
      /^\d{1,4}$/.test(bucket) &&
      Number(bucket) <= lastBucket &&
      Number.isSafeInteger(count) &&
      (count as number) >= 0,
  );
}

function bucketOf(milliseconds: number): number {
  if (!(milliseconds > 0)) return 0;
  const bucket = Math.ceil(Math.log2(milliseconds) * bucketsPerDoubling) + bucketOfOne;
  return Math.min(lastBucket, Math.max(0, bucket));
}

function endOf(bucket: number): number {
  return 2 ** ((bucket - bucketOfOne) / bucketsPerDoubling);
}
