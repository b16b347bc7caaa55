/**
 * What pairs had at the gates since the process started, as counters: they begin at 0, never fall, and never hold what
 * was counted before. Everything that a configuration can count is there as 0 from an experiment's first count on, so
 * that what was not counted is told from what is missing.
 */
import type { GateEvent } from './verdict-metrics.ts';

/** Of each route, the gates and the values that are counted; others appear when they are. */
export type GateValues = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

const maxExperiments = 16;
/** Experiments that were dropped to make room; they would begin at 0 again. */
const maxDropped = 10_000;

interface Counted {
  readonly event: GateEvent;
  count: number;
}

export class GateEvents {
  readonly #values: () => GateValues;
  /** By experiment, the one that was counted last at the end. */
  readonly #experiments = new Map<string, Map<string, Counted>>();
  readonly #dropped = new Set<string>();

  /** @param values asked at the start of an experiment */
  constructor(values: () => GateValues) {
    this.#values = values;
  }

  /** Shows the counters of an experiment before anything is counted in it. */
  begin(experiment: string): void {
    this.#countersOf(experiment);
  }

  add(experiment: string, route: string, gate: string, value: number, count: number): void {
    const counters = this.#countersOf(experiment);
    if (counters === undefined) return;
    counterOf(counters, { experiment, gate, route, value }).count += count;
  }

  forEach(visit: (event: GateEvent, count: number) => void): void {
    for (const counters of this.#experiments.values()) {
      for (const { event, count } of counters.values()) visit(event, count);
    }
  }

  #countersOf(experiment: string): Map<string, Counted> | undefined {
    const known = this.#experiments.get(experiment);
    if (known !== undefined) {
      this.#experiments.delete(experiment);
      this.#experiments.set(experiment, known);
      return known;
    }
    if (this.#dropped.has(experiment) || this.#dropped.size >= maxDropped) return undefined;
    if (this.#experiments.size >= maxExperiments) {
      const [oldest] = this.#experiments.keys();
      this.#experiments.delete(oldest!);
      this.#dropped.add(oldest!);
    }
    const counters = new Map<string, Counted>();
    for (const [route, gates] of this.#values()) {
      for (const [gate, values] of gates) {
        for (const value of values) counterOf(counters, { experiment, gate, route, value });
      }
    }
    this.#experiments.set(experiment, counters);
    return counters;
  }
}

function counterOf(counters: Map<string, Counted>, event: GateEvent): Counted {
  const key = `${event.value} ${event.gate} ${event.route}`;
  const known = counters.get(key);
  if (known !== undefined) return known;
  const counter = { event, count: 0 };
  counters.set(key, counter);
  return counter;
}
