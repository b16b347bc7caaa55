/**
 * Draws the ids of a pair's trace at dispatch, because the shadow's `traceparent` names a span that ends
 * later, and reads the live request's own trace context. Two shapes: `pair` (a trace of its own, linked to the
 * live request) and `join` (the same spans under the live trace, which then also decides the sampling).
 */
import { parseTraceParent, TraceState } from '@opentelemetry/core';

import type { HeaderList } from '../base/header-list.ts';
import { ownText } from '../base/kept-headers.ts';
import { randomId } from '../base/random-id.ts';
import type { PairTrace } from '../duplicate/duplicate.ts';
import type { LiveContext } from '../stream/live-event.ts';

/** The span under which the live request ran, or was sent. */
export interface LiveParent {
  readonly traceId: string;
  readonly spanId: string;
  /** The sampled flag of W3C Trace Context section 3.2.2.5.1. */
  readonly sampled: boolean;
  readonly tracestate?: string;
}

export interface PairTraceOptions {
  readonly mode: 'pair' | 'join';
  /** Share of matching pairs whose trace is kept, 0 to 1; read at every draw, so that it can be reloaded. */
  readonly keepMatches: () => number;
  /** A number of [0, 1). */
  readonly random?: () => number;
}

export interface PairTraces {
  draw(context: LiveContext, requestHeaders: HeaderList): PairTrace;
  liveParent(context: LiveContext, requestHeaders: HeaderList): LiveParent | undefined;
}

export function createPairTraces(options: PairTraceOptions): PairTraces {
  const { mode, keepMatches, random = Math.random } = options;
  return {
    liveParent,
    draw(context, requestHeaders) {
      const spanIds = { pairSpanId: randomId(8), shadowSpanId: randomId(8) };
      const parent = mode === 'join' ? liveParent(context, requestHeaders) : undefined;
      // Without a live trace there is nothing to join: the pair gets a trace of its own.
      if (parent === undefined) {
        return Object.freeze({
          traceId: randomId(16),
          ...spanIds,
          sampled: random() < keepMatches(),
        });
      }
      return Object.freeze({
        traceId: parent.traceId,
        ...spanIds,
        sampled: parent.sampled,
        parentSpanId: parent.spanId,
        ...(parent.tracestate !== undefined && { tracestate: parent.tracestate }),
      });
    },
  };
}

/**
 * Envoy's own span, from the metadata of the call, when it is valid; else what the client sent, from the
 * request's header (Envoy writes its own context into the headers only after this filter).
 */
function liveParent(context: LiveContext, requestHeaders: HeaderList): LiveParent | undefined {
  if (context.traceparent !== undefined) {
    const parent = parse(context.traceparent, context.tracestate);
    if (parent !== undefined) return parent;
  }
  const traceparents = requestHeaders.getAll('traceparent');
  // More than one is as good as none: W3C Trace Context section 4.2, "failed to parse traceparent".
  if (traceparents.length !== 1) return undefined;
  return parse(traceparents[0]!, requestHeaders.getAll('tracestate').join(','));
}

function parse(traceparent: string, tracestate: string | undefined): LiveParent | undefined {
  const parsed = parseTraceParent(traceparent);
  if (parsed === null) return undefined;
  // Read and written again, so that what goes on a wire is a valid list of at most 32 members and 512 characters.
  const state = tracestate === undefined ? '' : new TraceState(tracestate).serialize();
  return {
    // A span that waits, and a row of recent pairs, would keep the text of the whole request alive.
    traceId: ownText(parsed.traceId),
    spanId: ownText(parsed.spanId),
    sampled: (parsed.traceFlags & 1) === 1,
    ...(state !== '' && { tracestate: state }),
  };
}
