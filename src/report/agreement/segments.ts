/**
 * Agreement by segment of the traffic (a tenant, a country) on one route in one experiment, since a good average can
 * hide a bad segment. Sums that are plain data, add up over replicas, and are bounded: 8 keys, 50 values each, the
 * rest `~other`. The configured values have their places from the start.
 */
import type { Comparison } from '../../comparison/comparison.ts';
import { boundedNames, noName, otherName, placeOf } from './bounded-names.ts';
import { addLabelAgreement, type LabelAgreement } from './label-agreement.ts';
import {
  addPair,
  emptyProportion,
  intervalOf,
  mergeProportion,
  shareOf,
  type Interval,
  type Proportion,
} from './proportion.ts';

/** Of one value of a segment. */
export interface SegmentCounts {
  /** Pairs that match, among those that could be compared. */
  readonly matches: Proportion;
  readonly labels: Proportion;
  incomparable: number;
}

/** One key, plain data. */
export interface Segment {
  readonly key: string;
  /** As in `Comparison.segments`, the pools first. */
  readonly values: string[];
  /** By place in `values`. */
  readonly counts: SegmentCounts[];
}

/** All keys of a route. */
export type Segments = Segment[];

/** Configured values in clear by key: `segments.KEY.values`. */
export type SegmentValues = Readonly<Record<string, readonly string[]>>;

/** What is compared between segments: labels where there are any, since a new model need not match otherwise. */
export type SegmentMeasure = 'labels' | 'matches';

/** The segment of which it is surest that it agrees least. */
export interface WorstSegment {
  readonly key: string;
  readonly value: string;
  readonly measure: SegmentMeasure;
  readonly pairs: number;
  readonly share: number;
  /** 95 %, for this segment alone. */
  readonly interval: Interval;
  /** Of all pairs of the route that have this key. */
  readonly overall: number;
  /** It is below the overall share even when one allows for having looked at all segments. */
  readonly standsOut: boolean;
}

const pools = [otherName, noName];
const maxKeys = 8;

/** Any two pairs can disagree; what has fewer is shown but never called the worst. */
const minPairs = 30;

/** With a place for each configured value. */
export function emptySegments(configured: SegmentValues): Segments {
  return Object.entries(configured)
    .slice(0, maxKeys)
    .map(([key, values]) => emptySegment(key, values));
}

/**
 * Adds one pair to one value of each key that it has.
 * @param labels of its prediction; undefined when it has none
 */
export function addSegments(
  segments: Segments,
  comparison: Comparison,
  labels: LabelAgreement | undefined,
): void {
  for (const [key, value] of Object.entries(comparison.segments ?? {})) {
    const counts = countsOf(segments, key, value);
    if (counts === undefined) continue;
    if (comparison.result === 'incomparable') counts.incomparable += 1;
    else addPair(counts.matches, Number(comparison.result === 'match'), 1);
    if (labels !== undefined) addLabelAgreement(counts.labels, labels);
  }
}

/** Adds by key and value. */
export function mergeSegments(into: Segments, other: readonly Segment[]): void {
  for (const { key, values, counts } of other) {
    values.forEach((value, place) => {
      const target = countsOf(into, key, value);
      const source = counts[place];
      if (target !== undefined && source !== undefined) mergeCounts(target, source);
    });
  }
}

/**
 * The segment whose 95 % interval ends lowest, among those with at least 30 pairs: a segment that is a little low in
 * many pairs may come before one that is very low in few. Undefined when no key has two such segments.
 */
export function worstSegment(segments: readonly Segment[]): WorstSegment | undefined {
  const measure = segments.some(({ counts }) => counts.some(({ labels }) => labels.pairs > 0))
    ? 'labels'
    : 'matches';
  const candidates = segments.flatMap((segment) => candidatesOf(segment, measure));
  const worst = candidates.reduce<(typeof candidates)[number] | undefined>(
    (lowest, candidate) =>
      lowest === undefined || candidate.interval.high < lowest.interval.high ? candidate : lowest,
    undefined,
  );
  if (worst === undefined) return undefined;
  const { proportion, ...named } = worst;
  // Among 100 segments that are alike some are low by chance.
  const cautious = intervalOf(proportion, candidates.length)!;
  return { ...named, measure, standsOut: cautious.high < worst.overall };
}

function candidatesOf({ key, values, counts }: Segment, measure: SegmentMeasure) {
  const whole = emptyProportion();
  for (const count of counts) mergeProportion(whole, count[measure]);
  const candidates = values.flatMap((value, place) => {
    const proportion = counts[place]![measure];
    const { pairs } = proportion;
    if (pairs < minPairs) return [];
    const share = shareOf(proportion)!;
    const interval = intervalOf(proportion)!;
    return [{ key, value, pairs, share, interval, overall: shareOf(whole)!, proportion }];
  });
  return candidates.length < 2 ? [] : candidates;
}

/** Undefined when there is no room for another key. */
function countsOf(segments: Segments, key: string, value: string): SegmentCounts | undefined {
  let segment = segments.find((candidate) => candidate.key === key);
  if (segment === undefined) {
    if (segments.length === maxKeys) return undefined;
    segment = emptySegment(key, []);
    segments.push(segment);
  }
  const place = placeOf(segment.values, value, pools.length);
  while (segment.counts.length <= place) segment.counts.push(emptyCounts());
  return segment.counts[place];
}

function emptySegment(key: string, configured: readonly string[]): Segment {
  const values = boundedNames(pools, configured);
  return { key, values, counts: values.map(emptyCounts) };
}

function emptyCounts(): SegmentCounts {
  return { matches: emptyProportion(), labels: emptyProportion(), incomparable: 0 };
}

function mergeCounts(into: SegmentCounts, other: SegmentCounts): void {
  mergeProportion(into.matches, other.matches);
  mergeProportion(into.labels, other.labels);
  into.incomparable += other.incomparable;
}
