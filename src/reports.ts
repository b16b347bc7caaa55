/**
 * What becomes of a finished pair once it is in telemetry: the reports that people and machines read. What was compared
 * with the control tells how much live differs from itself; nothing of it reaches what is said of the shadow.
 */
import { isDeepStrictEqual } from 'node:util';

import type { Clock } from './base/clock.ts';
import { HeaderList } from './base/header-list.ts';
import type { Log } from './base/log.ts';
import type { Comparison } from './comparison/comparison.ts';
import type { Config } from './config/schema.ts';
import { classOf, type OutcomeClass } from './exchange/outcome.ts';
import { onceForEach } from './generation.ts';
import type { AgreementDescription } from './report/agreement/agreement-description.ts';
import { agreementInstruments, agreementRows } from './report/agreement/agreement-metrics.ts';
import { AgreementRecorder } from './report/agreement/agreement-recorder.ts';
import { describeAgreement } from './report/agreement/describe-agreement.ts';
import { Noise } from './report/noise/noise.ts';
import { RecentPairs } from './report/recent-pairs.ts';
import type { FinishedPair } from './comparison/finished-pair.ts';
import type { Telemetry } from './telemetry/telemetry.ts';

export interface Reports {
  readonly noise: Noise;
  readonly agreement: {
    /** Of one route, or of all, in the current experiment. */
    describe(route?: string): AgreementDescription[];
    readonly metrics: {
      readonly instruments: typeof agreementInstruments;
      readonly rows: () => ReturnType<typeof agreementRows>;
    };
  };
  readonly recentPairs: RecentPairs;
  /** To be called once for each followed exchange that is over. */
  add(finished: FinishedPair): void;
  /** What was counted by rules that hold no longer is forgotten. */
  onReload(before: Config, after: Config): void;
}

/** Ways to end in which there is a pair with the shadow to show; the others are counted alone. */
const shown = new Set<OutcomeClass>(['compared', 'failed']);

export function createReports(options: {
  /** The configuration that holds now. */
  readonly config: () => Config;
  /** Id of the experiment that runs now. */
  readonly currentExperiment: () => string;
  readonly liveParent: Telemetry['liveParent'];
  readonly log: Log;
  readonly clock: Clock;
  /** Whether a line of this kind may be logged now. */
  readonly mayLog: (kind: string) => boolean;
}): Reports {
  const { config, currentExperiment, liveParent, log, clock, mayLog } = options;
  const agreement = new AgreementRecorder({
    labelsByRoute: onceForEach(config, labelsByRoute),
    segmentValues: Object.fromEntries(
      Object.entries(config().segments).map(([key, { values }]) => [key, values]),
    ),
  });
  const noise = new Noise(() => clock.wallNow());
  const recentPairs = new RecentPairs();
  return {
    noise,
    agreement: {
      describe(route) {
        const experiment = currentExperiment();
        return [...agreement.routesOf(experiment)]
          .filter(([name]) => route === undefined || name === route)
          .map(([name, recorded]) => describeAgreement(experiment, name, recorded));
      },
      metrics: {
        instruments: agreementInstruments,
        rows: () => agreementRows(agreement.counters(), agreement.routesOf(currentExperiment())),
      },
    },
    recentPairs,
    add(finished) {
      const { exchange, outcome, shadow, comparison, experiment, trace } = finished;
      // The shadow may have answered although live broke off: that is no pair of answers, nor its failure.
      if (shadow === undefined) return;
      if (comparison !== undefined) noise.add({ exchange, shadow, comparison });
      if (!shown.has(classOf(outcome))) return;

      // From here on all is about the shadow.
      if (comparison !== undefined && experiment !== undefined) {
        agreement.record(experiment, exchange.route.name, comparison);
      }
      if (comparison?.result === 'mismatch' && mayLog(`mismatch ${exchange.route.name}`)) {
        logMismatch(log, finished, comparison);
      }
      const headers = exchange.request?.headers ?? HeaderList.empty;
      const parent = liveParent(exchange.context, headers);
      recentPairs.add({
        exchange,
        shadow,
        ...(comparison && { comparison }),
        traceId: trace.traceId,
        ...(parent && { liveTraceId: parent.traceId }),
      });
    },
    onReload(before, after) {
      for (const { name, compare } of before.routes) {
        const next = after.routes.find((route) => route.name === name);
        if (!isDeepStrictEqual(next?.compare, compare)) noise.forget(name);
      }
    },
  };
}

function labelsByRoute({ routes }: Config): ReadonlyMap<string, readonly string[]> {
  return new Map(
    routes.flatMap(({ name, prediction }) =>
      prediction === undefined ? [] : [[name, prediction.labels] as const],
    ),
  );
}

/** Values stay out of the log, as they do out of the spans. */
function logMismatch(log: Log, { exchange, trace }: FinishedPair, comparison: Comparison): void {
  const groups = new Set(comparison.differences.map(({ group }) => group));
  log.info(
    {
      event: 'mismatch',
      route: exchange.route.name,
      request_id: exchange.requestId.slice(0, 256),
      trace_id: trace.traceId,
      span_id: trace.shadowSpanId,
      deployment_mode: 'shadow',
      differences: comparison.differenceCount,
      groups: [...groups].slice(0, 16),
    },
    'live and shadow differ; at most one such line a route in 10 s',
  );
}
