/** A rule of comparison that is proposed, and what proposals are made from. */
import type { Reordering } from './reordering.ts';
import type { RouteNoise } from './report.ts';

export type Proposal = {
  /** Pattern of a place, or the name of a header. */
  readonly place: string;
  /** What was counted, in words. */
  readonly evidence: string;
  /** What the rule would hide beside noise. */
  readonly warnings: readonly string[];
} & (
  | { readonly rule: 'ignore' | 'unordered' | 'nullEqualsMissing' | 'timestamp' | 'uuid' }
  | { readonly rule: 'tolerance'; readonly relative: number }
  /** No longer compared. */
  | { readonly rule: 'header' }
);

/** What a group of differences is judged by. */
export interface Judging {
  readonly noise: RouteNoise;
  /** A rule without a control needs a difference in as many pairs. */
  readonly minPairs: number;
  readonly reordered: readonly Reordering[];
}

/** Live differs from itself at a place when the share of pairs in which it does is surely above this. */
export const leastShare = 0.01;
/** Of pairs in which values changed places, or a key was missing on a certain side: more than chance. */
export const leastSeen = 5;
/** What is drawn or measured is hardly ever the same twice. */
export const leastDrawn = 0.9;

const maxSegments = 30;

/** The group as a pattern: an index and a key that is data are any. */
export function patternOf(group: string): string | undefined {
  const segments = group.split('/').slice(1);
  if (segments.length > maxSegments) return undefined;
  return segments.map((segment) => `/${segment === '{key}' ? '*' : segment}`).join('');
}
