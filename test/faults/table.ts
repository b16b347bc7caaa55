/** The table of the fault suite, as Markdown: for the terminal and for docs/reliability.md. */
import type { RowResult } from './row.ts';

/** A row beside the fault-free phases around it. */
export interface TableRow {
  readonly name: string;
  readonly result: RowResult;
  readonly quietMs: readonly number[];
}

const head = [
  'fault',
  'customers',
  'failed',
  'differing',
  'p50 ms quiet / fault',
  'p99 ms quiet / fault',
  'outcomes',
  'seen',
  'at the shadow',
  'spans dropped',
  'RSS MiB quiet / fault',
  'Envoy heap MiB quiet / fault',
  'proven by',
];

export function tableOf(rows: readonly TableRow[]): string {
  const lines = rows.map(({ name, result, quietMs }) => {
    const { load, resources, quiet, outcomes, dropped, seen, shadowRequests, remark, broken } =
      result;
    const slope = resources.rssSlopeMiBPerMinute;
    const remarks = [
      remark,
      result.seconds >= 60 ? `RSS slope ${slope.toFixed(2)} MiB a minute` : '',
      ...broken.map((sentence) => `**${sentence.split('\n', 1)[0]}**`),
    ];
    return [
      name,
      load.sent,
      load.failures.length,
      load.differing.length,
      beside(quietMs, load.latenciesMs, 0.5),
      beside(quietMs, load.latenciesMs, 0.99),
      counts(outcomes),
      seen,
      shadowRequests,
      counts(dropped),
      `${quiet.rssPeakMiB.toFixed(0)} / ${resources.rssPeakMiB.toFixed(0)}`,
      `${quiet.envoyHeapPeakMiB.toFixed(0)} / ${resources.envoyHeapPeakMiB.toFixed(0)}`,
      remarks.filter((text) => text !== '').join('; '),
    ];
  });
  return [head, head.map(() => '---'), ...lines]
    .map((line) => `| ${line.join(' | ')} |`)
    .join('\n');
}

/** The value below which this share of the values lies; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function beside(quiet: readonly number[], fault: readonly number[], share: number): string {
  return `${quantile(quiet, share).toFixed(1)} / ${quantile(fault, share).toFixed(1)}`;
}

function counts(named: Readonly<Record<string, number>>): string {
  return Object.entries(named)
    .toSorted(([, left], [, right]) => right - left)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
