/**
 * The durations that are compared: service times, from the end of the request to the end of the answer on each
 * side, so that a slow client counts against neither. In seconds, as OpenTelemetry measures durations.
 */
import type { ShadowResponse } from '../shadow/shadow-response.ts';
import { isLiveError, type FinishedPair } from '../comparison/finished-pair.ts';

/** Undefined when the live service itself did not answer. */
export function liveSeconds({ exchange, outcome }: FinishedPair): number | undefined {
  const { request, response } = exchange;
  if (request === undefined || response === undefined || isLiveError(outcome)) return undefined;
  // An answer may be over before its request is.
  return secondsOf(Math.max(0, response.endedAt - request.endedAt));
}

/** Undefined when there was no answer. */
export function shadowSeconds(shadow: ShadowResponse | undefined): number | undefined {
  return shadow?.kind === 'answered' ? secondsOf(shadow.endedAt - shadow.sentAt) : undefined;
}

/** How much longer the shadow took, in seconds; negative when it was faster. */
export function latencyDelta(liveSide: number, shadowSide: number): number {
  return secondsOf((shadowSide - liveSide) * 1000);
}

/** Whole nanoseconds, which is what a clock can tell: without the noise of binary fractions. */
function secondsOf(milliseconds: number): number {
  return Math.round(milliseconds * 1e6) / 1e9;
}
