/**
 * Builds the stations in travel order and connects them. Nothing listens yet: `app.ts` opens the doors.
 */
import { randomBytes } from 'node:crypto';

import { ByteBudget } from './base/byte-budget.ts';
import type { Clock } from './base/clock.ts';
import { messageOf } from './base/errors.ts';
import { describeFault } from './base/fault.ts';
import { createRateLimit, type Log } from './base/log.ts';
import { watchLoopDelay } from './base/loop-delay.ts';
import { randomId } from './base/random-id.ts';
import { version } from './base/version.ts';
import { createOffload, type Offload } from './comparison/offload.ts';
import type { Pair } from './comparison/pair.ts';
import type { RuleOptions, Rules } from './comparison/rules.ts';
import type { Config } from './config/schema.ts';
import type { Duplicate } from './duplicate/duplicate.ts';
import { Queue, type QueueLimits } from './duplicate/queue.ts';
import { Ledger } from './exchange/ledger.ts';
import { Experiments } from './experiments.ts';
import { compileGeneration, type Generation } from './generation.ts';
import { Journey } from './journey.ts';
import { createJudge, type Judge } from './judge.ts';
import { comparisonWorkers } from './memory.ts';
import { watchCoverage } from './report/envoy-counters.ts';
import { createReports, type Reports } from './reports.ts';
import { RateLimit } from './shadow/rate-limit.ts';
import { connectTargets, type ConnectedTargets } from './targets.ts';
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts';

export interface StationsOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly clock: Clock;
  /** Of all keyed hashes; drawn at random when there is none. */
  readonly hashKey?: Uint8Array | undefined;
  /** Asked at each reading of the metrics; the server is started later. */
  readonly streamResults: () => Readonly<Record<string, number>>;
  readonly synchronousStreams: () => number;
  readonly logLinesLost: () => number;
  readonly onInvariantViolated?: ((message: string) => void) | undefined;
}

export interface Stations {
  readonly ledger: Ledger;
  readonly budget: ByteBudget;
  readonly queue: Queue;
  readonly targets: ConnectedTargets;
  readonly offload: Offload;
  readonly telemetry: Telemetry;
  readonly reports: Reports;
  readonly judge: Judge;
  /** Id of the experiment that runs now. */
  experiment(): string;
  readonly journey: Journey;
  generation(): Generation;
  /** Compiles the configuration and swaps it in, with the limits that can change while running. */
  swap(config: Config): void;
  /** Beside `paused` of the configuration. */
  setPaused(paused: boolean): void;
  /** By either of them. */
  paused(): boolean;
  /** Stops what runs by a timer. */
  stopWatching(): void;
}

/** @throws TwinspanError for files that the configuration names and that cannot be read */
export function buildStations(options: StationsOptions): Stations {
  const { config, env, log, clock } = options;
  const mayLog = createRateLimit(10_000, () => clock.now());
  let pausedBeside = false;
  let attributesWarned = false;

  // 2 · the books, and the budget from which every captured byte is taken.
  const ledger = new Ledger((message) => {
    log.error({ event: 'invariant_violated', message }, 'the books do not agree');
    options.onInvariantViolated?.(message);
  });
  const budget = new ByteBudget(config.capture.maxBytesInFlight);
  const loopDelay = watchLoopDelay(clock);

  // 4 · the ways to the shadow and to the control, and what protects them from us.
  const targets = connectTargets({ config, budget, mayStart: () => !paused(), clock, log });
  const rateLimit = new RateLimit({ ratePerSecond: config.shadow.rate, clock });

  // 3 · the waiting room in front of them.
  const queue: Queue = new Queue({
    limits: queueLimitsOf(config),
    deliver: (duplicate, signal) => journey.deliver(duplicate, signal),
    onInternal: (error, duplicate) => {
      log.error({ event: 'delivery_failed', ...describeFault(error) }, 'a delivery failed');
      journey.abandon(duplicate, 'internal');
    },
    clock,
  });

  // 5 · the comparison, beside everything else where it could hold it up.
  const onTrouble = (error: unknown): void => {
    if (!mayLog('comparison_failed')) return;
    log.error({ event: 'comparison_failed', ...describeFault(error) }, 'a comparison failed');
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
    hmacKey: options.hashKey ?? randomBytes(32),
    paused: () => paused(),
    wallNow: () => clock.wallNow(),
    pressure: (target: Duplicate['target']) => {
      if (budget.used >= budget.max) return 'bytes_exhausted' as const;
      if (!targets.permits(target)) return 'circuit_open' as const;
      return rateLimit.take() ? undefined : ('over_rate' as const);
    },
    compare: (pair: Pair, rules: Rules, ruleOptions: RuleOptions) =>
      offload.compare(pair, rules, ruleOptions),
    onTrouble,
  };
  let generation = compileGeneration(config, seams);
  const paused = (): boolean => pausedBeside || generation.config.paused;

  // 6c and 7 · what people read, and what is made of it.
  const experiments = new Experiments();
  const judge = createJudge({
    clock,
    ledger,
    experiments,
    loopDelayMs: () => loopDelay.current(),
    generation: () => generation,
  });
  const reports = createReports({
    config: () => generation.config,
    currentExperiment: () => experiments.current(generation).id,
    liveParent: (context, headers) => telemetry.liveParent(context, headers),
    log,
    clock,
    mayLog,
  });

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
    controlUrl: config.control?.url,
    routes: config.routes.map((route) => route.name),
    sources: {
      exchangesSeen: () => ledger.totals().seen,
      exchangesInFlight: () => ledger.inFlight,
      forEachOutcome: (visit) => ledger.forEach(visit),
      shadowInFlight: () => ledger.shadowInFlight,
      queueLength: () => queue.length,
      bytesInFlight: () => budget.used,
      breakerState: () => targets.shadow.breaker.state,
      extProcStreams: () => Object.entries(options.streamResults()),
      synchronousStreams: options.synchronousStreams,
      logLinesLost: options.logLinesLost,
      coverageGap: () => coverage?.gap(),
      verdict: {
        process: { id: seams.instance, startedAt: clock.wallNow() },
        forEachGateEvent: (visit) => judge.gateEvents.forEach(visit),
        experiments: () =>
          judge.standings().map(({ experiment, ...standing }) => ({ ...experiment, ...standing })),
      },
      agreement: reports.agreement.metrics,
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

  const journey: Journey = new Journey({
    clock,
    ledger,
    budget,
    generation: () => generation,
    loopDelayMs: () => loopDelay.current(),
    paused,
    drawTrace: (context, headers) => telemetry.draw(context, headers),
    queue,
    targets,
    enroll: (head, its) => {
      const count = judge.enroll(head, its);
      return (ended) => {
        const candidates = experiments.of(its, ended);
        const [experiment] = candidates;
        const finished = experiment === undefined ? ended : { ...ended, experiment: experiment.id };
        try {
          telemetry.record(finished);
          reports.add(finished);
        } finally {
          // Its place would hold up all those behind it.
          count(finished, candidates);
        }
      };
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
    targets,
    offload,
    telemetry,
    reports,
    judge,
    experiment: () => experiments.current(generation).id,
    journey,
    generation: () => generation,
    swap(next) {
      const before = generation.config;
      generation = compileGeneration(next, seams);
      reports.onReload(before, next);
      budget.max = next.capture.maxBytesInFlight;
      queue.limits = queueLimitsOf(next);
      rateLimit.ratePerSecond = next.shadow.rate;
      targets.setTimeoutMs(next.shadow.timeout);
    },
    setPaused(value) {
      pausedBeside = value;
    },
    paused,
    stopWatching() {
      loopDelay.stop();
      judge.stop();
      coverage?.stop();
    },
  };
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
