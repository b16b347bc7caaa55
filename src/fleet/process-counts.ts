/**
 * Counters of many processes, put together from raw samples. A counter belongs to one process and starts at 0 in it, so
 * what a process has counted is its last sample, and what the fleet has counted is the sum over processes. Which process
 * a sample is of is told by `twinspan_process_start_time_seconds{process}` of the same scrape: a counter that starts
 * again is then never mistaken for one that went on, even where it is higher than before, and a process that was scraped
 * twice (two Prometheus servers behind one address) counts once. Without that series a process is what lies between two
 * falls of any counter of one target.
 */
import type { RawSeries } from './prometheus.ts';
import {
  byTarget,
  gateEvents,
  processesByScrape,
  scrapesOf,
  type CounterLabels,
  type Doubt,
  type Scrape,
} from './scrapes.ts';

/** More than any fleet has: what comes beyond is no fleet of ours. */
const maxCounters = 500_000;
const maxDoubts = 100;
const recentMs = 5 * 60_000;

interface Counter {
  readonly labels: CounterLabels;
  at: number;
  count: number;
}

/** A target whose scrapes do not say which process they are of. */
interface Anonymous {
  readonly key: string;
  process: number;
  at: number;
  row: Map<string, number>;
}

/** Of one experiment, in Unix milliseconds: the first sample with any count, the newest one that grew, and pairs by scrape. */
interface Activity {
  firstAt: number;
  lastAt: number;
  recent: [at: number, pairs: number][];
}

export class ProcessCounts {
  readonly #processes = new Map<string, Map<string, Counter>>();
  readonly #identified = new Set<string>();
  readonly #anonymous = new Map<string, Anonymous>();
  readonly #activity = new Map<string, Activity>();
  readonly #doubts = new Map<string, Doubt>();
  #counters = 0;
  #newestAt: number | undefined;

  /** Takes in samples; those that it knows already change nothing. */
  add(series: readonly RawSeries[]): void {
    const processes = processesByScrape(series);
    for (const [target, own] of byTarget(series)) {
      const named = processes.get(target);
      if (named !== undefined) this.#identified.add(target);
      for (const scrape of scrapesOf(own, (doubt) => this.#doubt(doubt))) {
        this.#newestAt = Math.max(this.#newestAt ?? scrape.at, scrape.at);
        const process = named?.get(scrape.at);
        if (process !== undefined) this.#count(process, scrape);
        // Where processes are told apart, half a scrape is none.
        else if (!this.#identified.has(target)) this.#countAnonymous(target, scrape);
      }
    }
    this.#lookForTwins();
  }

  /** What cannot be true of what was read so far, of an experiment or of all; it stays. */
  doubtsOf(experiment: string | undefined): Doubt[] {
    return [...this.#doubts.values()].filter(
      (doubt) => doubt.experiment === undefined || doubt.experiment === experiment,
    );
  }

  /** Unix milliseconds of the newest sample. */
  get newestAt(): number | undefined {
    return this.#newestAt;
  }

  /** Sums over all processes. */
  *totals(): Iterable<readonly [CounterLabels, number]> {
    const sums = new Map<string, [CounterLabels, number]>();
    for (const counters of this.#processes.values()) {
      for (const [key, { labels, count }] of counters) {
        const sum = sums.get(key);
        if (sum === undefined) sums.set(key, [labels, count]);
        else sum[1] += count;
      }
    }
    yield* sums.values();
  }

  /** `recent`: pairs of the five minutes before `now`. */
  activityOf(
    experiment: string,
    now: number,
  ): { firstAt?: number; lastAt?: number; recent: number } {
    const activity = this.#activity.get(experiment);
    if (activity === undefined) return { recent: 0 };
    const recent = activity.recent.filter(([at]) => at > now - recentMs);
    return {
      firstAt: activity.firstAt,
      lastAt: activity.lastAt,
      recent: recent.reduce((sum, [, pairs]) => sum + pairs, 0),
    };
  }

  #countAnonymous(target: string, scrape: Scrape): void {
    const known = this.#anonymous.get(target) ?? {
      key: target,
      process: 0,
      at: Number.NEGATIVE_INFINITY,
      row: new Map<string, number>(),
    };
    this.#anonymous.set(target, known);
    if (scrape.at <= known.at) return;
    const fell = [...scrape.row].some(([key, { count }]) => count < (known.row.get(key) ?? 0));
    if (fell) {
      known.process += 1;
      known.row = new Map();
    }
    known.at = scrape.at;
    for (const [key, { count }] of scrape.row) known.row.set(key, count);
    this.#count(`${target} ${known.process}`, scrape);
  }

  #count(process: string, { at, row }: Scrape): void {
    const counters = this.#processes.get(process) ?? new Map<string, Counter>();
    this.#processes.set(process, counters);
    for (const [key, { labels, count }] of row) {
      const counter = counters.get(key);
      if (counter === undefined) {
        this.#counters += 1;
        if (this.#counters > maxCounters) {
          this.#doubt({
            code: 'too_many_series',
            message: `there are more than ${maxCounters} series of ${gateEvents}: narrow them with --selector`,
          });
          return;
        }
        counters.set(key, { labels, at, count });
        this.#note(labels, at, count, count);
        continue;
      }
      if (at <= counter.at) continue;
      if (count < counter.count) {
        this.#doubt({
          code: 'counter_fell',
          message: `${gateEvents} of gate ${labels.gate}, route ${labels.route} fell within one process`,
          experiment: labels.experiment,
        });
      }
      this.#note(labels, at, count, count - counter.count);
      counter.at = at;
      counter.count = count;
    }
  }

  #note({ experiment, gate }: CounterLabels, at: number, count: number, more: number): void {
    if ((gate !== 'errors' && gate !== 'coverage') || count === 0) return;
    const activity = this.#activity.get(experiment) ?? { firstAt: at, lastAt: at, recent: [] };
    this.#activity.set(experiment, activity);
    activity.firstAt = Math.min(activity.firstAt, at);
    if (more <= 0) return;
    activity.lastAt = Math.max(activity.lastAt, at);
    if (gate !== 'errors' || at <= activity.lastAt - recentMs) return;
    activity.recent = activity.recent.filter(([then]) => then > activity.lastAt - recentMs);
    activity.recent.push([at, more]);
  }

  /** One process under two names of a target would count twice, and nothing tells whether it is one. */
  #lookForTwins(): void {
    const targets = new Map<string, string>();
    for (const { key } of this.#anonymous.values()) {
      const { job, instance } = JSON.parse(key) as Record<string, string>;
      if (instance === undefined) continue;
      const place = JSON.stringify([job, instance]);
      const twin = targets.get(place);
      targets.set(place, key);
      if (twin === undefined || twin === key) continue;
      this.#doubt({
        code: 'ambiguous_targets',
        message: `${instance} is there under different labels, so its counts may be counted twice: narrow them with --selector`,
      });
    }
  }

  #doubt(doubt: Doubt): void {
    const key = `${doubt.code} ${doubt.experiment ?? ''}`;
    if (!this.#doubts.has(key) && this.#doubts.size < maxDoubts) this.#doubts.set(key, doubt);
  }
}
