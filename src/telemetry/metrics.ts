/**
 * The numbers of `/metrics`. Most are read from their owners when somebody asks; only the result and the
 * durations of a pair are recorded here. Label values are words of closed lists and names of the configuration,
 * and every instrument has a limit on its series, beyond which the SDK counts into one series of its own.
 */
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  InstrumentType,
  MeterProvider,
  MetricReader,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import type { Meter, ObservableResult } from '@opentelemetry/api';

import { messageOf } from '../base/errors.ts';
import { compared, outcomes, unreadRoute, type Outcome } from '../exchange/outcome.ts';
import { monitorDelay } from './event-loop-delay.ts';
import type { FinishedPair } from '../comparison/finished-pair.ts';
import { liveSeconds, shadowSeconds } from './service-time.ts';
import { observeRows, type RowSource } from './row-metrics.ts';
import { observeVerdict, type VerdictSources } from './verdict-metrics.ts';

/** What the parts of the program know, asked at each reading. Totals never fall. */
export interface MetricSources {
  readonly exchangesSeen: () => number;
  readonly exchangesInFlight: () => number;
  readonly forEachOutcome: (
    visit: (route: string, outcome: Outcome, count: number) => void,
  ) => void;
  readonly shadowInFlight: () => number;
  readonly queueLength: () => number;
  readonly bytesInFlight: () => number;
  readonly breakerState: () => 'closed' | 'half_open' | 'open';
  /** RPCs of Envoy's filter by how they ended, a closed list. */
  readonly extProcStreams: () => Iterable<readonly [result: string, count: number]>;
  readonly synchronousStreams: () => number;
  readonly logLinesLost: () => number;
  /** 0 to 1, or undefined when unknown. */
  readonly coverageGap: () => number | undefined;
  /** Absent where nothing is judged. */
  readonly verdict?: VerdictSources;
  /** How far predictions and segments agree. */
  readonly agreement?: RowSource;
}

export interface MetricsOptions {
  readonly resource: Resource;
  readonly version: string;
  readonly sources: MetricSources;
  /** Spans by what became of them, those left out by sampling included. */
  readonly spans: () => Iterable<readonly [outcome: string, count: number]>;
  /** Names of the configured routes: their comparisons start at 0. */
  readonly routes: readonly string[];
  /** Hears of readings that failed in part; must not throw. */
  readonly onTrouble: (message: string) => void;
}

export interface RenderedMetrics {
  readonly contentType: string;
  readonly text: string;
}

export interface Metrics {
  record(finished: FinishedPair): void;
  render(): Promise<RenderedMetrics>;
  /** Stops measuring the event loop; what was counted can still be read. */
  stop(): void;
}

/** Seconds; the buckets of OpenTelemetry's HTTP conventions. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

const breakerStates = { closed: 0, half_open: 1, open: 2 } as const;

/** Most series an instrument may have; only these have one a route. */
const seriesLimits = {
  twinspan_exchanges_total: 10_000,
  twinspan_comparisons_total: 2000,
  twinspan_request_duration_seconds: 1000,
  twinspan_gate_events_total: 20_000,
  twinspan_confusion_total: 10_000,
  twinspan_segment_agreement: 10_000,
  twinspan_predictions_total: 1000,
  twinspan_prediction_score_difference: 1000,
  twinspan_prediction_psi: 1000,
  twinspan_prediction_psi_null95: 1000,
  twinspan_prediction_kappa: 1000,
};
const otherSeriesLimit = 100;

export function createMetrics(options: MetricsOptions): Metrics {
  const reader = new Reader();
  const provider = new MeterProvider({
    resource: options.resource,
    readers: [reader],
    views: seriesViews(),
  });
  const meter = provider.getMeter('twinspan', options.version);
  observeExchanges(meter, options.sources);
  observeLoad(meter, options.sources);
  observeStreams(meter, options);
  if (options.sources.verdict !== undefined) observeVerdict(meter, options.sources.verdict);
  if (options.sources.agreement !== undefined) observeRows(meter, options.sources.agreement);
  const eventLoop = observeEventLoop(meter);

  const comparisons = meter.createCounter('twinspan_comparisons_total', {
    description: 'Pairs whose answers were compared, by result',
  });
  for (const route of options.routes) {
    for (const result of compared) comparisons.add(0, { result, route });
  }
  const durations = meter.createHistogram('twinspan_request_duration_seconds', {
    description: 'Service times of answers, from the end of the request to the end of the answer',
    advice: { explicitBucketBoundaries: durationBuckets },
  });

  // Without scope labels and without target_info: the labels are those of the contract and no others.
  const serializer = new PrometheusSerializer('', false, undefined, true, true);
  return {
    record(finished) {
      const { exchange, shadow, outcome, comparison } = finished;
      const route = exchange.route.name;
      // Live against live says nothing about the shadow.
      if (comparison !== undefined && outcome !== 'control') {
        comparisons.add(1, { result: comparison.result, route });
      }
      const live = liveSeconds(finished);
      if (live !== undefined) durations.record(live, { deployment_mode: exchange.mode, route });
      const other = shadowSeconds(shadow);
      if (other !== undefined) {
        durations.record(other, { deployment_mode: shadow!.duplicate.target, route });
      }
    },
    async render() {
      const { resourceMetrics, errors } = await reader.collect();
      for (const error of errors) options.onTrouble(messageOf(error));
      return {
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
        text: serializer.serialize(resourceMetrics),
      };
    },
    stop: () => eventLoop.stop(),
  };
}

/** Reads when asked, as Prometheus does. */
class Reader extends MetricReader {
  constructor() {
    super({
      cardinalitySelector: () => otherSeriesLimit,
      // Of a gauge that says nothing now, the cumulative form would go on showing what it said last.
      aggregationTemporalitySelector: (type) =>
        type === InstrumentType.OBSERVABLE_GAUGE
          ? AggregationTemporality.DELTA
          : AggregationTemporality.CUMULATIVE,
    });
  }

  protected override async onForceFlush(): Promise<void> {}

  protected override async onShutdown(): Promise<void> {}
}

/** By exact names: an instrument that two views match counts twice. */
function seriesViews(): ViewOptions[] {
  return Object.entries(seriesLimits).map(([instrumentName, aggregationCardinalityLimit]) => ({
    instrumentName,
    aggregationCardinalityLimit,
  }));
}

function observeExchanges(meter: Meter, sources: MetricSources): void {
  counter(meter, 'twinspan_exchanges_seen_total', 'Exchanges that Envoy told of', (result) =>
    result.observe(sources.exchangesSeen()),
  );
  gauge(meter, 'twinspan_exchanges_in_flight', 'Exchanges without an outcome yet', (result) =>
    result.observe(sources.exchangesInFlight()),
  );
  counter(meter, 'twinspan_exchanges_total', 'Exchanges by how they ended', (result) => {
    // Each outcome exists from the start under one route, so that its rate is 0 and not absent; every route
    // with every outcome would be thousands of series, nearly all of them 0 for ever.
    for (const outcome of outcomes) result.observe(0, { outcome, route: unreadRoute });
    sources.forEachOutcome((route, outcome, count) => result.observe(count, { outcome, route }));
  });
}

function observeLoad(meter: Meter, sources: MetricSources): void {
  gauge(meter, 'twinspan_shadow_in_flight', 'Requests to the shadow without an answer', (result) =>
    result.observe(sources.shadowInFlight()),
  );
  gauge(meter, 'twinspan_queue_length', 'Duplicates that wait to be sent', (result) =>
    result.observe(sources.queueLength()),
  );
  gauge(meter, 'twinspan_bytes_in_flight', 'Bytes of captured bodies held', (result) =>
    result.observe(sources.bytesInFlight()),
  );
  gauge(
    meter,
    'twinspan_breaker_state',
    'Circuit breaker of the shadow: 0 closed, 1 half-open, 2 open',
    (result) => result.observe(breakerStates[sources.breakerState()]),
  );
  gauge(
    meter,
    'twinspan_coverage_gap',
    'Share of the requests served by Envoy that twinspan did not see; absent when unknown',
    (result) => {
      const gap = sources.coverageGap();
      if (gap !== undefined) result.observe(gap);
    },
  );
}

function observeStreams(meter: Meter, { sources, spans }: MetricsOptions): void {
  counter(meter, 'twinspan_spans_total', 'Spans by what became of them', (result) => {
    for (const [outcome, count] of spans()) result.observe(count, { outcome });
  });
  counter(meter, 'twinspan_ext_proc_streams_total', 'RPCs of the filter by result', (observed) => {
    for (const [result, count] of sources.extProcStreams()) observed.observe(count, { result });
  });
  counter(
    meter,
    'twinspan_ext_proc_synchronous_streams_total',
    'RPCs of a filter that waits for answers (observability_mode is off)',
    (result) => result.observe(sources.synchronousStreams()),
  );
  counter(meter, 'twinspan_log_lines_lost_total', 'Log lines that could not be written', (result) =>
    result.observe(sources.logLinesLost()),
  );
}

function observeEventLoop(meter: Meter): { stop(): void } {
  const monitor = monitorDelay();
  const gauges = (['mean', 'p50', 'p99', 'max'] as const).map((statistic) => ({
    statistic,
    instrument: meter.createObservableGauge(`nodejs_eventloop_delay_${statistic}_seconds`, {
      description: "Delay of Node's event loop since the last reading",
    }),
  }));
  meter.addBatchObservableCallback(
    (result) => {
      const delay = monitor.read();
      if (delay === undefined) return;
      for (const { statistic, instrument } of gauges) result.observe(instrument, delay[statistic]);
    },
    gauges.map(({ instrument }) => instrument),
  );
  return monitor;
}

type Observe = (result: ObservableResult) => void;

function counter(meter: Meter, name: string, description: string, observe: Observe): void {
  meter.createObservableCounter(name, { description }).addCallback(observe);
}

function gauge(meter: Meter, name: string, description: string, observe: Observe): void {
  meter.createObservableGauge(name, { description }).addCallback(observe);
}
