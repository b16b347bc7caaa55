/**
 * Builds the stations in travel order and connects them. Nothing listens yet: `app.ts` opens the doors.
 */
import { randomBytes } from 'node:crypto';

import { ByteBudget } from './base/byte-budget.ts';
import type { Clock } from './base/clock.ts';
import { messageOf } from './base/errors.ts';
import { HeaderList } from './base/header-list.ts';
import { createRateLimit, type Log } from './base/log.ts';
import { watchLoopDelay } from './base/loop-delay.ts';
import { randomId } from './base/random-id.ts';
import { version } from './base/version.ts';
import type { Comparison } from './comparison/comparison.ts';
import { createOffload, type Offload } from './comparison/offload.ts';
import type { Pair } from './comparison/pair.ts';
import type { RuleOptions, Rules } from './comparison/rules.ts';
import type { Config } from './config/schema.ts';
import { Queue, type QueueLimits } from './duplicate/queue.ts';
import { Ledger } from './exchange/ledger.ts';
import { classOf, type OutcomeClass } from './exchange/outcome.ts';
import { compileGeneration, type Generation } from './generation.ts';
import { Journey } from './journey.ts';
import { comparisonWorkers } from './memory.ts';
import { watchCoverage } from './report/envoy-counters.ts';
import { RecentPairs } from './report/recent-pairs.ts';
import { Breaker } from './shadow/breaker.ts';
import { createShadowClient, type ShadowClient } from './shadow/client.ts';
import { RateLimit } from './shadow/rate-limit.ts';
import type { FinishedPair } from './telemetry/finished-pair.ts';
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts';

export interface StationsOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly clock: Clock;
  /** Asked at each reading of the metrics; the server is started later. */
  readonly streamResults: () => Readonly<Record<string, number>>;
  readonly synchronousStreams: () => number;
  readonly onInvariantViolated?: ((message: string) => void) | undefined;
}

export interface Stations {
  readonly ledger: Ledger;
  readonly budget: ByteBudget;
  readonly queue: Queue;
  readonly breaker: Breaker;
  readonly client: ShadowClient;
  readonly offload: Offload;
  readonly telemetry: Telemetry;
  readonly recentPairs: RecentPairs;
  readonly journey: Journey;
  generation(): Generation;
  /** Compiles the configuration and swaps it in, with the limits that can change while running. */
  swap(config: Config): void;
  setPaused(paused: boolean): void;
  paused(): boolean;
  /** Stops what runs by a timer. */
  stopWatching(): void;
}

/** Ways to end in which there is a pair to show; the others are counted alone. */
const shown = new Set<OutcomeClass>(['compared', 'failed', 'control']);

/** @throws TwinspanError for files that the configuration names and that cannot be read */
export function buildStations(options: StationsOptions): Stations {
  const { config, env, log, clock } = options;
  const mayLog = createRateLimit(10_000, () => clock.now());
  let pausedByOperator = false;
  let attributesWarned = false;

  // 2 · the books, and the budget from which every captured byte is taken.
  const ledger = new Ledger((message) => {
    log.error({ event: 'invariant_violated', message }, 'the books do not agree');
    options.onInvariantViolated?.(message);
  });
  const budget = new ByteBudget(config.capture.maxBytesInFlight);
  const loopDelay = watchLoopDelay(clock);

  // 4 · the way to the shadow, and what protects it from us.
  const { breaker: breakerConfig } = config.shadow;
  const breaker = new Breaker({
    failures: breakerConfig.failures,
    windowMs: breakerConfig.window,
    openMs: breakerConfig.open,
    clock,
    onChange: (state) => log.warn({ event: 'breaker', state }, `the circuit breaker is ${state}`),
  });
  const rateLimit = new RateLimit({ ratePerSecond: config.shadow.rate, clock });
  const client = createShadowClient({
    url: config.shadow.url,
    egress: config.shadow.egress,
    host: config.shadow.host,
    connections: config.shadow.connections,
    timeoutMs: config.shadow.timeout,
    maxResponseBytes: config.shadow.maxResponseBytes,
    maxBodyBytes: config.capture.maxBodyBytes,
    ...(config.shadow.tls && { tls: config.shadow.tls }),
    budget,
    clock,
    log,
  });

  // 3 · the waiting room in front of it.
  const queue: Queue = new Queue({
    limits: queueLimitsOf(config),
    deliver: (duplicate, signal) => journey.deliver(duplicate, signal),
    onInternal: (error, duplicate) => {
      log.error({ event: 'delivery_failed', error: messageOf(error) }, 'a delivery failed');
      journey.abandon(duplicate, 'internal');
    },
    clock,
  });

  // 5 · the comparison, beside everything else where it could hold it up.
  const onTrouble = (error: unknown): void => {
    if (!mayLog('comparison_failed')) return;
    log.error({ event: 'comparison_failed', error: messageOf(error) }, 'a comparison failed');
  };
  const offload = createOffload({
    ...offloadLimits,
    clock,
    onStart: () =>
      log.info(
        { event: 'comparison_worker' },
        'large answers are compared by a thread of their own from now on',
      ),
    onTrouble,
  });

  // What the configuration decides at every station; swapped whole at a reload.
  const seams = {
    instance: randomId(8),
    hmacKey: randomBytes(32),
    paused: () => paused(),
    wallNow: () => clock.wallNow(),
    pressure: () => {
      if (budget.used >= budget.max) return 'bytes_exhausted' as const;
      if (!breaker.permits()) return 'circuit_open' as const;
      return rateLimit.take() ? undefined : ('over_rate' as const);
    },
    compare: (pair: Pair, rules: Rules, ruleOptions: RuleOptions) =>
      offload.compare(pair, rules, ruleOptions),
    onTrouble,
  };
  let generation = compileGeneration(config, seams);
  const paused = (): boolean => pausedByOperator || generation.config.paused;

  // 6a · spans and metrics.
  const telemetry = createTelemetry({
    settings: {
      otlp: config.telemetry.otlp,
      trace: config.telemetry.trace,
      keepMatches: () => generation.config.telemetry.keepMatches,
      maxPairsPerSecond: () => generation.config.telemetry.maxPairsPerSecond,
      urlPath: config.telemetry.urlPath,
      modeKeys: config.telemetry.modeKeys,
      queue: config.telemetry.queue,
    },
    live: config.live,
    shadow: config.shadow,
    routes: config.routes.map((route) => route.name),
    // A canary answers for a version of its own, so it counts in no experiment.
    experimentId: ({ exchange }) =>
      exchange.mode === 'canary' ? undefined : generation.experiment,
    sources: {
      exchangesSeen: () => ledger.totals().seen,
      exchangesInFlight: () => ledger.inFlight,
      forEachOutcome: (visit) => ledger.forEach(visit),
      shadowInFlight: () => ledger.shadowInFlight,
      queueLength: () => queue.length,
      bytesInFlight: () => budget.used,
      breakerState: () => breaker.state,
      extProcStreams: () => Object.entries(options.streamResults()),
      synchronousStreams: options.synchronousStreams,
      coverageGap: () => coverage?.gap(),
    },
    instanceId: seams.instance,
    version,
    environment: env,
    log,
    clock,
  });

  const coverage =
    config.envoy.adminUrl === undefined
      ? undefined
      : watchCoverage({
          adminUrl: config.envoy.adminUrl,
          counters: () => {
            const { seen, shadow } = ledger.totals();
            return { seen, sent: shadow.sent };
          },
          onTrouble: (error) => {
            if (!mayLog('coverage_unknown')) return;
            log.warn(
              { event: 'coverage_unknown', error: messageOf(error) },
              "Envoy's admin (envoy.adminUrl) cannot be read, so what it did not deliver is unknown",
            );
          },
        });

  // 6c · what people read.
  const recentPairs = new RecentPairs();

  const journey: Journey = new Journey({
    clock,
    ledger,
    budget,
    generation: () => generation,
    loopDelayMs: () => loopDelay.current(),
    paused,
    drawTrace: (context, headers) => telemetry.draw(context, headers),
    queue,
    breaker,
    send: (duplicate, signal) => client.send(duplicate, signal),
    onFinished: (finished) => {
      telemetry.record(finished);
      const { exchange, outcome, shadow, comparison, trace } = finished;
      if (comparison?.result === 'mismatch' && mayLog(`mismatch ${exchange.route.name}`)) {
        logMismatch(log, finished, comparison);
      }
      // The shadow may have answered although live broke off: that is no pair of answers, nor its failure.
      if (shadow === undefined || !shown.has(classOf(outcome))) return;
      const headers = exchange.request?.headers ?? HeaderList.empty;
      const parent = telemetry.liveParent(exchange.context, headers);
      recentPairs.add({
        exchange,
        shadow,
        ...(comparison && { comparison }),
        traceId: trace.traceId,
        ...(parent && { liveTraceId: parent.traceId }),
      });
    },
    onAttributesMissing: () => {
      if (attributesWarned) return;
      attributesWarned = true;
      log.warn(
        { event: 'attributes_missing' },
        "Envoy does not send response.code_details, so its own answers cannot be told from live's: add it to the filter's response_attributes",
      );
    },
    onTrouble,
  });

  return {
    ledger,
    budget,
    queue,
    breaker,
    client,
    offload,
    telemetry,
    recentPairs,
    journey,
    generation: () => generation,
    swap(next) {
      generation = compileGeneration(next, seams);
      budget.max = next.capture.maxBytesInFlight;
      queue.limits = queueLimitsOf(next);
      rateLimit.ratePerSecond = next.shadow.rate;
      client.timeoutMs = next.shadow.timeout;
    },
    setPaused(value) {
      pausedByOperator = value;
    },
    paused,
    stopWatching() {
      loopDelay.stop();
      coverage?.stop();
    },
  };
}

/** Values stay out of the log, as they do out of the spans. */
function logMismatch(log: Log, { exchange, trace }: FinishedPair, comparison: Comparison): void {
  const groups = new Set(comparison.differences.map(({ group }) => group));
  log.info(
    {
      event: 'mismatch',
      route: exchange.route.name,
      request_id: exchange.requestId.slice(0, 256),
      trace_id: trace.traceId,
      span_id: trace.shadowSpanId,
      deployment_mode: 'shadow',
      differences: comparison.differenceCount,
      groups: [...groups].slice(0, 16),
    },
    'live and shadow differ; at most one such line a route in 10 s',
  );
}

/** Pairs that wait hold captured bytes, of which they may take a half of the default budget. */
const offloadLimits = {
  thresholdBytes: 256 * 1024,
  timeoutMs: 5000,
  maxWaitMs: 10_000,
  maxWaiting: { pairs: 1000, bytes: 32 * 1024 * 1024 },
  workers: comparisonWorkers,
};

function queueLimitsOf({ shadow }: Config): QueueLimits {
  const { requests, bytes } = shadow.queue;
  // Without pipelining a connection carries one request: what is beyond waits here, where a pause still reaches it.
  const concurrency = Math.min(shadow.concurrency, shadow.connections);
  return { requests, bytes, concurrency };
}
