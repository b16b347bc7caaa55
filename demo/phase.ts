/** A stretch of time of the demo: what its customers saw, and what twinspan and Envoy said of the same requests. */

import type { Traffic } from './traffic.ts';
import type { Outcomes } from './twinspan-admin.ts';

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

/**
 * How long a phase of the outages lasts when an act before them lasts `actSeconds`: a fifth of it, but not so short that
 * a percentile says nothing, nor so long that the reader leaves.
 */
export function phaseSeconds(actSeconds: number): number {
  return Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, actSeconds / 5));
}
