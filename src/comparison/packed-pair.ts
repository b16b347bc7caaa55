/**
 * A pair on its way to another thread: what the comparison reads of it and nothing else. Both bodies are copied into
 * one buffer, which is handed over; the pair itself stays whole for those who read it afterwards.
 */
import { emptyBody, type Body } from '../base/body-buffer.ts';
import { HeaderList } from '../base/header-list.ts';
import type { Pair } from './pair.ts';

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
  readonly degraded: boolean;
  readonly live: PackedAnswer;
  readonly shadow: PackedAnswer;
  /** Live's body, then the shadow's. */
  readonly bodies: ArrayBuffer;
}

interface Answer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly trailers: HeaderList;
  readonly body: Body;
}

export function packPair({ exchange, shadow }: Pair): PackedPair {
  const live = exchange.response.body.bytes;
  const other = shadow.body.bytes;
  const liveLength = live?.length ?? 0;
  // allocUnsafeSlow: memory of its own, because what is handed over is the whole buffer.
  const bodies = Buffer.allocUnsafeSlow(liveLength + (other?.length ?? 0));
  if (live !== undefined) bodies.set(live);
  if (other !== undefined) bodies.set(other, liveLength);
  return {
    method: exchange.request.method,
    degraded: shadow.duplicate.degraded,
    live: packAnswer(exchange.response),
    shadow: packAnswer(shadow),
    bodies: bodies.buffer,
  };
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
export function unpackPair({ method, degraded, live, shadow, bodies }: PackedPair): Pair {
  const head = {
    pairId: '',
    route: { name: '', template: '' },
    context: {},
    mode: 'live',
    epochOffsetMs: 0,
    requestId: '',
    method,
    startedAt: 0,
  } as const;
  const request = {
    id: '',
    method,
    path: '',
    authority: '',
    headers: HeaderList.empty,
    body: emptyBody,
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
