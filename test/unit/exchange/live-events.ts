/** Events of a live exchange as the stream station hands them on, and routes to select them by. */
import { HeaderList } from '../../../src/base/header-list.ts';
import type { RouteSettings } from '../../../src/exchange/select.ts';
import type { LiveEnd, LiveEvent } from '../../../src/stream/live-event.ts';

export type HeaderPairs = readonly (readonly [string, string])[];

export function routeSettings(
  over: Partial<Omit<RouteSettings, 'match'>> & { match?: Partial<RouteSettings['match']> } = {},
): RouteSettings {
  const { match, ...rest } = over;
  return {
    name: 'everything',
    template: '/**',
    methods: ['GET', 'HEAD', 'POST'],
    sample: { ratio: 1, by: 'request-id' },
    sideEffectGuard: { queryKeys: [], paths: [] },
    stream: false,
    ...rest,
    match: { path: '/**', hosts: [], headers: {}, ...match },
  };
}

interface RequestLine {
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly headers?: HeaderPairs;
  readonly attributes?: HeaderPairs;
  readonly endOfStream?: boolean;
}

export function requestHeaders(line: RequestLine = {}): LiveEvent {
  const { method = 'POST', path = '/v1/predict', authority = 'shop.example' } = line;
  return {
    kind: 'request_headers',
    headers: HeaderList.fromPairs([
      [':method', method],
      [':path', path],
      [':authority', authority],
      [':scheme', 'http'],
      ['x-request-id', 'r-1'],
      ...(line.headers ?? []),
    ]),
    endOfStream: line.endOfStream ?? false,
    attributes: new Map(line.attributes),
  };
}

export function responseHeaders(
  line: {
    status?: number;
    headers?: HeaderPairs;
    attributes?: HeaderPairs;
    endOfStream?: boolean;
  } = {},
): LiveEvent {
  return {
    kind: 'response_headers',
    headers: HeaderList.fromPairs([
      [':status', String(line.status ?? 200)],
      ...(line.headers ?? []),
    ]),
    endOfStream: line.endOfStream ?? false,
    attributes: new Map(line.attributes ?? viaUpstream),
  };
}

/** What Envoy says of an answer that live itself gave, at the first attempt. */
export const viaUpstream: HeaderPairs = [
  ['response.code_details', 'via_upstream'],
  ['upstream.request_attempt_count', '1'],
];

export function requestBody(text: string, endOfStream = false): LiveEvent {
  return { kind: 'request_body', chunk: Buffer.from(text, 'latin1'), endOfStream };
}

export function responseBody(text: string, endOfStream = false): LiveEvent {
  return { kind: 'response_body', chunk: Buffer.from(text, 'latin1'), endOfStream };
}

export function requestTrailers(trailers: HeaderPairs): LiveEvent {
  return { kind: 'request_trailers', trailers: HeaderList.fromPairs(trailers) };
}

export function responseTrailers(trailers: HeaderPairs): LiveEvent {
  return { kind: 'response_trailers', trailers: HeaderList.fromPairs(trailers) };
}

export function ended(how: LiveEnd = 'complete'): LiveEvent {
  return { kind: 'ended', how };
}
