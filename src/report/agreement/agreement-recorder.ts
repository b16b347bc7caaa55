/**
 * Agreement of predictions and segments per experiment and route: fed once a pair, read by the window, the metrics and
 * the store. It keeps the experiments that were fed last, so that a process which sees many versions stays bounded.
 */
import type { Comparison } from '../../comparison/comparison.ts';
import { addPrediction, emptyAgreement, mergeAgreement, type Agreement } from './agreement.ts';
import { labelAgreementOf } from './label-agreement.ts';
import {
  countPrediction,
  emptyPredictionCounters,
  type PredictionCounters,
} from './prediction-counters.ts';
import {
  addSegments,
  emptySegments,
  mergeSegments,
  type Segments,
  type SegmentValues,
} from './segments.ts';

/** What is known of one route in one experiment. */
export interface RouteAgreement {
  /** Absent before the first prediction. */
  agreement?: Agreement;
  readonly segments: Segments;
}

/** The same as plain data, for JSON. */
export interface RecordedAgreement extends RouteAgreement {
  readonly experiment: string;
  readonly route: string;
}

/** What it knows of the configuration. */
export interface AgreementRecorderOptions {
  /** `prediction.labels` of each route that has a prediction, as configured now. */
  readonly labelsByRoute: () => ReadonlyMap<string, readonly string[]>;
  /** Of `segments` in the configuration. */
  readonly segmentValues: SegmentValues;
}

const maxExperiments = 8;

/** Bounded by 8 experiments with the configured routes each. */
export class AgreementRecorder {
  readonly #options: AgreementRecorderOptions;
  /** By experiment, the one fed last at the end. */
  readonly #experiments = new Map<string, Map<string, RouteAgreement>>();
  readonly #counters = new Map<string, PredictionCounters>();

  constructor(options: AgreementRecorderOptions) {
    this.#options = options;
  }

  /** Adds a pair of live and shadow; those of a canary or the control are not to be given. */
  record(experiment: string, route: string, comparison: Comparison): void {
    const recorded = this.#routeOf(experiment, route);
    const { prediction } = comparison;
    const labels = prediction && labelAgreementOf(prediction);
    addSegments(recorded.segments, comparison, labels);
    if (prediction === undefined || labels === undefined) return;
    const configuredLabels = this.#labelsOf(route);
    recorded.agreement ??= emptyAgreement(configuredLabels);
    addPrediction(recorded.agreement, prediction, labels);
    let counters = this.#counters.get(route);
    if (counters === undefined) {
      counters = emptyPredictionCounters();
      this.#counters.set(route, counters);
    }
    countPrediction(counters, prediction, labels, configuredLabels);
  }

  /** By route; empty when nothing of the experiment is known. */
  routesOf(experiment: string): ReadonlyMap<string, RouteAgreement> {
    return this.#experiments.get(experiment) ?? new Map();
  }

  /** Since the process started, by route; each route with a prediction is there from the start. */
  counters(): ReadonlyMap<string, PredictionCounters> {
    for (const route of this.#options.labelsByRoute().keys()) {
      if (!this.#counters.has(route)) this.#counters.set(route, emptyPredictionCounters());
    }
    return this.#counters;
  }

  /** All that is kept; the states are not copied, so it is to be written at once. */
  snapshot(): RecordedAgreement[] {
    return [...this.#experiments].flatMap(([experiment, routes]) =>
      [...routes].map(([route, recorded]) => ({ experiment, route, ...recorded })),
    );
  }

  /** Adds a snapshot, of a former run or of another replica. */
  absorb(snapshot: readonly RecordedAgreement[]): void {
    for (const { experiment, route, agreement, segments } of snapshot) {
      const recorded = this.#routeOf(experiment, route);
      mergeSegments(recorded.segments, segments);
      if (agreement === undefined) continue;
      recorded.agreement ??= emptyAgreement(this.#labelsOf(route));
      mergeAgreement(recorded.agreement, agreement);
    }
  }

  #routeOf(experiment: string, route: string): RouteAgreement {
    const routes = this.#experiments.get(experiment) ?? new Map<string, RouteAgreement>();
    this.#experiments.delete(experiment);
    this.#experiments.set(experiment, routes);
    const [oldest] = this.#experiments.keys();
    if (this.#experiments.size > maxExperiments) this.#experiments.delete(oldest!);
    let recorded = routes.get(route);
    if (recorded === undefined) {
      recorded = { segments: emptySegments(this.#options.segmentValues) };
      routes.set(route, recorded);
    }
    return recorded;
  }

  #labelsOf(route: string): readonly string[] {
    return this.#options.labelsByRoute().get(route) ?? [];
  }
}
