import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';

import { observeRows, type RowSource } from '../../../src/telemetry/row-metrics.ts';

class Reader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }

  protected override async onForceFlush(): Promise<void> {}

  protected override async onShutdown(): Promise<void> {}
}

/** Values by name and labels, as one reading has them. */
async function readingOf(source: RowSource): Promise<Record<string, unknown>> {
  const reader = new Reader();
  observeRows(new MeterProvider({ readers: [reader] }).getMeter('test'), source);
  const { resourceMetrics } = await reader.collect();
  return Object.fromEntries(
    resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => [
          `${descriptor.name} ${JSON.stringify(attributes)}`,
          value,
        ]),
      ),
    ),
  );
}

const instruments = [
  { name: 'agreed_total', kind: 'counter', description: 'That agreed' },
  { name: 'kappa', kind: 'gauge', description: 'Agreement beyond chance' },
] as const;

test('each row is a value of its instrument, asked for at the reading', async () => {
  let asked = 0;
  const reading = await readingOf({
    instruments,
    rows: () => {
      asked += 1;
      return [
        { name: 'agreed_total', labels: { route: 'a' }, value: 3 },
        { name: 'agreed_total', labels: { route: 'b' }, value: 4 },
        { name: 'kappa', labels: { route: 'a' }, value: 0.5 },
      ];
    },
  });
  assert.equal(asked, 1);
  assert.deepEqual(reading, {
    'agreed_total {"route":"a"}': 3,
    'agreed_total {"route":"b"}': 4,
    'kappa {"route":"a"}': 0.5,
  });
});

test('what is not known has no row, and a row of no instrument is no value', async () => {
  const rows = () => [{ name: 'other', labels: {}, value: 1 }];
  assert.deepEqual(await readingOf({ instruments, rows }), {});
});
