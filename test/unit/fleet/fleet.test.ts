import assert from 'node:assert/strict';
import { test } from 'node:test';

import { systemClock } from '../../../src/base/clock.ts';
import { createFleet, type Fleet } from '../../../src/fleet/fleet.ts';
import type { Prometheus, RawSamples, RawSeries } from '../../../src/fleet/prometheus.ts';
import { goodRow, scrapedSeries, type ScrapedProcess } from '../../kit/prometheus-double.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** A Prometheus in memory; `most` is how many samples it gives at once. */
function memory(
  series: readonly RawSeries[],
  { most = Infinity }: { most?: number } = {},
): Prometheus & { readonly ranges: [rangeMs: number, at: number][]; answer?: RawSamples } {
  const prometheus: Prometheus & { ranges: [number, number][]; answer?: RawSamples } = {
    ranges: [],
    async rawSamples(_selector, rangeMs, at) {
      prometheus.ranges.push([rangeMs, at]);
      if (prometheus.answer !== undefined) return prometheus.answer;
      const found = series
        .map(({ labels, samples }) => ({
          labels,
          samples: samples.filter(([then]) => then > at - rangeMs && then <= at),
        }))
        .filter(({ samples }) => samples.length > 0);
      const count = found.reduce((sum, { samples }) => sum + samples.length, 0);
      return count > most ? { kind: 'too_large' } : { kind: 'samples', series: found, bytes: 100 };
    },
  };
  return prometheus;
}

function fleetOf(prometheus: Prometheus): Fleet {
  return createFleet({ prometheus, clock: systemClock, historyMs: 14 * day, minIntervalMs: 0 });
}

const now = Date.now();
const grown = (count: number, every: number): ScrapedProcess['scrapes'] =>
  Array.from({ length: count }, (_, index) => [
    now - (count - index) * every,
    goodRow((index + 1) * 10),
  ]);

test('a long history is read in pieces, and then what is new alone', async () => {
  const prometheus = memory(scrapedSeries({ process: 'p1', scrapes: grown(300, hour) }));
  const fleet = fleetOf(prometheus);
  assert.equal(await fleet.refresh(5000), undefined);
  const [found] = fleet.experiments();
  assert.equal(found?.tally.routes['predict']?.cells['errors']?.[10], 3000);
  assert.deepEqual(found.troubles, []);
  const pieces = prometheus.ranges.length;
  assert.ok(pieces > 5 && pieces < 40, `${pieces} pieces`);
  assert.ok(prometheus.ranges.every(([rangeMs]) => rangeMs <= day + 5 * 60_000));
  await fleet.refresh(5000);
  const [again] = prometheus.ranges.slice(pieces);
  assert.equal(prometheus.ranges.length, pieces + 1);
  assert.ok(again![0] < 6 * 60_000);
});

test('pieces are made smaller where they hold too much', async () => {
  const series = scrapedSeries({ process: 'p1', scrapes: grown(200, 15_000) });
  const prometheus = memory(series, { most: 2000 });
  const fleet = fleetOf(prometheus);
  assert.equal(await fleet.refresh(5000), undefined);
  assert.equal(fleet.experiments()[0]?.tally.routes['predict']?.cells['errors']?.[10], 2000);
});

test('a minute that holds too much is trouble, and no reason to go round for ever', async () => {
  const fleet = fleetOf({ rawSamples: async () => ({ kind: 'too_large' }) });
  const trouble = await fleet.refresh(5000);
  assert.equal(trouble?.code, 'prometheus_too_large');
  assert.equal(trouble.kind, 'source');
});

test('trouble is told until everything was read, and nothing is lost by it', async () => {
  const prometheus = memory(scrapedSeries({ process: 'p1', scrapes: grown(10, 60_000) }));
  const fleet = fleetOf(prometheus);
  prometheus.answer = { kind: 'trouble', code: 'prometheus_unreachable', message: 'away' };
  assert.deepEqual(await fleet.refresh(5000), {
    kind: 'source',
    code: 'prometheus_unreachable',
    message: 'away',
  });
  assert.deepEqual(fleet.experiments(), []);
  delete prometheus.answer;
  assert.equal(await fleet.refresh(5000), undefined);
  assert.equal(fleet.experiments()[0]?.tally.routes['predict']?.cells['errors']?.[10], 100);
});

test('a slow reading is trouble for who asks now, and goes on for who asks later', async () => {
  const reading = Promise.withResolvers<void>();
  const slow = memory(scrapedSeries({ process: 'p1', scrapes: grown(3, 60_000) }));
  const fleet = fleetOf({
    rawSamples: async (...asked) => {
      await reading.promise;
      return slow.rawSamples(...asked);
    },
  });
  const keepAlive = setInterval(() => {}, 1000);
  assert.equal((await fleet.refresh(10))?.code, 'prometheus_slow');
  clearInterval(keepAlive);
  reading.resolve();
  assert.equal(await fleet.refresh(5000), undefined);
  assert.equal(fleet.experiments().length, 1);
});

test('those who ask at the same time cause one reading', async () => {
  const prometheus = memory([]);
  const fleet = createFleet({
    prometheus,
    clock: systemClock,
    historyMs: 1,
    minIntervalMs: 60_000,
  });
  await Promise.all([fleet.refresh(5000), fleet.refresh(5000)]);
  await fleet.refresh(5000);
  assert.equal(prometheus.ranges.length, 1);
});

test('series that are there from the start make no experiment before anything is counted', async () => {
  const fleet = fleetOf(
    memory(scrapedSeries({ process: 'p1', scrapes: [[now - 1000, goodRow(0)]] })),
  );
  assert.equal(await fleet.refresh(5000), undefined);
  assert.deepEqual(fleet.experiments(), []);
});

test('the experiment with most pairs of the last minutes comes first', async () => {
  const scrapes = (recent: number): ScrapedProcess['scrapes'] => [
    [now - hour, goodRow(100)],
    [now - 60_000, goodRow(100 + recent)],
  ];
  const fleet = fleetOf(
    memory([
      ...scrapedSeries({ experiment: 'few', process: 'p1', scrapes: scrapes(5) }),
      ...scrapedSeries({ experiment: 'many', process: 'p1', scrapes: scrapes(50) }),
      ...scrapedSeries({ experiment: 'none', process: 'p1', scrapes: scrapes(0) }),
    ]),
  );
  await fleet.refresh(5000);
  assert.deepEqual(
    fleet.experiments().map(({ tally, recent }) => [tally.experiment.id, recent]),
    [
      ['many', 50],
      ['few', 5],
      ['none', 0],
    ],
  );
});

test('later experiments of the same two versions are later attempts', async () => {
  const versions = { live: 'm', live_version: '1', shadow: 'm', shadow_version: '2' };
  const at = (hours: number): ScrapedProcess['scrapes'] => [[now - hours * hour, goodRow(10)]];
  const fleet = fleetOf(
    memory([
      ...scrapedSeries({ experiment: 'second', process: 'p1', scrapes: at(2), versions }),
      ...scrapedSeries({ experiment: 'first', process: 'p2', scrapes: at(3), versions }),
      ...scrapedSeries({
        experiment: 'other',
        process: 'p3',
        scrapes: at(1),
        versions: { ...versions, shadow_version: '3' },
      }),
      ...scrapedSeries({ experiment: 'unnamed', process: 'p4', scrapes: at(4) }),
    ]),
  );
  await fleet.refresh(5000);
  const attempts = Object.fromEntries(
    fleet.experiments().map(({ tally, named }) => [tally.experiment.id, [tally.attempt, named]]),
  );
  assert.deepEqual(attempts, {
    first: [1, true],
    second: [2, true],
    other: [1, true],
    unnamed: [1, false],
  });
  const second = fleet.experiments().find(({ tally }) => tally.experiment.id === 'second');
  assert.deepEqual(second?.tally.experiment, {
    id: 'second',
    live: { name: 'm', version: '1' },
    shadow: { name: 'm', version: '2' },
  });
});

test('an order that was lost in one process, at any time, is lost for the sum', async () => {
  const scrapes = grown(10, 60_000);
  const overflow = (experiment: string, value: number, from: number): RawSeries => ({
    labels: { __name__: 'twinspan_evidence_overflow', job: 'twinspan', experiment },
    samples: scrapes.map(([at], index) => [at, index === from ? value : 0] as const),
  });
  const series = ['kept', 'lost', 'unclear'].flatMap((experiment) =>
    scrapedSeries({ experiment, process: `p ${experiment}`, target: { job: experiment }, scrapes }),
  );
  const fleet = fleetOf(
    memory([
      ...series,
      overflow('kept', 0, 0),
      overflow('lost', 1, 3),
      overflow('unclear', Number.NaN, 3),
    ]),
  );
  await fleet.refresh(5000);
  const found = fleet.experiments().map(({ tally }) => [tally.experiment.id, tally.overflowed]);
  assert.deepEqual(Object.fromEntries(found), { kept: false, lost: true, unclear: true });
});
