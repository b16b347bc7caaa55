/**
 * Makes the trace of a pair from finished data: the pair span, the observed live execution and the request to
 * the shadow, with explicit times on one clock and the ids that were drawn at dispatch. There is no global
 * provider and no context manager; parents are always given.
 */
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type HrTime,
  type Link,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { TraceState } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  TracerProvider,
  type IdGenerator,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';

import { HeaderList } from '../base/header-list.ts';
import { randomId } from '../base/random-id.ts';
import type { PairTrace } from '../duplicate/duplicate.ts';
import type { FinishedPair, PairResult } from '../comparison/finished-pair.ts';
import type { LiveParent, PairTraces } from './pair-trace.ts';
import {
  executionName,
  liveAttributes,
  liveErrorType,
  pairAttributes,
  shadowAttributes,
  shadowErrorType,
  type AttributeSettings,
} from './span-attributes.ts';

export interface SpansOptions extends AttributeSettings {
  readonly processor: SpanProcessor;
  readonly resource: Resource;
  /** Version of the instrumentation scope `twinspan`. */
  readonly version: string;
  readonly liveParent: PairTraces['liveParent'];
}

/** Writes the spans of one pair; sampling was decided before. */
export type WriteSpans = (finished: FinishedPair, result: PairResult) => void;

/** How many spans a pair has. */
export function spanCountOf({ shadow }: FinishedPair): number {
  return shadow === undefined ? 2 : 3;
}

export function createSpans(options: SpansOptions): WriteSpans {
  const ids = new PresetIds();
  const provider = new TracerProvider({
    resource: options.resource,
    // Nothing is started that is not to be exported.
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors: [options.processor],
    spanLimits: { attributeValueLengthLimit: 1024, attributeCountLimit: 64, linkCountLimit: 4 },
  });
  const tracer = provider.getTracer('twinspan', options.version);
  return (finished, result) => writePair(finished, result, { tracer, ids, options });
}

interface Writer {
  readonly tracer: Tracer;
  readonly ids: PresetIds;
  readonly options: SpansOptions;
}

function writePair(finished: FinishedPair, result: PairResult, writer: Writer): void {
  const { exchange, trace: drawn, shadow } = finished;
  const { tracer, ids, options } = writer;
  const parent = options.liveParent(
    exchange.context,
    exchange.request?.headers ?? HeaderList.empty,
  );
  const at = (instantMs: number): HrTime => hrTimeOf(exchange.epochOffsetMs + instantMs);
  const liveEnd = endOfLive(finished);

  ids.preset(drawn.traceId, drawn.pairSpanId);
  const pair = tracer.startSpan(
    'twinspan.pair',
    {
      kind: SpanKind.INTERNAL,
      startTime: at(Math.min(exchange.startedAt, shadow?.sentAt ?? Infinity)),
      attributes: pairAttributes(finished, result, parent, options),
      links: linksOf(drawn, parent),
    },
    parentContextOf(drawn),
  );
  const inPair = trace.setSpan(ROOT_CONTEXT, pair);

  const liveError = liveErrorType(finished);
  const live = tracer.startSpan(
    executionName(exchange),
    {
      kind: SpanKind.INTERNAL,
      startTime: at(exchange.startedAt),
      attributes: liveAttributes(exchange, liveError, options),
    },
    inPair,
  );
  finish(live, liveError, at(liveEnd));

  if (shadow !== undefined) {
    const shadowError = shadowErrorType(shadow, exchange);
    ids.preset(drawn.traceId, drawn.shadowSpanId);
    const span = tracer.startSpan(
      executionName(exchange),
      {
        kind: SpanKind.CLIENT,
        startTime: at(shadow.sentAt),
        attributes: shadowAttributes(exchange, shadow, shadowError, options),
      },
      inPair,
    );
    finish(span, shadowError, at(shadow.endedAt));
  }
  pair.end(at(Math.max(liveEnd, shadow?.endedAt ?? -Infinity)));
}

function finish(span: Span, errorType: string | undefined, end: HrTime): void {
  if (errorType !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(end);
}

/** With a whole answer the exchange is over when both directions are; what Envoy takes to let go of it is not live's. */
function endOfLive({ exchange }: FinishedPair): number {
  const { request, response, endedAt } = exchange;
  if (response === undefined) return endedAt;
  return Math.max(response.endedAt, request?.endedAt ?? -Infinity);
}

/** In `join` mode the live span is the parent, so a link to it would say it twice. */
function linksOf(drawn: PairTrace, parent: LiveParent | undefined): Link[] {
  if (parent === undefined || drawn.parentSpanId !== undefined) return [];
  return [
    {
      context: contextOf(parent),
      attributes: { 'twinspan.link.type': 'live_request' } satisfies Attributes,
    },
  ];
}

function parentContextOf(drawn: PairTrace): Context {
  const { traceId, parentSpanId, sampled, tracestate } = drawn;
  if (parentSpanId === undefined) return ROOT_CONTEXT;
  const parent = { traceId, spanId: parentSpanId, sampled, ...(tracestate && { tracestate }) };
  return trace.setSpanContext(ROOT_CONTEXT, contextOf(parent));
}

function contextOf({ traceId, spanId, sampled, tracestate }: LiveParent): SpanContext {
  return {
    traceId,
    spanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: new TraceState(tracestate) }),
  };
}

/** OpenTelemetry's time: seconds and nanoseconds since the Unix epoch. */
function hrTimeOf(unixMs: number): HrTime {
  const seconds = Math.floor(unixMs / 1000);
  const nanoseconds = Math.round((unixMs - seconds * 1000) * 1e6);
  return nanoseconds === 1e9 ? [seconds + 1, 0] : [seconds, nanoseconds];
}

/** Gives the ids that were drawn at dispatch to the span that is started next, and random ones to the others. */
class PresetIds implements IdGenerator {
  #traceId: string | undefined;
  #spanId: string | undefined;

  preset(traceId: string, spanId: string): void {
    this.#traceId = traceId;
    this.#spanId = spanId;
  }

  generateTraceId(): string {
    const id = this.#traceId ?? randomId(16);
    this.#traceId = undefined;
    return id;
  }

  generateSpanId(): string {
    const id = this.#spanId ?? randomId(8);
    this.#spanId = undefined;
    return id;
  }
}
