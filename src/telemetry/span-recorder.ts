/**
 * From a finished pair to its spans on their way to the collector: result, sampling, room in the queue, spans.
 * Where there is no collector, nothing of it happens.
 */
import type { Resource } from '@opentelemetry/resources';

import type { Clock } from '../base/clock.ts';
import { resultOf, type FinishedPair } from '../comparison/finished-pair.ts';
import type { OtlpDestination } from './otel-environment.ts';
import { createOtlpSender } from './otlp-sender.ts';
import type { PairTraces } from './pair-trace.ts';
import { createSampling } from './sampling.ts';
import type { AttributeSettings } from './span-attributes.ts';
import { SpanQueue, type DropReason, type SpanCounts } from './span-queue.ts';
import { createSpans, spanCountOf } from './spans.ts';

export interface SpanRecorderOptions {
  readonly destination: OtlpDestination | undefined;
  readonly queue: { readonly spans: number; readonly bytes: number };
  readonly maxPairsPerSecond: () => number;
  readonly attributes: AttributeSettings;
  readonly liveParent: PairTraces['liveParent'];
  readonly resource: Resource;
  readonly version: string;
  readonly clock: Clock;
  readonly onLoss: (reason: DropReason, message: string) => void;
}

export interface TelemetryCounts extends SpanCounts {
  /** Spans that were never made, by the decision that left their pair out; no part of `created`. */
  readonly leftOut: { readonly sampled_out: number; readonly rate_limited: number };
}

export interface SpanRecorder {
  record(finished: FinishedPair): void;
  counts(): TelemetryCounts;
  flush(deadlineMs: number): Promise<void>;
  shutdown(deadlineMs: number): Promise<void>;
}

const exportsInFlight = 4;

export function createSpanRecorder(options: SpanRecorderOptions): SpanRecorder {
  const { destination, clock } = options;
  const queue = createQueue(options);
  const decide = createSampling({ clock, maxPairsPerSecond: options.maxPairsPerSecond });
  const write = createSpans({
    ...options.attributes,
    processor: queue,
    resource: options.resource,
    version: options.version,
    liveParent: options.liveParent,
  });
  const leftOut = { sampled_out: 0, rate_limited: 0 };
  return {
    record(finished) {
      if (destination === undefined) return;
      const result = resultOf(finished);
      if (result === undefined) return;
      const decision = decide(finished, result);
      const spans = spanCountOf(finished);
      if (decision !== 'keep') leftOut[decision] += spans;
      // Whole traces or none, and no work for spans that a dead collector will never see.
      else if (queue.hasRoomFor(spans)) write(finished, result);
      else queue.refuse(spans);
    },
    counts: () => ({ ...queue.counts, leftOut: { ...leftOut } }),
    flush: (deadlineMs) => queue.flush(deadlineMs),
    shutdown: (deadlineMs) => queue.shutdown(deadlineMs),
  };
}

function createQueue({ destination, queue, clock, onLoss }: SpanRecorderOptions): SpanQueue {
  const senders = destination
    ? Array.from({ length: exportsInFlight }, () => createOtlpSender(destination))
    : [];
  return new SpanQueue({
    senders,
    clock,
    maxSpans: queue.spans,
    maxBytes: queue.bytes,
    exportTimeoutMs: destination?.timeoutMs ?? 0,
    onLoss,
  });
}
