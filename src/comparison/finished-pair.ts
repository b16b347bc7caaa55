/**
 * A followed exchange that is over, with all that is known of it: what telemetry makes spans and measurements
 * of. The first row of the contract's table that is true names its result.
 */
import type { Comparison } from './comparison.ts';
import type { PairTrace } from '../duplicate/duplicate.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { classOf, type Outcome } from '../exchange/outcome.ts';
import type { ShadowResponse } from '../shadow/shadow-response.ts';

export interface FinishedPair {
  readonly exchange: Exchange;
  readonly outcome: Outcome;
  /** Drawn at dispatch; for an exchange that was never sent, drawn at its end. */
  readonly trace: PairTrace;
  /** What became of the duplicate, of the control's as well; absent when nothing was sent. */
  readonly shadow?: ShadowResponse;
  /** `twinspan.experiment.id`; absent for what counts in none. */
  readonly experiment?: string;
  /** Absent unless both sides answered. */
  readonly comparison?: Comparison;
}

/** The values of `twinspan.comparison.result`. */
export type ResultName =
  'match' | 'mismatch' | 'incomparable' | 'shadow_error' | 'live_error' | 'not_compared';

export interface PairResult {
  readonly name: ResultName;
  /** The outcome when nothing was compared, or why the answers are incomparable. */
  readonly reason?: string;
}

/** Undefined for what gives no span: exchanges not followed, and those shed before anything of them was read. */
export function resultOf({ outcome, shadow, comparison }: FinishedPair): PairResult | undefined {
  switch (classOf(outcome)) {
    case 'not_followed':
      return undefined;
    case 'dropped':
      if (outcome === 'over_capacity' || outcome === 'loop_lag') return undefined;
      return { name: isLiveError(outcome) ? 'live_error' : 'not_compared', reason: outcome };
    case 'failed':
      return { name: 'shadow_error', reason: outcome };
    case 'compared':
    case 'control':
      if (comparison !== undefined) return compared(comparison);
      if (shadow !== undefined && shadow.kind !== 'answered' && shadow.kind !== 'cancelled') {
        return { name: 'shadow_error', reason: shadow.kind };
      }
      return { name: 'not_compared', reason: outcome };
  }
}

/** Live did not answer, or not whole: what is known of its answer is no answer of the live service. */
export function isLiveError(outcome: Outcome): boolean {
  return (
    outcome === 'live_upstream_failed' ||
    outcome === 'live_aborted' ||
    outcome === 'live_incomplete'
  );
}

function compared({ result, reason }: Comparison): PairResult {
  return { name: result, ...(reason !== undefined && { reason }) };
}
