/**
 * The customers at work: calls at a fixed rate through Envoy for a fixed time, whatever the answers do (an open loop),
 * each answer checked against the one of the live service alone. The run ends when its time is over and the last
 * answer is there or has timed out.
 */

import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

import { Agent, request } from 'undici';

import {
  customerAnswer,
  requestOptions,
  type CustomerAnswer,
  type ExpectedCall,
} from './customers.ts';

/** What to send where. */
export type TrafficOptions = {
  /** URL of Envoy's listener for customers. */
  readonly url: string;
  readonly calls: readonly ExpectedCall[];
  readonly requestsPerSecond: number;
  readonly seconds: number;
  /** The customers go on after `seconds` until this has settled, in whatever way. */
  readonly goOnUntil?: Promise<unknown>;
  /** Ends the run early; calls under way are cancelled and not counted. */
  readonly signal: AbortSignal;
  /** Called after each answer. */
  readonly onProgress?: (traffic: Traffic) => void;
};

/** What the customers saw; grows during the run. */
export type Traffic = {
  readonly requests: number;
  /** Calls that failed or were not answered as live alone answers. */
  readonly errors: number;
  /** The first few of them, in words. */
  readonly errorExamples: readonly string[];
  /** From sending to the last byte, in the order of the answers. */
  readonly latenciesMs: readonly number[];
};

/** How many requests a second the demo's customers make. */
export const REQUESTS_PER_SECOND = 100;

const MAX_ERROR_EXAMPLES = 5;
const CALL_TIMEOUT_MS = 5000;

/** Sends until the time is over; resolves when no call is under way any more. Never rejects. */
export async function runTraffic(options: TrafficOptions): Promise<Traffic> {
  const errorExamples: string[] = [];
  const latenciesMs: number[] = [];
  const traffic = { requests: 0, errors: 0, errorExamples, latenciesMs };
  const agent = new Agent({ connections: 32, connectTimeout: CALL_TIMEOUT_MS });

  const makeCall = async (expected: ExpectedCall) => {
    const startedAtMs = performance.now();
    const outcome = await callOnce(options, expected, agent);
    if (options.signal.aborted) return;
    traffic.requests += 1;
    latenciesMs.push(performance.now() - startedAtMs);
    if (outcome.kind === 'wrong') {
      traffic.errors += 1;
      if (errorExamples.length < MAX_ERROR_EXAMPLES) errorExamples.push(outcome.reason);
    }
    options.onProgress?.(traffic);
  };

  const underWay = new Set<Promise<void>>();
  const total = Math.round(options.seconds * options.requestsPerSecond);
  const awaited = { isPending: options.goOnUntil !== undefined };
  const settle = () => {
    awaited.isPending = false;
  };
  void options.goOnUntil?.then(settle, settle);
  const startedAtMs = performance.now();
  for (let number = 0; number < total || awaited.isPending; number += 1) {
    const expected = options.calls[number % options.calls.length];
    if (expected === undefined) break;
    await until(startedAtMs + (number * 1000) / options.requestsPerSecond, options.signal);
    if (options.signal.aborted) break;
    const call = makeCall(expected).finally(() => underWay.delete(call));
    underWay.add(call);
  }
  await Promise.all(underWay);
  await agent.destroy();
  return traffic;
}

/** The latency that the given share of the calls did not exceed (nearest rank); 0 without calls. */
export function percentile(valuesMs: readonly number[], share: number): number {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

type CallOutcome = { readonly kind: 'right' } | { readonly kind: 'wrong'; readonly reason: string };

async function callOnce(
  { url, signal }: TrafficOptions,
  { call, answer: expected }: ExpectedCall,
  agent: Agent,
): Promise<CallOutcome> {
  const options = requestOptions(call);
  const what = `${call.method} ${call.path}`;
  try {
    const response = await request(url + call.path, {
      ...options,
      headers: { ...options.headers, 'x-request-id': randomUUID(), traceparent: traceparent() },
      dispatcher: agent,
      signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
    });
    const { statusCode, headers } = response;
    const answer = customerAnswer(statusCode, headers, await response.body.text());
    if (!isDeepStrictEqual(answer, expected)) {
      return { kind: 'wrong', reason: `${what}: ${describe(answer)}, not ${describe(expected)}` };
    }
    return { kind: 'right' };
  } catch (error) {
    return { kind: 'wrong', reason: `${what}: ${(error as Error).message}` };
  }
}

/** As a caller with tracing sends it; twinspan links its pair to this trace. */
function traceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}

function describe(answer: CustomerAnswer): string {
  return `${answer.status} ${answer.body.slice(0, 120)}`;
}

/** Returns at that time of the monotonic clock, or when the signal is aborted. */
async function until(atMs: number, signal: AbortSignal): Promise<void> {
  const delayMs = atMs - performance.now();
  if (delayMs <= 0) return;
  await setTimeout(delayMs, undefined, { signal }).catch(() => {});
}
