/**
 * Metrics whose values somebody else computes when they are read: a fixed set of instruments, and rows of values for
 * them.
 */
import type { Meter, Observable } from '@opentelemetry/api';

export interface RowSource {
  readonly instruments: readonly {
    readonly name: string;
    readonly kind: 'counter' | 'gauge';
    readonly description: string;
  }[];
  /** Asked at each reading; `name` is that of an instrument. Counters never fall. */
  readonly rows: () => Iterable<{
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }>;
}

export function observeRows(meter: Meter, { instruments, rows }: RowSource): void {
  const byName = new Map<string, Observable>(
    instruments.map(({ name, kind, description }) => [
      name,
      kind === 'counter'
        ? meter.createObservableCounter(name, { description })
        : meter.createObservableGauge(name, { description }),
    ]),
  );
  meter.addBatchObservableCallback(
    (result) => {
      for (const { name, labels, value } of rows()) {
        const instrument = byName.get(name);
        if (instrument !== undefined) result.observe(instrument, value, labels);
      }
    },
    [...byName.values()],
  );
}
