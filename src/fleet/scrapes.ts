/**
 * Series of raw samples turned round: what each scrape of a target found, and which process it was that it found. What
 * is no count, or is not labelled as one, is left out and told.
 */
import type { RawSeries } from './prometheus.ts';

/** Metrics of each replica (`telemetry/verdict-metrics.ts`). */
export const gateEvents = 'twinspan_gate_events_total';
export const processStart = 'twinspan_process_start_time_seconds';
export const experimentInfo = 'twinspan_experiment_info';
export const evidenceOverflow = 'twinspan_evidence_overflow';

/** Labels of ours; the others tell the target. */
const ownLabels = new Set([
  '__name__',
  'experiment',
  'gate',
  'route',
  'value',
  'process',
  'live',
  'live_version',
  'shadow',
  'shadow_version',
]);

/** What a counter counts. */
export interface CounterLabels {
  readonly experiment: string;
  readonly gate: string;
  readonly route: string;
  readonly value: string;
}

/** Something that cannot be true of what was read. */
export interface Doubt {
  readonly code: 'counts_malformed' | 'counter_fell' | 'ambiguous_targets' | 'too_many_series';
  readonly message: string;
  /** Of which experiment's counts; absent: of all. */
  readonly experiment?: string;
}

/** All counters of a target as one scrape found them. */
export interface Scrape {
  readonly at: number;
  readonly row: Map<string, { labels: CounterLabels; count: number }>;
}

export function byTarget(series: readonly RawSeries[]): Map<string, RawSeries[]> {
  const targets = new Map<string, RawSeries[]>();
  for (const each of series) {
    if (each.labels['__name__'] !== gateEvents) continue;
    const target = targetOf(each.labels);
    const own = targets.get(target);
    if (own === undefined) targets.set(target, [each]);
    else own.push(each);
  }
  return targets;
}

/** In the order of time. */
export function scrapesOf(series: readonly RawSeries[], doubt: (doubt: Doubt) => void): Scrape[] {
  const malformed = (message: string, experiment: string | undefined): void =>
    doubt({
      code: 'counts_malformed',
      message: `${gateEvents} has ${message}`,
      ...(experiment && { experiment }),
    });
  const scrapes = new Map<number, Scrape>();
  for (const { labels, samples } of series) {
    const { experiment, gate, route, value } = labels;
    if (!experiment || !gate || !route || !value) {
      malformed('a series without all of its labels', experiment);
      continue;
    }
    const counter = { experiment, gate, route, value };
    const key = JSON.stringify([experiment, gate, route, value]);
    for (const [at, count] of samples) {
      if (!Number.isFinite(count) || count < 0) {
        malformed(`a sample that is no count: ${count}`, experiment);
        continue;
      }
      const scrape = scrapes.get(at) ?? { at, row: new Map() };
      scrapes.set(at, scrape);
      scrape.row.set(key, { labels: counter, count });
    }
  }
  return [...scrapes.values()].sort((one, other) => one.at - other.at);
}

/** By target, which process each scrape found. */
export function processesByScrape(series: readonly RawSeries[]): Map<string, Map<number, string>> {
  const targets = new Map<string, Map<number, string>>();
  for (const { labels, samples } of series) {
    const { process } = labels;
    if (labels['__name__'] !== processStart || !process) continue;
    const target = targetOf(labels);
    const scrapes = targets.get(target) ?? new Map<number, string>();
    targets.set(target, scrapes);
    // Names are drawn at random, and with the start two of them are never the same.
    for (const [at, startedAt] of samples) scrapes.set(at, `${process} ${startedAt}`);
  }
  return targets;
}

function targetOf(labels: Readonly<Record<string, string>>): string {
  const others = Object.entries(labels).filter(([name]) => !ownLabels.has(name));
  return JSON.stringify(
    Object.fromEntries(others.sort(([one], [other]) => (one < other ? -1 : 1))),
  );
}
