/**
 * What one finished exchange adds to the tally, made of the nouns that know it and holding none of them: no body, no
 * header and no body's text stays alive while it waits behind the watermark.
 *
 * Which exchange counts where:
 * - answered by both: `errors`; without a 5xx also `contract` and `mismatch`; incomparable ones in `coverage`, unless
 *   live's own answer made them so;
 * - failed at the shadow, or not sent because it kept failing (`circuit_open`): against the shadow in `errors`; the
 *   former are also later than any threshold;
 * - dropped by twinspan itself (queue, capacity, bytes, rate, size, shutdown): in `coverage` alone;
 * - without an answer of live, sent to the control, or answered by a canary: nowhere.
 */
import type { Comparison } from '../../comparison/comparison.ts';
import type { PredictionComparison } from '../../comparison/prediction.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { classOf, type Outcome } from '../../exchange/outcome.ts';
import type { ShadowResponse } from '../../shadow/shadow-response.ts';
import { momentsOf } from './moments.ts';
import type { Moments, PairClass } from '../tally.ts';

/** An exchange that is over, as the journey tells of it. */
export interface EndedExchange {
  readonly exchange: Exchange;
  readonly outcome: Outcome;
  readonly shadow?: ShadowResponse;
  readonly comparison?: Comparison;
}

export interface TallyEntry {
  readonly route: string;
  /** Unix milliseconds of the start of the live request. */
  readonly at: number;
  readonly class: PairClass;
  /** Error of the shadow minus error of live. */
  readonly errors?: -1 | 0 | 1;
  readonly contract?: 0 | 1;
  readonly mismatch?: 0 | 1;
  readonly coverage?: 0 | 1;
  /** Service times in milliseconds; `shadowMs` is infinite where an answer never came. */
  readonly liveMs?: number;
  readonly shadowMs?: number;
  readonly prediction?: PredictionEntry;
}

export interface PredictionEntry {
  /** Instances of the batch. */
  readonly count: number;
  readonly labels: PredictionComparison['labels'];
  /** Mean of shadow minus live, and the scores of live. */
  readonly scores?: { readonly meanDifference: number; readonly live: Moments };
}

/** Undefined for what counts in no experiment. */
export function tallyEntryOf(ended: EndedExchange): TallyEntry | undefined {
  const { exchange, outcome, shadow } = ended;
  if (exchange.mode === 'canary' || shadow?.duplicate.target === 'control') return undefined;
  const known = { route: exchange.route.name, at: exchange.startedAt + exchange.epochOffsetMs };
  switch (classOf(outcome)) {
    case 'not_followed':
    case 'control':
      return undefined;
    case 'dropped':
      if (isOfLive(outcome)) return undefined;
      if (outcome !== 'circuit_open') return { ...known, class: 'dropped', coverage: 1 };
      return { ...known, class: 'circuit_open', errors: againstShadow(exchange) };
    case 'failed':
      return {
        ...known,
        class: outcome === 'shadow_timeout' ? 'shadow_timeout' : 'shadow_failed',
        errors: againstShadow(exchange),
        coverage: 0,
        ...latencyOf(exchange, Number.POSITIVE_INFINITY),
      };
    case 'compared':
      return answered(ended, known);
  }
}

/** What stands in the books for an exchange of which nothing was heard in time. */
export function lostEntry(route: string, at: number): TallyEntry {
  return { route, at, class: 'dropped', coverage: 1 };
}

function answered(
  { exchange, shadow, comparison }: EndedExchange,
  known: { route: string; at: number },
): TallyEntry | undefined {
  const live = exchange.response;
  if (live === undefined || shadow?.kind !== 'answered' || comparison === undefined) {
    return undefined;
  }
  const { result, reason, contract, prediction } = comparison;
  const liveError = isError(live.status);
  const shadowError = isError(shadow.status);
  const common = {
    ...known,
    errors: difference(shadowError, liveError),
    ...latencyOf(exchange, Math.max(0, shadow.endedAt - shadow.sentAt)),
    ...(prediction && { prediction: predictionEntry(prediction) }),
  };
  if (liveError || shadowError) {
    return { ...common, class: errorClass(liveError, shadowError, result), coverage: 0 };
  }
  if (result === 'incomparable') {
    // A contract that is seen to be broken is broken, whatever else cannot be seen.
    const broken = contract ? ({ contract: 1 } as const) : {};
    if (reason === 'conditional') return { ...common, ...broken, class: 'conditional' };
    return { ...common, ...broken, class: 'incomparable', coverage: 1 };
  }
  const differs = result === 'mismatch';
  const broken = differs && (contract || losesScore(prediction));
  return {
    ...common,
    class: differs ? (broken ? 'contract_diff' : 'value_diff') : equalClass(comparison),
    contract: broken ? 1 : 0,
    mismatch: differs ? 1 : 0,
    coverage: 0,
  };
}

/** Whether live gives a score where the shadow gives none, NaN for one: no gate of values would see that it is missing. */
function losesScore(prediction: PredictionComparison | undefined): boolean {
  return (
    prediction?.instances.some(
      ({ live, shadow }) => live?.score !== undefined && shadow?.score === undefined,
    ) ?? false
  );
}

function equalClass({ ignoredCount }: Comparison): PairClass {
  return ignoredCount > 0 ? 'equal_by_rules' : 'equal';
}

function errorClass(live: boolean, shadow: boolean, result: Comparison['result']): PairClass {
  if (live && shadow) return result === 'match' ? 'both_error_equal' : 'both_error_diff';
  return live ? 'live_error_only' : 'shadow_error_only';
}

/** The shadow gave no answer: an error of its own, unless live had one as well. */
function againstShadow({ response }: Exchange): 0 | 1 {
  return response !== undefined && isError(response.status) ? 0 : 1;
}

function isError(status: number): boolean {
  return status >= 500;
}

function difference(shadow: boolean, live: boolean): -1 | 0 | 1 {
  if (shadow === live) return 0;
  return shadow ? 1 : -1;
}

function isOfLive(outcome: Outcome): boolean {
  return (
    outcome === 'live_upstream_failed' ||
    outcome === 'live_aborted' ||
    outcome === 'live_incomplete'
  );
}

/** Service times, from the end of the request to the end of the answer. */
function latencyOf(
  { request, response }: Exchange,
  shadowMs: number,
): { liveMs?: number; shadowMs?: number } {
  if (request === undefined || response === undefined) return {};
  return { liveMs: Math.max(0, response.endedAt - request.endedAt), shadowMs };
}

function predictionEntry(prediction: PredictionComparison): PredictionEntry {
  const { count, labels, instances, meanScoreDifference } = prediction;
  const scores = instances.flatMap(({ live }) => (live?.score === undefined ? [] : [live.score]));
  return {
    count,
    labels,
    ...(meanScoreDifference !== undefined && {
      scores: { meanDifference: meanScoreDifference, live: momentsOf(scores) },
    }),
  };
}
