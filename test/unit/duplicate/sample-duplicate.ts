/** Requests and duplicates to test with: an ordinary GET, with whatever a test is about put over it. */
import { emptyBody } from '../../../src/base/body-buffer.ts';
import { HeaderList } from '../../../src/base/header-list.ts';
import type { Duplicate, PairTrace } from '../../../src/duplicate/duplicate.ts';
import type { ExchangeHead } from '../../../src/exchange/exchange.ts';
import type { Request } from '../../../src/exchange/request.ts';

export const sampleHead: ExchangeHead = {
  pairId: '0af7651916cd43dd8448eb211c80319c',
  route: { name: 'predict', template: '/v1/predict' },
  context: {},
  mode: 'live',
  epochOffsetMs: 1_700_000_000_000,
  requestId: 'r-1',
  method: 'GET',
  startedAt: 1000,
};

export const sampleTrace: PairTrace = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  pairSpanId: '00f067aa0ba902b7',
  shadowSpanId: 'b7ad6b7169203331',
  sampled: false,
};

export function sampleRequest(over: Partial<Request> = {}): Request {
  return {
    id: 'r-1',
    method: 'GET',
    path: '/v1/predict',
    authority: 'shop.example',
    headers: HeaderList.empty,
    body: emptyBody,
    trailers: HeaderList.empty,
    startedAt: 1000,
    endedAt: 1001,
    ...over,
  };
}

export function sampleDuplicate(
  over: Partial<Request> = {},
  headers: HeaderList = over.headers ?? HeaderList.empty,
): Duplicate {
  return {
    head: sampleHead,
    request: sampleRequest(over),
    trace: sampleTrace,
    target: 'shadow',
    headers,
    degraded: false,
  };
}

export function bodyOf(text: string): Request['body'] {
  const bytes = Buffer.from(text, 'latin1');
  return { length: bytes.length, bytes };
}
