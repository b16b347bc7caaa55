/**
 * Spans and metrics of finished pairs, composed: draws trace ids at dispatch, decides at the end what is
 * exported, and never lets trouble of its own reach whoever records. Starts without any network; without a
 * collector it makes no spans and says so once.
 */
import { systemClock, type Clock } from '../base/clock.ts';
import { describeFault } from '../base/fault.ts';
import { createRateLimit, type Log } from '../base/log.ts';
import type { ServiceSettings } from '../base/service-version.ts';
import type { FinishedPair } from '../comparison/finished-pair.ts';
import { createMetrics, type MetricSources, type RenderedMetrics } from './metrics.ts';
import { readOtelEnvironment, type Environment, type OtelEnvironment } from './otel-environment.ts';
import { createPairTraces, type PairTraces } from './pair-trace.ts';
import { listenToDiagnostics } from './partial-success.ts';
import { createResource } from './resource.ts';
import type { AttributeSettings, ServerAddress } from './span-attributes.ts';
import { createSpanRecorder, type TelemetryCounts } from './span-recorder.ts';

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

const logPeriodMs = 60_000;

/** Throws a `TwinspanError` when the environment names a collector or a certificate that cannot be. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { settings, version, clock = systemClock } = options;
  const otel = readOtelEnvironment(options.environment ?? process.env, settings.otlp);
  const warn = createWarnings(options.log, clock);
  listenToDiagnostics((message) => warn('otel_warning', 'diagnostics', message));
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
  const spans = createSpanRecorder({
    destination: otel.destination,
    queue: settings.queue,
    maxPairsPerSecond: settings.maxPairsPerSecond,
    attributes: attributeSettingsOf(options),
    liveParent: (context, headers) => traces.liveParent(context, headers),
    resource,
    version,
    clock,
    onLoss: (reason, message) => warn('spans_dropped', reason, `spans were dropped: ${message}`),
  });
  const metrics = createMetrics({
    resource,
    version,
    sources: options.sources,
    routes: options.routes,
    spans: () => spansByOutcome(spans.counts()),
    onTrouble: (message) => warn('metrics_failed', 'read', `a metric cannot be read: ${message}`),
  });
  sayWhereSpansGo(options.log, otel);
  return {
    ...traces,
    record(finished) {
      try {
        metrics.record(finished);
        spans.record(finished);
      } catch (thrown) {
        warn(
          'telemetry_failed',
          'record',
          `a pair was not recorded: ${describeFault(thrown).error}`,
        );
      }
    },
    spanCounts: () => spans.counts(),
    renderMetrics: () => metrics.render(),
    flush: (deadlineMs) => spans.flush(deadlineMs),
    async shutdown(deadlineMs) {
      await spans.shutdown(deadlineMs);
      metrics.stop();
    },
  };
}

/** Warnings that could repeat with every pair: one a minute for an event and its reason. */
function createWarnings(
  log: Log,
  clock: Clock,
): (event: string, reason: string, message: string) => void {
  const mayLog = createRateLimit(logPeriodMs, () => clock.now());
  return (event, reason, message) => {
    if (mayLog(`${event} ${reason}`)) log.warn({ event, reason }, message);
  };
}

function sayWhereSpansGo(log: Log, { unused, destination, disabled }: OtelEnvironment): void {
  if (unused.length > 0) {
    log.warn({ event: 'otel_environment_unused', variables: unused }, unusedMessage);
  }
  if (destination === undefined) {
    log.info({ event: 'spans_off', reason: disabled ? 'disabled' : 'no_collector' }, offMessage);
    return;
  }
  // Without user and password.
  const { origin, pathname } = new URL(destination.url);
  log.info({ event: 'spans_on', collector: origin + pathname }, 'spans go to the collector');
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

function attributeSettingsOf(options: TelemetryOptions): AttributeSettings {
  const { settings, live, shadow, controlUrl } = options;
  return {
    live,
    shadow,
    shadowServer: serverOf(shadow.url),
    controlServer: controlUrl === undefined ? undefined : serverOf(controlUrl),
    modeKeys: settings.modeKeys,
    urlPath: settings.urlPath,
  };
}

/** `server.address` and `server.port` of a configured origin. */
function serverOf(origin: string): ServerAddress {
  const { hostname, port, protocol } = new URL(origin);
  return {
    address: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  };
}
