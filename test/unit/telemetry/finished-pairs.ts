/** Finished pairs to record: a POST that live and shadow both answered with 200, and ways to change it. */
import { emptyBody, type Body } from '../../../src/base/body-buffer.ts';
import { HeaderList } from '../../../src/base/header-list.ts';
import type { Comparison, Difference } from '../../../src/comparison/comparison.ts';
import type { Duplicate, PairTrace } from '../../../src/duplicate/duplicate.ts';
import type { Exchange, LiveResponse } from '../../../src/exchange/exchange.ts';
import type { FailedAtShadow } from '../../../src/exchange/outcome.ts';
import type { Request } from '../../../src/exchange/request.ts';
import type { ShadowResponse } from '../../../src/shadow/shadow-response.ts';
import type { FinishedPair } from '../../../src/comparison/finished-pair.ts';

export const liveTraceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** Monotonic instants in milliseconds: request 1000 to 1010, live answer until 1040, shadow 1045 to 1095. */
export const times = {
  epochOffsetMs: 1_700_000_000_000,
  startedAt: 1000,
  requestEndedAt: 1010,
  responseStartedAt: 1030,
  responseEndedAt: 1040,
  sentAt: 1045,
  shadowEndedAt: 1095,
};

export const trace: PairTrace = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  pairSpanId: 'b7ad6b7169203331',
  shadowSpanId: '00f067aa0ba902b8',
  sampled: true,
};

export function body(length: number): Body {
  return length === 0 ? emptyBody : { length, bytes: Buffer.alloc(length, 'x') };
}

export const request: Request = {
  id: 'request-1',
  method: 'POST',
  path: '/v1/models/iris:predict?user=secret',
  authority: 'models.example',
  headers: HeaderList.fromPairs([['content-type', 'application/json']]),
  body: body(20),
  trailers: HeaderList.empty,
  startedAt: times.startedAt,
  endedAt: times.requestEndedAt,
};

export function response(overrides: Partial<LiveResponse> = {}): LiveResponse {
  return {
    status: 200,
    headers: HeaderList.empty,
    body: body(30),
    trailers: HeaderList.empty,
    startedAt: times.responseStartedAt,
    endedAt: times.responseEndedAt,
    ...overrides,
  };
}

export function exchange(overrides: Partial<Exchange> = {}): Exchange {
  return {
    pairId: '00112233445566778899aabbccddeeff',
    route: { name: 'predict', template: '/v1/models/{model}:predict' },
    context: { traceparent: liveTraceparent },
    mode: 'live',
    epochOffsetMs: times.epochOffsetMs,
    requestId: 'request-1',
    method: 'POST',
    startedAt: times.startedAt,
    endedAt: times.responseEndedAt,
    request,
    response: response(),
    ...overrides,
  };
}

/** The same exchange without the properties named. */
export function without(whole: Exchange, ...names: ('request' | 'response')[]): Exchange {
  return Object.fromEntries(
    Object.entries(whole).filter(([name]) => !names.some((other) => other === name)),
  ) as unknown as Exchange;
}

export function duplicate(target: 'shadow' | 'control' = 'shadow'): Duplicate {
  const { request: _request, response: _response, endedAt: _endedAt, ...head } = exchange();
  return { head, request, trace, target, headers: HeaderList.empty, degraded: false };
}

export function answer(
  overrides: Partial<Extract<ShadowResponse, { kind: 'answered' }>> = {},
): ShadowResponse {
  return {
    kind: 'answered',
    duplicate: duplicate(),
    status: 200,
    headers: HeaderList.empty,
    body: body(31),
    trailers: HeaderList.empty,
    sentAt: times.sentAt,
    endedAt: times.shadowEndedAt,
    ...overrides,
  };
}

export function failure(kind: FailedAtShadow, errorType: string): ShadowResponse {
  const { sentAt, shadowEndedAt: endedAt } = times;
  return { kind, duplicate: duplicate(), errorType, sentAt, endedAt };
}

export function difference(overrides: Partial<Difference> = {}): Difference {
  return {
    kind: 'value',
    pointer: '/scores/0',
    group: '/scores/*',
    contract: false,
    ...overrides,
  };
}

export function comparison(overrides: Partial<Comparison> = {}): Comparison {
  const { differences = [] } = overrides;
  return {
    result: differences.length > 0 ? 'mismatch' : 'match',
    contract: differences.some(({ contract }) => contract),
    differs: { status: false, headers: false, body: differences.length > 0 },
    differences,
    differenceCount: differences.length,
    ignored: [],
    ignoredCount: 0,
    ...overrides,
  };
}

export function matching(overrides: Partial<FinishedPair> = {}): FinishedPair {
  return {
    exchange: exchange(),
    outcome: 'match',
    trace,
    shadow: answer(),
    comparison: comparison(),
    experiment: 'experiment-1',
    ...overrides,
  };
}

export function mismatching(
  differences: readonly Difference[] = [difference()],
  overrides: Partial<FinishedPair> = {},
): FinishedPair {
  return matching({
    outcome: 'mismatch',
    comparison: comparison({ differences }),
    ...overrides,
  });
}
