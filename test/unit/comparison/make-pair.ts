/**
 * Pairs for the tests of the comparison: two answers in the words of HTTP, everything else filled in.
 */
import { emptyBody, type Body } from '../../../src/base/body-buffer.ts';
import { HeaderList } from '../../../src/base/header-list.ts';
import { compare } from '../../../src/comparison/compare.ts';
import type { Comparison } from '../../../src/comparison/comparison.ts';
import type { Pair } from '../../../src/comparison/pair.ts';
import { compileRules, type RuleOptions, type Rules } from '../../../src/comparison/rules.ts';
import type { ExchangeHead } from '../../../src/exchange/exchange.ts';
import type { Request } from '../../../src/exchange/request.ts';

export interface Answer {
  readonly status?: number;
  /** The `content-type`; none when absent. */
  readonly type?: string;
  readonly encoding?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly trailers?: readonly (readonly [string, string])[];
  readonly body?: string | Buffer | Body;
}

/** What the request has beyond the necessary. */
interface Asked {
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string | Buffer;
}

export function makePair(
  live: Answer,
  shadow: Answer,
  options: { method?: string; degraded?: boolean; asked?: Asked } = {},
): Pair {
  const { method = 'GET', degraded = false, asked = {} } = options;
  const head: ExchangeHead = {
    pairId: '0123456789abcdef0123456789abcdef',
    route: { name: 'predict', template: '/predict' },
    context: {},
    mode: 'live',
    epochOffsetMs: 0,
    requestId: 'request-1',
    method,
    startedAt: 0,
  };
  const request: Request = {
    id: 'request-1',
    method,
    path: '/predict',
    authority: 'shop.example',
    headers: HeaderList.fromPairs(asked.headers ?? []),
    body: asked.body === undefined ? emptyBody : bodyOf(Buffer.from(asked.body)),
    trailers: HeaderList.empty,
    startedAt: 0,
    endedAt: 1,
  };
  return {
    exchange: {
      ...head,
      request,
      response: { ...messageOf(live), startedAt: 2, endedAt: 3 },
      endedAt: 3,
    },
    shadow: {
      kind: 'answered',
      duplicate: {
        head,
        request,
        trace: { traceId: '', pairSpanId: '', shadowSpanId: '', sampled: false },
        target: 'shadow',
        headers: HeaderList.empty,
        degraded,
      },
      ...messageOf(shadow),
      sentAt: 3,
      endedAt: 4,
    },
  };
}

/** Rules whose comparison must not fail. */
export function rulesOf(options: RuleOptions = {}): Rules {
  return compileRules({ hashKey: 'a key', ...options }, (error) => {
    throw error;
  });
}

/** Compares two answers by these rules. */
export function compareAnswers(live: Answer, shadow: Answer, options?: RuleOptions): Comparison {
  return compare(makePair(live, shadow), rulesOf(options));
}

/** Compares two JSON texts by these rules. */
export function compareJsonTexts(
  live: string | Buffer,
  shadow: string | Buffer,
  options?: RuleOptions,
): Comparison {
  const type = 'application/json';
  return compareAnswers({ type, body: live }, { type, body: shadow }, options);
}

/** The differences in short: `kind pointer`. */
export function differencesOf({ differences }: Comparison): string[] {
  return differences.map(({ kind, pointer }) => `${kind} ${pointer}`);
}

function messageOf({
  status = 200,
  type,
  encoding,
  headers = [],
  trailers = [],
  body = '',
}: Answer) {
  return {
    status,
    headers: HeaderList.fromPairs([
      ...(type === undefined ? [] : [['content-type', type] as const]),
      ...(encoding === undefined ? [] : [['content-encoding', encoding] as const]),
      ...headers,
    ]),
    trailers: HeaderList.fromPairs(trailers),
    body: typeof body === 'string' ? bodyOf(Buffer.from(body)) : bodyOf(body),
  };
}

function bodyOf(body: Buffer | Body): Body {
  return Buffer.isBuffer(body) ? { length: body.length, bytes: body } : body;
}
