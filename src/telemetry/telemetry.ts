/**
 * Spans and metrics of finished pairs, composed: draws trace ids at dispatch, decides at the end what is
 * exported, and never lets trouble of its own reach whoever records. Starts without any network; without a
 * collector it makes no spans and says so once.
 */
import { systemClock, type Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { createRateLimit, type Log } from '../base/log.ts';
import { resultOf, type FinishedPair } from './finished-pair.ts';
import { createMetrics, type MetricSources, type RenderedMetrics } from './metrics.ts';
import { readOtelEnvironment, type Environment } from './otel-environment.ts';
import { createOtlpSender } from './otlp-sender.ts';
import { createPairTraces, type PairTraces } from './pair-trace.ts';
import { listenToDiagnostics } from './partial-success.ts';
import { createResource } from './resource.ts';
import { createSampling } from './sampling.ts';
import type { ServerAddress, ServiceSettings } from './span-attributes.ts';
import { SpanQueue, type SpanCounts } from './span-queue.ts';
import { createSpans, spanCountOf } from './spans.ts';

/** `telemetry` of the configuration; what is a function is read at every use, so that it can be reloaded. */
export interface TelemetrySettings {
  /** Base URL of the collector; the environment may name another. */
  readonly otlp?: string | undefined;
  readonly trace: 'pair' | 'join';
  readonly keepMatches: () => number;
  readonly maxPairsPerSecond: () => number;
  readonly urlPath: boolean;
  readonly modeKeys: readonly string[];
  readonly queue: { readonly spans: number; readonly bytes: number };
}

export interface TelemetryOptions {
  readonly settings: TelemetrySettings;
  readonly live: ServiceSettings;
  readonly shadow: ServiceSettings & { readonly url: string };
  readonly controlUrl?: string | undefined;
  /** Names of the configured routes. */
  readonly routes: readonly string[];
  /** The experiment in which a pair counts, if it does in any. */
  readonly experimentId: (finished: FinishedPair) => string | undefined;
  readonly sources: MetricSources;
  readonly log: Log;
  /** Unique among the replicas: `service.instance.id`. */
  readonly instanceId: string;
  /** Of twinspan. */
  readonly version: string;
  readonly environment?: Environment;
  readonly clock?: Clock;
  readonly random?: () => number;
}

export interface TelemetryCounts extends SpanCounts {
  /** Spans that were never made, by the decision that left their pair out; no part of `created`. */
  readonly leftOut: { readonly sampled_out: number; readonly rate_limited: number };
}

export interface Telemetry extends PairTraces {
  /** To be called once for each followed exchange that is over. Never throws. */
  record(finished: FinishedPair): void;
  spanCounts(): TelemetryCounts;
  renderMetrics(): Promise<RenderedMetrics>;
  /** Resolves when the spans made so far have been exported or dropped, or after `deadlineMs`. */
  flush(deadlineMs: number): Promise<void>;
  /** Like `flush`; what is left then, or is recorded later, counts as dropped (`shutdown`). Metrics can still be read. */
  shutdown(deadlineMs: number): Promise<void>;
}

const exportsInFlight = 4;
const logPeriodMs = 60_000;

/** Throws a `TwinspanError` when the environment names a collector or a certificate that cannot be. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { settings, log, version, clock = systemClock } = options;
  const otel = readOtelEnvironment(options.environment ?? process.env, settings.otlp);
  if (otel.unused.length > 0) {
    log.warn({ event: 'otel_environment_unused', variables: otel.unused }, unusedMessage);
  }
  const mayLog = createRateLimit(logPeriodMs, () => clock.now());
  const warn = (event: string, key: string, message: string): void => {
    if (mayLog(`${event} ${key}`)) log.warn({ event, reason: key }, message);
  };
  const resource = createResource({
    liveName: options.live.name,
    instanceId: options.instanceId,
    version,
    fromEnvironment: otel.resourceAttributes,
  });
  const traces = createPairTraces({
    mode: settings.trace,
    keepMatches: settings.keepMatches,
    ...(options.random && { random: options.random }),
  });

  const { destination } = otel;
  listenToDiagnostics((message) => warn('otel_warning', 'diagnostics', message));
  const queue = new SpanQueue({
    senders: destination
      ? Array.from({ length: exportsInFlight }, () => createOtlpSender(destination))
      : [],
    clock,
    maxSpans: settings.queue.spans,
    maxBytes: settings.queue.bytes,
    exportTimeoutMs: destination?.timeoutMs ?? 0,
    onLoss: (reason, message) => warn('spans_dropped', reason, `spans were dropped: ${message}`),
  });
  const leftOut = { sampled_out: 0, rate_limited: 0 };
  const spanCounts = (): TelemetryCounts => ({ ...queue.counts, leftOut: { ...leftOut } });
  const metrics = createMetrics({
    resource,
    version,
    sources: options.sources,
    routes: options.routes,
    spans: () => spansByOutcome(spanCounts()),
    onTrouble: (message) => warn('metrics_failed', 'read', `a metric cannot be read: ${message}`),
  });

  const writeSpans = createSpans({
    processor: queue,
    resource,
    version,
    liveParent: (context, headers) => traces.liveParent(context, headers),
    live: options.live,
    shadow: options.shadow,
    shadowServer: serverOf(options.shadow.url),
    controlServer: options.controlUrl === undefined ? undefined : serverOf(options.controlUrl),
    modeKeys: settings.modeKeys,
    urlPath: settings.urlPath,
    experimentId: options.experimentId,
  });
  const decide = createSampling({ clock, maxPairsPerSecond: settings.maxPairsPerSecond });
  const recordSpans = (finished: FinishedPair): void => {
    const result = resultOf(finished);
    if (result === undefined) return;
    const decision = decide(finished, result);
    if (decision === 'keep') writeSpans(finished, result);
    else leftOut[decision] += spanCountOf(finished);
  };

  if (destination === undefined) {
    log.info(
      { event: 'spans_off', reason: otel.disabled ? 'disabled' : 'no_collector' },
      offMessage,
    );
  } else {
    log.info({ event: 'spans_on', collector: withoutCredentials(destination.url) });
  }
  return {
    ...traces,
    record(finished) {
      try {
        metrics.record(finished);
        if (destination !== undefined) recordSpans(finished);
      } catch (thrown) {
        warn('telemetry_failed', 'record', `a pair was not recorded: ${messageOf(thrown)}`);
      }
    },
    spanCounts,
    renderMetrics: () => metrics.render(),
    flush: (deadlineMs) => queue.flush(deadlineMs),
    async shutdown(deadlineMs) {
      await queue.shutdown(deadlineMs);
      metrics.stop();
    },
  };
}

const unusedMessage =
  'these variables are set and have no effect here; see docs/configuration.md for those that have one';
const offMessage =
  'no spans are made; set telemetry.otlp or OTEL_EXPORTER_OTLP_ENDPOINT, and not OTEL_SDK_DISABLED, to get them';

function* spansByOutcome(
  counts: TelemetryCounts,
): Generator<readonly [outcome: string, count: number]> {
  yield ['exported', counts.exported];
  yield* Object.entries(counts.dropped);
  yield* Object.entries(counts.leftOut);
}

/** `server.address` and `server.port` of a configured origin. */
function serverOf(origin: string): ServerAddress {
  const { hostname, port, protocol } = new URL(origin);
  return {
    address: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  };
}

function withoutCredentials(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
