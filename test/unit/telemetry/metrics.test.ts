import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { outcomes, type Outcome } from '../../../src/exchange/outcome.ts';
import {
  createMetrics,
  type Metrics,
  type MetricSources,
  type MetricsOptions,
} from '../../../src/telemetry/metrics.ts';
import { createResource } from '../../../src/telemetry/resource.ts';
import {
  answer,
  comparison,
  duplicate,
  exchange,
  failure,
  matching,
  mismatching,
  trace,
} from './finished-pairs.ts';
import { quietSources } from './started-telemetry.ts';

function start(
  context: TestContext,
  sources: Partial<MetricSources> = {},
  overrides: Partial<MetricsOptions> = {},
): Metrics {
  const metrics = createMetrics({
    resource: createResource({ instanceId: 'i', version: '0.1.0', fromEnvironment: {} }),
    version: '0.1.0',
    sources: { ...quietSources, ...sources },
    spans: () => [['exported', 1]],
    routes: ['predict'],
    onTrouble: (message) => assert.fail(message),
    ...overrides,
  });
  context.after(() => metrics.stop());
  return metrics;
}

/** Samples by name and labels, labels in order. */
async function samples(metrics: Metrics): Promise<Map<string, number>> {
  const { text } = await metrics.render();
  const found = new Map<string, number>();
  for (const line of text.split('\n')) {
    const sample = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (sample === null) continue;
    const labels = (sample[2] ?? '').split(',').sort().join(',');
    const key = labels === '' ? sample[1]! : `${sample[1]}{${labels}}`;
    assert.ok(!found.has(key), `${key} is there twice`);
    found.set(key, Number(sample[3]));
  }
  return found;
}

test('every line is Prometheus text, every instrument has the name of the contract and no label beyond it', async (context) => {
  const metrics = start(context, {
    coverageGap: () => 0.25,
    extProcStreams: () => [['completed', 7]],
    forEachOutcome: (visit) => visit('predict', 'match', 3),
  });
  metrics.record(matching());
  const { contentType, text } = await metrics.render();
  assert.equal(contentType, 'text/plain; version=0.0.4; charset=utf-8');
  const names = new Map<string, Set<string>>();
  for (const line of text.trim().split('\n')) {
    if (line === '' || line.startsWith('# HELP ') || line.startsWith('# TYPE ')) continue;
    const sample = /^([a-z0-9_]+)(?:\{((?:[a-z_]+="[^"\\]*",?)+)\})? (?:[\d.e+-]+|\+Inf)$/.exec(
      line,
    );
    assert.ok(sample, line);
    const labels = names.get(sample[1]!) ?? new Set();
    for (const label of (sample[2] ?? '').matchAll(/([a-z_]+)="/g)) labels.add(label[1]!);
    names.set(sample[1]!, labels);
  }
  const expected = {
    twinspan_exchanges_seen_total: [],
    twinspan_exchanges_in_flight: [],
    twinspan_exchanges_total: ['outcome', 'route'],
    twinspan_comparisons_total: ['result', 'route'],
    twinspan_request_duration_seconds_bucket: ['deployment_mode', 'le', 'route'],
    twinspan_request_duration_seconds_count: ['deployment_mode', 'route'],
    twinspan_request_duration_seconds_sum: ['deployment_mode', 'route'],
    twinspan_shadow_in_flight: [],
    twinspan_queue_length: [],
    twinspan_bytes_in_flight: [],
    twinspan_breaker_state: [],
    twinspan_coverage_gap: [],
    twinspan_spans_total: ['outcome'],
    twinspan_ext_proc_streams_total: ['result'],
    twinspan_ext_proc_synchronous_streams_total: [],
    twinspan_log_lines_lost_total: [],
  };
  const ours = [...names].filter(([name]) => name.startsWith('twinspan_'));
  assert.deepEqual(
    Object.fromEntries(ours.map(([name, labels]) => [name, [...labels].sort()] as const)),
    expected,
  );
  const others = [...names.keys()].filter((name) => !name.startsWith('twinspan_'));
  assert.ok(others.every((name) => /^nodejs_eventloop_delay_\w+_seconds$/.test(name)));
});

test('counters are counters and the rest gauges, with a histogram of durations', async (context) => {
  const metrics = start(context);
  metrics.record(matching());
  const { text } = await metrics.render();
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((line) => [line[1], line[2]] as const),
  );
  assert.equal(types.get('twinspan_exchanges_total'), 'counter');
  assert.equal(types.get('twinspan_spans_total'), 'counter');
  assert.equal(types.get('twinspan_exchanges_in_flight'), 'gauge');
  assert.equal(types.get('twinspan_breaker_state'), 'gauge');
  assert.equal(types.get('twinspan_request_duration_seconds'), 'histogram');
});

test('every outcome is there at 0 from the start, under the route of what was never read', async (context) => {
  const before = await samples(start(context));
  for (const outcome of outcomes) {
    assert.equal(before.get(`twinspan_exchanges_total{outcome="${outcome}",route="~unread"}`), 0);
  }
  const exchanges = [...before.keys()].filter((key) => key.startsWith('twinspan_exchanges_total'));
  assert.equal(exchanges.length, outcomes.length);
});

test('readings show what the sources say now, reading after reading', async (context) => {
  const counts = new Map<string, number>();
  let open = false;
  const metrics = start(context, {
    exchangesSeen: () => 12,
    exchangesInFlight: () => 2,
    shadowInFlight: () => 1,
    queueLength: () => 4,
    bytesInFlight: () => 4096,
    synchronousStreams: () => 3,
    logLinesLost: () => 6,
    breakerState: () => (open ? 'open' : 'half_open'),
    extProcStreams: () => [
      ['completed', 9],
      ['empty', 1],
    ],
    forEachOutcome: (visit) => {
      for (const [key, count] of counts) {
        const [route, outcome] = key.split(' ') as [string, Outcome];
        visit(route, outcome, count);
      }
    },
  });
  counts.set('predict match', 5).set('~unread over_capacity', 2);
  const first = await samples(metrics);
  assert.equal(first.get('twinspan_exchanges_total{outcome="match",route="predict"}'), 5);
  assert.equal(first.get('twinspan_exchanges_total{outcome="over_capacity",route="~unread"}'), 2);
  assert.equal(first.get('twinspan_exchanges_seen_total'), 12);
  assert.equal(first.get('twinspan_exchanges_in_flight'), 2);
  assert.equal(first.get('twinspan_shadow_in_flight'), 1);
  assert.equal(first.get('twinspan_queue_length'), 4);
  assert.equal(first.get('twinspan_bytes_in_flight'), 4096);
  assert.equal(first.get('twinspan_breaker_state'), 1);
  assert.equal(first.get('twinspan_ext_proc_streams_total{result="completed"}'), 9);
  assert.equal(first.get('twinspan_ext_proc_synchronous_streams_total'), 3);
  assert.equal(first.get('twinspan_log_lines_lost_total'), 6);
  counts.set('predict match', 8);
  open = true;
  const second = await samples(metrics);
  assert.equal(second.get('twinspan_exchanges_total{outcome="match",route="predict"}'), 8);
  assert.equal(second.get('twinspan_exchanges_total{outcome="over_capacity",route="~unread"}'), 2);
  assert.equal(second.get('twinspan_breaker_state'), 2);
});

test('the coverage gap is absent while unknown, also after it was known', async (context) => {
  let gap: number | undefined;
  const metrics = start(context, { coverageGap: () => gap });
  assert.equal((await samples(metrics)).has('twinspan_coverage_gap'), false);
  gap = 0;
  assert.equal((await samples(metrics)).get('twinspan_coverage_gap'), 0);
  gap = undefined;
  assert.equal((await samples(metrics)).has('twinspan_coverage_gap'), false);
});

test('comparisons are counted by result, from 0 for every configured route', async (context) => {
  const metrics = start(context);
  const counted = async () => {
    const found = await samples(metrics);
    return ['incomparable', 'match', 'mismatch'].map((result) =>
      found.get(`twinspan_comparisons_total{result="${result}",route="predict"}`),
    );
  };
  assert.deepEqual(await counted(), [0, 0, 0]);
  metrics.record(matching());
  metrics.record(matching());
  metrics.record(mismatching());
  const truncated = comparison({ result: 'incomparable', reason: 'truncated' });
  metrics.record(matching({ outcome: 'incomparable', comparison: truncated }));
  assert.deepEqual(await counted(), [1, 2, 1]);
});

test('live against live, errors and what was not compared are no comparisons', async (context) => {
  const metrics = start(context);
  metrics.record(matching({ outcome: 'control' }));
  metrics.record({ exchange: exchange(), outcome: 'live_aborted', trace });
  metrics.record({ exchange: exchange(), outcome: 'over_rate', trace });
  const found = await samples(metrics);
  const compared = [...found].filter(([key]) => key.startsWith('twinspan_comparisons_total'));
  assert.equal(
    compared.reduce((sum, [, count]) => sum + count, 0),
    0,
  );
});

test('service times are recorded by mode, for each side that answered, in the buckets of the contract', async (context) => {
  const metrics = start(context);
  metrics.record(matching());
  metrics.record(matching({ exchange: exchange({ mode: 'canary' }) }));
  const control = answer({ duplicate: duplicate('control') });
  metrics.record(matching({ outcome: 'control', shadow: control }));
  const { comparison: _comparison, ...sent } = matching();
  const timeout = failure('shadow_timeout', 'timeout');
  metrics.record({ ...sent, outcome: 'shadow_timeout', shadow: timeout });
  metrics.record({ exchange: exchange(), outcome: 'live_upstream_failed', trace });
  const found = await samples(metrics);
  const labels = (mode: string) => `deployment_mode="${mode}",route="predict"`;
  const name = 'twinspan_request_duration_seconds';
  const counts = ['live', 'canary', 'shadow', 'control'].map((mode) =>
    found.get(`${name}_count{${labels(mode)}}`),
  );
  assert.deepEqual(counts, [3, 1, 2, 1]);
  assert.equal(found.get(`${name}_sum{${labels('live')}}`), 0.09);
  const buckets = [...found].filter(([key]) =>
    key.startsWith(`${name}_bucket{${labels('live').slice(0, 20)}`),
  );
  assert.deepEqual(
    buckets.map(([key, count]) => `${/le="([^"]+)"/.exec(key)?.[1]} ${count}`),
    [
      '0.005 0',
      '0.01 0',
      '0.025 0',
      '0.05 3',
      '0.075 3',
      '0.1 3',
      '0.25 3',
      '0.5 3',
      '0.75 3',
      '1 3',
      '2.5 3',
      '5 3',
      '7.5 3',
      '10 3',
      '+Inf 3',
    ],
  );
});

test('an instrument has no more series than its limit, whatever names come', async (context) => {
  const metrics = start(context, {
    extProcStreams: () =>
      Array.from({ length: 500 }, (_, index) => [`result ${index}`, 1] as const),
  });
  for (let index = 0; index < 3000; index += 1) {
    metrics.record(
      matching({ exchange: exchange({ route: { name: `route ${index}`, template: '/' } }) }),
    );
  }
  const keys = [...(await samples(metrics)).keys()];
  const series = (name: string) => keys.filter((key) => key.startsWith(`${name}{`)).length;
  assert.equal(series('twinspan_ext_proc_streams_total'), 100);
  assert.equal(series('twinspan_comparisons_total'), 2000);
  assert.equal(series('twinspan_request_duration_seconds_count'), 1000);
});

test('a route of any name is written so that it can be read', async (context) => {
  const metrics = start(context, {}, { routes: ['a"b\\c\nd'] });
  const { text } = await metrics.render();
  assert.ok(text.includes('twinspan_comparisons_total{result="match",route="a\\"b\\\\c\\nd"} 0'));
});

test('a source that fails is told of, and the other numbers are there', async (context) => {
  const troubles: string[] = [];
  const metrics = start(
    context,
    {
      queueLength: () => {
        throw new Error('no queue');
      },
      bytesInFlight: () => 5,
    },
    { onTrouble: (message) => troubles.push(message) },
  );
  const found = await samples(metrics);
  assert.equal(found.has('twinspan_queue_length'), false);
  assert.equal(found.get('twinspan_bytes_in_flight'), 5);
  assert.deepEqual(troubles, ['no queue']);
});

test('after the end of measuring, what was counted can still be read', async (context) => {
  const metrics = start(context);
  metrics.record(matching());
  metrics.stop();
  const found = await samples(metrics);
  assert.equal(found.get('twinspan_comparisons_total{result="match",route="predict"}'), 1);
});

test('what a judge adds up, and the verdict of this replica, have their series', async (context) => {
  const process = { id: 'a1b2c3d4', startedAt: 1_700_000_000_500 };
  const metrics = start(context, {
    verdict: {
      process,
      forEachGateEvent(visit) {
        visit({ experiment: 'e1', gate: 'errors', route: 'predict', value: -1 }, 0);
        visit({ experiment: 'e1', gate: 'errors', route: 'predict', value: 0 }, 12.5);
      },
      experiments: () => [
        {
          id: 'e1',
          live: { name: 'm', version: '1' },
          shadow: { version: '2' },
          state: 'hold',
          score: 50,
          overflowed: true,
        },
      ],
    },
  });
  const found = [...(await samples(metrics))].filter(([name]) =>
    /^twinspan_(gate|verdict|process|experiment)/.test(name),
  );
  assert.deepEqual(found, [
    ['twinspan_gate_events_total{experiment="e1",gate="errors",route="predict",value="-1"}', 0],
    ['twinspan_gate_events_total{experiment="e1",gate="errors",route="predict",value="0"}', 12.5],
    ['twinspan_process_start_time_seconds{process="a1b2c3d4"}', 1_700_000_000.5],
    [
      'twinspan_experiment_info{experiment="e1",live="m",live_version="1",shadow="",shadow_version="2"}',
      1,
    ],
    ['twinspan_verdict{experiment="e1",state="collecting"}', 0],
    ['twinspan_verdict{experiment="e1",state="promote"}', 0],
    ['twinspan_verdict{experiment="e1",state="hold"}', 1],
    ['twinspan_verdict{experiment="e1",state="reject"}', 0],
    ['twinspan_verdict_score{experiment="e1"}', 50],
  ]);
});
