/**
 * A pair on its way to another thread: what the comparison reads of it and nothing else. The bodies are copied into one
 * buffer, which is handed over; the pair itself stays whole for those who read it afterwards.
 */
import type { Body } from '../base/body-buffer.ts';
import { HeaderList } from '../base/header-list.ts';
import type { Pair } from './pair.ts';
import type { SegmentRules } from './segments.ts';

interface PackedAnswer {
  readonly status: number;
  /** As of `HeaderList.flat`. */
  readonly headers: readonly string[];
  readonly trailers: readonly string[];
  readonly bodyLength: number;
  /** How many bytes of the buffer are its body; absent when the body was not kept. */
  readonly keptLength?: number;
  readonly sha256?: string;
}

export interface PackedPair {
  readonly method: string;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly degraded: boolean;
  readonly live: PackedAnswer;
  readonly shadow: PackedAnswer;
  /** As of `HeaderList.flat`, those that segments are read from. */
  readonly requestHeaders: readonly string[];
  /** How many bytes of the buffer are the request's; 0 unless segments are read from it. */
  readonly requestLength: number;
  /** Live's body, then the shadow's, then the request's. */
  readonly bodies: ArrayBuffer;
}

interface Answer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly trailers: HeaderList;
  readonly body: Body;
}

/** `segments` says what is read of the request. */
export function packPair({ exchange, shadow }: Pair, segments?: SegmentRules): PackedPair {
  const { request, response } = exchange;
  const asked = segments?.readsBody === true ? request.body.bytes : undefined;
  const parts = [response.body.bytes, shadow.body.bytes, asked].map((part) => part ?? noBytes);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  // allocUnsafeSlow: memory of its own, because what is handed over is the whole buffer.
  const bodies = Buffer.allocUnsafeSlow(length);
  let offset = 0;
  for (const part of parts) {
    bodies.set(part, offset);
    offset += part.length;
  }
  return {
    method: request.method,
    startedAt: exchange.epochOffsetMs + exchange.startedAt,
    degraded: shadow.duplicate.degraded,
    live: packAnswer(response),
    shadow: packAnswer(shadow),
    requestHeaders: segments === undefined ? [] : headersOf(request.headers, segments),
    requestLength: asked?.length ?? 0,
    bodies: bodies.buffer,
  };
}

const noBytes = Buffer.alloc(0);

function headersOf(headers: HeaderList, segments: SegmentRules): string[] {
  const flat: string[] = [];
  for (const [name, value] of headers) {
    const isRead =
      segments.headers.has(name) || (segments.readsBody && name === 'content-encoding');
    if (isRead) flat.push(name, value);
  }
  return flat;
}

function packAnswer({ status, headers, trailers, body }: Answer): PackedAnswer {
  return {
    status,
    headers: headers.flat,
    trailers: trailers.flat,
    bodyLength: body.length,
    ...(body.bytes !== undefined && { keptLength: body.bytes.length }),
    ...(body.sha256 !== undefined && { sha256: body.sha256 }),
  };
}

/** The pair as the comparison knows it: what it does not read is empty. */
export function unpackPair(packed: PackedPair): Pair {
  const { method, startedAt, degraded, live, shadow, requestHeaders, requestLength, bodies } =
    packed;
  const head = {
    pairId: '',
    route: { name: '', template: '' },
    context: {},
    mode: 'live',
    epochOffsetMs: 0,
    requestId: '',
    method,
    startedAt,
  } as const;
  const request = {
    id: '',
    method,
    path: '',
    authority: '',
    headers: new HeaderList(requestHeaders),
    body: {
      length: requestLength,
      bytes: Buffer.from(bodies, bodies.byteLength - requestLength, requestLength),
    },
    trailers: HeaderList.empty,
    startedAt: 0,
    endedAt: 0,
  };
  const duplicate = {
    head,
    request,
    trace: { traceId: '', pairSpanId: '', shadowSpanId: '', sampled: false },
    target: 'shadow',
    headers: HeaderList.empty,
    degraded,
  } as const;
  const response = { ...unpackAnswer(live, bodies, 0), startedAt: 0, endedAt: 0 };
  return {
    exchange: { ...head, request, response, endedAt: 0 },
    shadow: {
      kind: 'answered',
      duplicate,
      ...unpackAnswer(shadow, bodies, live.keptLength ?? 0),
      sentAt: 0,
      endedAt: 0,
    },
  };
}

function unpackAnswer(packed: PackedAnswer, bodies: ArrayBuffer, offset: number): Answer {
  const { status, headers, trailers, bodyLength, keptLength, sha256 } = packed;
  return {
    status,
    headers: new HeaderList(headers),
    trailers: new HeaderList(trailers),
    body: {
      length: bodyLength,
      ...(keptLength !== undefined && { bytes: Buffer.from(bodies, offset, keptLength) }),
      ...(sha256 !== undefined && { sha256 }),
    },
  };
}
