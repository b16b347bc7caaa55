/** A stretch of time of the demo: what its customers saw, and what twinspan and Envoy said of the same requests. */

import type { Traffic } from './traffic.ts';
import type { Status } from './twinspan-admin.ts';

/** How often each outcome occurred. */
export type Outcomes = Status['exchanges']['outcomes'];

/** One phase. */
export type Phase = {
  /** For people: "shadow killed". */
  readonly name: string;
  readonly traffic: Traffic;
  /** What twinspan called the requests; `undefined` when it was away. */
  readonly outcomes: Outcomes | undefined;
  /** Requests that Envoy served without being able to show them to twinspan. */
  readonly undelivered: number;
  /** Whether pairs must have been compared in it. */
  readonly expectsPairs: boolean;
};

const MIN_SECONDS = 2;
const MAX_SECONDS = 10;

/** How the outcomes grew; those that did not are left out. Without `before` they grew from nothing. */
export function outcomesSince(before: Outcomes | undefined, after: Outcomes): Outcomes {
  const growth = Object.entries(after).map(
    ([outcome, number]) => [outcome, number - (before?.[outcome] ?? 0)] as const,
  );
  return Object.fromEntries(growth.filter(([, number]) => number > 0));
}

/**
 * How long a phase of the second act lasts when the first act lasts `firstActSeconds`: a fifth of it, but not so short
 * that a percentile says nothing, nor so long that the reader leaves.
 */
export function phaseSeconds(firstActSeconds: number): number {
  return Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, firstActSeconds / 5));
}
