/**
 * `/status`: one snapshot, built in one turn of the event loop, of the books and of every bounded thing. The
 * names are those of the JSON.
 */
import { version } from './base/version.ts';
import type { TargetTotals } from './exchange/ledger.ts';
import type { Stations } from './stations.ts';

interface Usage {
  readonly used: number;
  readonly max: number;
}

export interface Status {
  readonly version: string;
  readonly configHash: string;
  readonly startedAt: string;
  readonly experiment: string;
  readonly paused: boolean;
  readonly exchanges: {
    readonly seen: number;
    readonly in_flight: number;
    readonly outcomes: Readonly<Record<string, number>>;
  };
  readonly shadow: TargetStatus;
  /** Of the second live instance; zeros where there is none. */
  readonly control: TargetStatus;
  readonly spans: {
    readonly created: number;
    readonly exported: number;
    readonly queued: number;
    readonly dropped: Readonly<Record<string, number>>;
    /** Never made, by the decision that left their pair out; no part of `created`. */
    readonly left_out: Readonly<Record<string, number>>;
  };
  readonly limits: Readonly<Record<string, Usage>>;
  /** Whether the equations hold at this instant, computed from the counters; `shadow` is that of the control too. */
  readonly balance: {
    readonly exchanges: boolean;
    readonly shadow: boolean;
    readonly spans: boolean;
  };
}

interface TargetStatus {
  readonly sent: number;
  readonly in_flight: number;
  readonly answered: number;
  readonly failed: number;
  readonly sent_unpaired: number;
}

export function statusOf(
  stations: Stations,
  process: { readonly startedAt: string; readonly configHash: string },
): Status {
  const { ledger, budget, queue, offload, targets, telemetry } = stations;
  const { config } = stations.generation();
  const { seen, inFlight, outcomes, shadow, control } = ledger.totals();
  const balances = ledger.balances();
  const spans = telemetry.spanCounts();
  const dropped = Object.values(spans.dropped).reduce((sum, count) => sum + count, 0);
  return {
    version,
    configHash: process.configHash,
    startedAt: process.startedAt,
    experiment: stations.experiment(),
    paused: stations.paused(),
    exchanges: { seen, in_flight: inFlight, outcomes },
    shadow: targetStatus(shadow),
    control: targetStatus(control),
    spans: {
      created: spans.created,
      exported: spans.exported,
      queued: spans.queued,
      dropped: spans.dropped,
      left_out: spans.leftOut,
    },
    limits: {
      exchanges: { used: inFlight, max: config.capture.maxExchanges },
      bytes_in_flight: { used: budget.used, max: budget.max },
      queue_requests: { used: queue.length, max: queue.limits.requests },
      queue_bytes: { used: queue.bytes, max: queue.limits.bytes },
      shadow_concurrency: { used: queue.inFlight, max: queue.limits.concurrency },
      ...(targets.control && {
        control_connections: {
          used: targets.control.client.inFlight,
          max: config.shadow.connections,
        },
      }),
      comparisons: { used: offload.inFlight, max: offload.maxWaitingPairs },
      span_queue: { used: spans.queued, max: config.telemetry.queue.spans },
      span_queue_bytes: { used: spans.queuedBytes, max: config.telemetry.queue.bytes },
    },
    balance: {
      exchanges: balances.exchanges,
      shadow: balances.shadow && balances.control,
      spans: spans.created === spans.exported + spans.queued + dropped,
    },
  };
}

function targetStatus({
  sent,
  inFlight,
  answered,
  failed,
  sentUnpaired,
}: TargetTotals): TargetStatus {
  return { sent, in_flight: inFlight, answered, failed, sent_unpaired: sentUnpaired };
}
