/**
 * What a fleet of replicas has counted, as Prometheus tells it: reads the history once, in pieces of a bounded size, and
 * then what is new whenever somebody asks. While anything is missing or cannot be true it says so, and whoever decides
 * must not decide.
 */
import type { Clock } from '../base/clock.ts';
import type { Experiment, Tally } from '../report/tally.ts';
import { sumTally } from './fleet-tally.ts';
import { ProcessCounts } from './process-counts.ts';
import type { Prometheus, RawSeries } from './prometheus.ts';
import {
  evidenceOverflow,
  experimentInfo,
  gateEvents,
  processStart,
  type CounterLabels,
} from './scrapes.ts';

export interface FleetTrouble {
  /** `source`: nothing can be read now; `counts`: what was read cannot be true. */
  readonly kind: 'source' | 'counts';
  readonly code: string;
  readonly message: string;
}

/** An experiment of the fleet, and what is known of its counts. */
export interface FleetExperiment {
  readonly tally: Tally;
  /** Pairs of the last five minutes. */
  readonly recent: number;
  /** Whether the versions are known: the name of an experiment alone does not tell them. */
  readonly named: boolean;
  readonly troubles: readonly FleetTrouble[];
}

export interface Fleet {
  /** Reads what is new, for at most so long; what it could not read then, it goes on reading. Undefined: all was read. */
  refresh(withinMs: number): Promise<FleetTrouble | undefined>;
  /** As of the last reading, those with most pairs of the last five minutes first. */
  experiments(): FleetExperiment[];
  /** Unix milliseconds of the newest sample. */
  readonly newestAt: number | undefined;
}

export interface FleetOptions {
  readonly prometheus: Prometheus;
  readonly clock: Clock;
  /** How far back to read. */
  readonly historyMs: number;
  /** Label matchers that narrow the series, such as `job="shop"`. */
  readonly matchers?: string;
  /** Readings are at least so far apart. */
  readonly minIntervalMs?: number;
}

/** Samples that arrive late are met again. */
const overlapMs = 5 * 60_000;
const pieceMs = { least: 60_000, first: 60 * 60_000, most: 24 * 60 * 60_000 };
/** A piece of this size is as large as is good for the reader. */
const comfortableBytes = 4 * 1024 * 1024;
const maxExperiments = 100;

export function createFleet(options: FleetOptions): Fleet {
  const { prometheus, clock, historyMs, matchers, minIntervalMs = 2000 } = options;
  const names = [gateEvents, processStart, experimentInfo, evidenceOverflow].join('|');
  const selector = `{__name__=~"${names}"${matchers === undefined ? '' : `,${matchers}`}}`;
  const counts = new ProcessCounts();
  const versions = new Map<string, Experiment>();
  /** Ids of experiments whose order was lost in some process at some time. */
  const overflowed = new Set<string>();
  let readUntil = clock.wallNow() - historyMs;
  let piece = pieceMs.first;
  let reading: Promise<FleetTrouble | undefined> | undefined;
  let last: { at: number; trouble: FleetTrouble | undefined } | undefined;

  async function readOn(): Promise<FleetTrouble | undefined> {
    const until = clock.wallNow();
    while (readUntil < until) {
      const from = readUntil - overlapMs;
      const to = Math.min(until, readUntil + piece);
      const read = await prometheus.rawSamples(selector, to - from, to);
      if (read.kind === 'trouble') return { ...read, kind: 'source' };
      if (read.kind === 'too_large') {
        if (piece <= pieceMs.least) {
          return {
            kind: 'source',
            code: 'prometheus_too_large',
            message:
              'a minute of samples is more than can be read: narrow the series with --selector',
          };
        }
        piece = Math.max(pieceMs.least, piece / 4);
        continue;
      }
      counts.add(read.series);
      addVersions(versions, read.series);
      addOverflowed(overflowed, read.series);
      readUntil = to;
      if (read.bytes < comfortableBytes) piece = Math.min(pieceMs.most, piece * 2);
    }
    return undefined;
  }

  function startReading(): Promise<FleetTrouble | undefined> {
    if (last !== undefined && clock.now() - last.at < minIntervalMs) {
      return Promise.resolve(last.trouble);
    }
    reading ??= readOn().then((trouble) => {
      last = { at: clock.now(), trouble };
      reading = undefined;
      return trouble;
    });
    return reading;
  }

  return {
    async refresh(withinMs) {
      const slow = Promise.withResolvers<FleetTrouble>();
      const timer = clock.setTimer(withinMs, () =>
        slow.resolve({
          kind: 'source',
          code: 'prometheus_slow',
          message: 'not everything that Prometheus has was read yet',
        }),
      );
      const trouble = await Promise.race([startReading(), slow.promise]);
      timer.clear();
      return trouble;
    },
    get newestAt() {
      return counts.newestAt;
    },
    experiments() {
      const now = clock.wallNow();
      const byExperiment = new Map<string, (readonly [CounterLabels, number])[]>();
      for (const total of counts.totals()) {
        const { experiment } = total[0];
        const own = byExperiment.get(experiment);
        if (own !== undefined) own.push(total);
        else if (byExperiment.size < maxExperiments) byExperiment.set(experiment, [total]);
      }
      const found = [...byExperiment].flatMap(([id, totals]): FleetExperiment[] => {
        const { firstAt, lastAt, recent } = counts.activityOf(id, now);
        // Its series are there from the start, and nothing was counted yet.
        if (firstAt === undefined) return [];
        const known = versions.get(id);
        const { tally, doubts } = sumTally(known ?? { id, live: {}, shadow: {} }, totals);
        const troubles = [...counts.doubtsOf(id), ...doubts].map(({ code, message }) => ({
          kind: 'counts' as const,
          code,
          message,
        }));
        tally.firstAt = firstAt;
        if (lastAt !== undefined) tally.lastAt = lastAt;
        tally.overflowed = overflowed.has(id);
        return [{ tally, recent, named: known !== undefined, troubles }];
      });
      numberAttempts(found);
      return found.sort(
        (one, other) =>
          other.recent - one.recent || (other.tally.lastAt ?? 0) - (one.tally.lastAt ?? 0),
      );
    },
  };
}

function addVersions(versions: Map<string, Experiment>, series: readonly RawSeries[]): void {
  for (const { labels } of series) {
    const id = labels['experiment'];
    if (labels['__name__'] !== experimentInfo || !id || versions.size >= 10 * maxExperiments) {
      continue;
    }
    versions.set(id, {
      id,
      live: versionOf(labels['live'], labels['live_version']),
      shadow: versionOf(labels['shadow'], labels['shadow_version']),
    });
  }
}

function addOverflowed(overflowed: Set<string>, series: readonly RawSeries[]): void {
  for (const { labels, samples } of series) {
    const id = labels['experiment'];
    if (labels['__name__'] !== evidenceOverflow || !id || overflowed.size >= 10 * maxExperiments) {
      continue;
    }
    // What is no number is no reason to believe that all is well.
    if (samples.some(([, value]) => value !== 0)) overflowed.add(id);
  }
}

/** To Prometheus an empty label and one that is not there are the same. */
function versionOf(name: string | undefined, version: string | undefined): Experiment['live'] {
  return { ...(name && { name }), ...(version && { version }) };
}

/** Experiments of the same two versions are attempts at the same thing, in the order in which they began. */
function numberAttempts(experiments: readonly FleetExperiment[]): void {
  const attempts = new Map<string, number>();
  const began = experiments.toSorted(
    (one, other) => (one.tally.firstAt ?? 0) - (other.tally.firstAt ?? 0),
  );
  for (const { tally, named } of began) {
    if (!named) continue;
    const { live, shadow } = tally.experiment;
    const key = JSON.stringify([live.name, live.version, shadow.name, shadow.version]);
    tally.attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, tally.attempt);
  }
}
