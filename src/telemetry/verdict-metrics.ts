/**
 * The numbers of the verdict: what a fleet's judge adds up over replicas, and what this replica makes of its own counts.
 * Names of experiments, versions and processes are no words of a list; there are few at a time, and their number is
 * bounded.
 */
import type { Meter, ObservableResult } from '@opentelemetry/api';

/** From what a fleet's judge adds up, and what one replica makes of its own counts. */
export interface VerdictSources {
  /** Name of this process, drawn at random at its start, and the start in Unix milliseconds. */
  readonly process: { readonly id: string; readonly startedAt: number };
  /** What was counted since the start of the process; everything that can be counted is there from the start, as 0. */
  readonly forEachGateEvent: (visit: (event: GateEvent, count: number) => void) => void;
  /** The experiments that are running, bounded. */
  readonly experiments: () => Iterable<ExperimentState>;
}

export interface GateEvent {
  readonly experiment: string;
  readonly gate: string;
  readonly route: string;
  readonly value: number;
}

export interface ExperimentState {
  readonly id: string;
  readonly live: { readonly name?: string; readonly version?: string };
  readonly shadow: { readonly name?: string; readonly version?: string };
  readonly state: VerdictStateName;
  readonly score: number;
  /** `Tally.overflowed`. */
  readonly overflowed: boolean;
}

const verdictStates = ['collecting', 'promote', 'hold', 'reject'] as const;
export type VerdictStateName = (typeof verdictStates)[number];

export function observeVerdict(meter: Meter, sources: VerdictSources): void {
  counter(
    meter,
    'twinspan_gate_events_total',
    'Values that pairs had at the gates, since the start of the process',
    (result) =>
      sources.forEachGateEvent(({ experiment, gate, route, value }, count) =>
        result.observe(count, { experiment, gate, route, value: String(value) }),
      ),
  );
  gauge(
    meter,
    'twinspan_process_start_time_seconds',
    'Start of this process, which has a name of its own: its counters begin at 0 there',
    (result) => result.observe(sources.process.startedAt / 1000, { process: sources.process.id }),
  );
  gauge(meter, 'twinspan_experiment_info', 'Versions that an experiment compares', (result) => {
    for (const { id, live, shadow } of sources.experiments()) {
      result.observe(1, {
        experiment: id,
        live: live.name ?? '',
        live_version: live.version ?? '',
        shadow: shadow.name ?? '',
        shadow_version: shadow.version ?? '',
      });
    }
  });
  gauge(
    meter,
    'twinspan_evidence_overflow',
    'Whether exchanges were counted out of order, or not at all, because too many were open',
    (result) => {
      for (const { id, overflowed } of sources.experiments()) {
        result.observe(overflowed ? 1 : 0, { experiment: id });
      }
    },
  );
  gauge(meter, 'twinspan_verdict', 'Verdict of this replica: 1 for the state', (result) => {
    for (const { id, state } of sources.experiments()) {
      for (const each of verdictStates) {
        result.observe(each === state ? 1 : 0, { experiment: id, state: each });
      }
    }
  });
  gauge(
    meter,
    'twinspan_verdict_score',
    'Verdict of this replica: 100 promote, 50 hold, 25 collecting, 0 reject',
    (result) => {
      for (const { id, score } of sources.experiments()) result.observe(score, { experiment: id });
    },
  );
}

type Observe = (result: ObservableResult) => void;

function counter(meter: Meter, name: string, description: string, observe: Observe): void {
  meter.createObservableCounter(name, { description }).addCallback(observe);
}

function gauge(meter: Meter, name: string, description: string, observe: Observe): void {
  meter.createObservableGauge(name, { description }).addCallback(observe);
}
