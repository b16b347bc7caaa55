/**
 * A Prometheus of which a test says what it has scraped: it answers queries with a range selector, as the real one does,
 * or whatever else the test wants to see survived.
 */
import type { ServerResponse } from 'node:http';

import type { RawSeries } from '../../src/fleet/prometheus.ts';
import { httpService, type Lifetime } from './http-service.ts';

export interface PrometheusDouble {
  readonly url: string;
  /** What it has scraped. */
  readonly series: RawSeries[];
  /** Queries so far. */
  readonly asked: URLSearchParams[];
  /** Answers instead, while it is set. */
  answer: ((response: ServerResponse) => void) | undefined;
}

export async function prometheusDouble(
  lifetime: Lifetime,
  scraped: readonly RawSeries[] = [],
): Promise<PrometheusDouble> {
  const series = [...scraped];
  const asked: URLSearchParams[] = [];
  const service = await httpService(lifetime, (request, response) => {
    const url = new URL(request.url, 'http://double');
    asked.push(url.searchParams);
    if (double.answer !== undefined) return double.answer(response);
    const [, rangeMs] = /\[(\d+)ms\]$/.exec(url.searchParams.get('query') ?? '') ?? [];
    const until = Number(url.searchParams.get('time')) * 1000;
    if (url.pathname !== '/api/v1/query' || rangeMs === undefined || Number.isNaN(until)) {
      response.writeHead(400).end('{"status":"error","error":"bad query"}');
      return;
    }
    const inRange = ([at]: readonly [number, number]): boolean =>
      at > until - Number(rangeMs) && at <= until;
    const result = series
      .map(({ labels, samples }) => ({
        metric: labels,
        values: samples.filter(inRange).map(([at, value]) => [at / 1000, String(value)]),
      }))
      .filter(({ values }) => values.length > 0);
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
  });
  const double: PrometheusDouble = { url: service.url, series, asked, answer: undefined };
  return double;
}

/** Counts by route, gate and value, as in `{ 'predict errors 0': 100 }`. */
export type Row = Readonly<Record<string, number>>;

export interface ScrapedProcess {
  readonly experiment?: string;
  /** Absent: its scrapes do not tell which process they found. */
  readonly process?: string;
  readonly target?: Readonly<Record<string, string>>;
  /** What each scrape found, in the order of time. */
  readonly scrapes: readonly (readonly [unixMs: number, row: Row])[];
  readonly versions?: Readonly<
    Record<'live' | 'live_version' | 'shadow' | 'shadow_version', string>
  >;
}

/** What Prometheus has of a process after these scrapes. */
export function scrapedSeries({
  experiment = 'e1',
  process,
  target = { job: 'twinspan', instance: 'a:9464' },
  scrapes,
  versions,
}: ScrapedProcess): RawSeries[] {
  const keys = new Set(scrapes.flatMap(([, row]) => Object.keys(row)));
  const counters = [...keys].map((key): RawSeries => {
    const [route = '', gate = '', value = ''] = key.split(' ');
    return {
      labels: { __name__: 'twinspan_gate_events_total', ...target, experiment, route, gate, value },
      samples: scrapes.flatMap(([at, row]) =>
        row[key] === undefined ? [] : [[at, row[key]] as const],
      ),
    };
  });
  const marks = (name: string, labels: Readonly<Record<string, string>>): RawSeries => ({
    labels: { __name__: name, ...target, ...labels },
    samples: scrapes.map(([at]) => [at, 1] as const),
  });
  return [
    ...counters,
    ...(process === undefined ? [] : [marks('twinspan_process_start_time_seconds', { process })]),
    ...(versions === undefined
      ? []
      : [marks('twinspan_experiment_info', { experiment, ...versions })]),
  ];
}

/** Equal, quick answers to so many requests on one route, and `bad` of them with an error of the shadow. */
export function goodRow(pairs: number, bad = 0, route = 'predict'): Row {
  const good = pairs - bad;
  return {
    [`${route} errors 0`]: good,
    [`${route} errors 1`]: bad,
    [`${route} contract 0`]: good,
    [`${route} contract 1`]: 0,
    [`${route} mismatch 0`]: good,
    [`${route} mismatch 1`]: 0,
    [`${route} latency_p95 0`]: pairs,
    [`${route} latency_p99 0`]: pairs,
    [`${route} coverage 0`]: pairs,
    [`${route} coverage 1`]: 0,
  };
}
