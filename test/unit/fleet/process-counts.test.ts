import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ProcessCounts } from '../../../src/fleet/process-counts.ts';
import type { RawSeries } from '../../../src/fleet/prometheus.ts';
import { scrapedSeries } from '../../kit/prometheus-double.ts';

function countsOf(...reads: readonly (readonly RawSeries[])[]): ProcessCounts {
  const counts = new ProcessCounts();
  for (const series of reads) counts.add(series);
  return counts;
}

function totals(counts: ProcessCounts): Record<string, number> {
  return Object.fromEntries(
    [...counts.totals()].map(([{ route, gate, value }, count]) => [
      `${route} ${gate} ${value}`,
      count,
    ]),
  );
}

const codes = (counts: ProcessCounts, experiment = 'e1'): string[] =>
  counts.doubtsOf(experiment).map(({ code }) => code);

const a = { job: 'twinspan', instance: 'a:9464' };
const b = { job: 'twinspan', instance: 'b:9464' };

test('what replicas have counted adds up', () => {
  const counts = countsOf([
    ...scrapedSeries({
      target: a,
      process: 'p1',
      scrapes: [
        [1000, { 'r errors 0': 10 }],
        [2000, { 'r errors 0': 12, 'r errors 1': 1 }],
      ],
    }),
    ...scrapedSeries({ target: b, process: 'p2', scrapes: [[1500, { 'r errors 0': 5 }]] }),
  ]);
  assert.deepEqual(totals(counts), { 'r errors 0': 17, 'r errors 1': 1 });
  assert.deepEqual(codes(counts), []);
});

test('samples that are read twice, in pieces or late change nothing', () => {
  const series = scrapedSeries({
    process: 'p1',
    scrapes: [
      [1000, { 'r errors 0': 10 }],
      [2000, { 'r errors 0': 20 }],
      [3000, { 'r errors 0': 30 }],
    ],
  });
  const piece = (from: number, to: number): RawSeries[] =>
    series.map(({ labels, samples }) => ({
      labels,
      samples: samples.filter(([at]) => at >= from && at <= to),
    }));
  const counts = countsOf(
    piece(1000, 2000),
    piece(2000, 3000),
    piece(1000, 3000),
    piece(1000, 1000),
  );
  assert.deepEqual(totals(counts), { 'r errors 0': 30 });
  assert.deepEqual(codes(counts), []);
});

for (const named of [true, false]) {
  const how = named ? 'that names its process' : 'that does not';
  test(`a restart loses nothing that was scraped, of a replica ${how}`, () => {
    const counts = countsOf(
      [
        ...scrapedSeries({
          ...(named && { process: 'p1' }),
          scrapes: [[1000, { 'r errors 0': 100, 'r errors 1': 3 }]],
        }),
        ...scrapedSeries({
          ...(named && { process: 'p2' }),
          scrapes: [
            [2000, { 'r errors 0': 0, 'r errors 1': 0 }],
            [3000, { 'r errors 0': 7, 'r errors 1': 4 }],
          ],
        }),
      ].flatMap(merged()),
    );
    assert.deepEqual(totals(counts), { 'r errors 0': 107, 'r errors 1': 7 });
    assert.deepEqual(codes(counts), []);
  });

  test(`errors are not forgotten when they are more after a restart than before, of a replica ${how}`, () => {
    // Taken alone, the counter of errors went from 3 to 4.
    const counts = countsOf(
      [
        ...scrapedSeries({
          ...(named && { process: 'p1' }),
          scrapes: [[1000, { 'r errors 0': 100, 'r errors 1': 3 }]],
        }),
        ...scrapedSeries({
          ...(named && { process: 'p2' }),
          scrapes: [[2000, { 'r errors 0': 50, 'r errors 1': 4 }]],
        }),
      ].flatMap(merged()),
    );
    assert.deepEqual(totals(counts), { 'r errors 0': 150, 'r errors 1': 7 });
  });
}

/** Prometheus has one series for the same labels, whichever process they were scraped from. */
function merged(): (series: RawSeries, index: number, all: RawSeries[]) => RawSeries[] {
  return (series, index, all) => {
    const same = all.filter(
      ({ labels }) => JSON.stringify(labels) === JSON.stringify(series.labels),
    );
    if (all.indexOf(same[0]!) !== index) return [];
    return [{ labels: series.labels, samples: same.flatMap(({ samples }) => samples) }];
  };
}

test('a restart is seen even when every counter is higher afterwards, where processes have names', () => {
  const counts = countsOf(
    [
      ...scrapedSeries({ process: 'p1', scrapes: [[1000, { 'r errors 0': 10 }]] }),
      ...scrapedSeries({ process: 'p2', scrapes: [[2000, { 'r errors 0': 11 }]] }),
    ].flatMap(merged()),
  );
  assert.deepEqual(totals(counts), { 'r errors 0': 21 });
});

test('a process that two servers scrape counts once', () => {
  const scrapes = [
    [1000, { 'r errors 0': 10 }],
    [2000, { 'r errors 0': 20 }],
  ] as const;
  const later = [
    [1400, { 'r errors 0': 14 }],
    [2400, { 'r errors 0': 24 }],
  ] as const;
  const counts = countsOf([
    ...scrapedSeries({ target: { ...a, replica: '0' }, process: 'p1', scrapes }),
    ...scrapedSeries({ target: { ...a, replica: '1' }, process: 'p1', scrapes: later }),
  ]);
  assert.deepEqual(totals(counts), { 'r errors 0': 24 });
  assert.deepEqual(codes(counts), []);
});

test('two targets of one place that do not name their process are in doubt', () => {
  const scrapes = [[1000, { 'r errors 0': 10 }]] as const;
  const counts = countsOf([
    ...scrapedSeries({ target: { ...a, replica: '0' }, scrapes }),
    ...scrapedSeries({ target: { ...a, replica: '1' }, scrapes }),
  ]);
  assert.deepEqual(codes(counts), ['ambiguous_targets']);
});

test('a scrape without the name of its process is none where processes have names', () => {
  const named = scrapedSeries({ process: 'p1', scrapes: [[1000, { 'r errors 0': 10 }]] });
  const unnamed = scrapedSeries({ scrapes: [[2000, { 'r errors 0': 20 }]] });
  assert.deepEqual(totals(countsOf(named, unnamed)), { 'r errors 0': 10 });
});

test('a counter that falls within one process is in doubt', () => {
  const counts = countsOf(
    scrapedSeries({
      process: 'p1',
      scrapes: [
        [1000, { 'r errors 0': 10 }],
        [2000, { 'r errors 0': 9 }],
      ],
    }),
  );
  assert.deepEqual(codes(counts), ['counter_fell']);
});

test('what is no count is in doubt, for its experiment alone', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
    const counts = countsOf([
      ...scrapedSeries({ process: 'p1', scrapes: [[1000, { 'r errors 0': value }]] }),
      ...scrapedSeries({ experiment: 'e2', process: 'p1', scrapes: [[1000, { 'r errors 0': 5 }]] }),
    ]);
    assert.deepEqual(codes(counts), ['counts_malformed']);
    assert.deepEqual(codes(counts, 'e2'), []);
  }
});

test('a series without its labels is in doubt', () => {
  const labels = { __name__: 'twinspan_gate_events_total', ...a, otel_metric_overflow: 'true' };
  const counts = countsOf([{ labels, samples: [[1000, 5]] }]);
  assert.deepEqual(codes(counts), ['counts_malformed']);
  assert.deepEqual(totals(counts), {});
});

test('an experiment begins with the first sample in which it has a count', () => {
  const minute = 60_000;
  const counts = countsOf(
    scrapedSeries({
      process: 'p1',
      scrapes: [
        [0, { 'r errors 0': 0 }],
        [minute, { 'r errors 0': 100 }],
        [8 * minute, { 'r errors 0': 150 }],
        [9 * minute, { 'r errors 0': 160 }],
        [10 * minute, { 'r errors 0': 160 }],
      ],
    }),
  );
  assert.deepEqual(counts.activityOf('e1', 10 * minute), {
    firstAt: minute,
    lastAt: 9 * minute,
    recent: 60,
  });
  assert.deepEqual(counts.activityOf('e1', 20 * minute), {
    firstAt: minute,
    lastAt: 9 * minute,
    recent: 0,
  });
  assert.deepEqual(counts.activityOf('e2', 10 * minute), { recent: 0 });
});
