/** Telemetry as the program starts it, with quiet sources, for tests that record pairs and look at what comes out. */
import { Writable } from 'node:stream';

import { createLog } from '../../../src/base/log.ts';
import type { MetricSources } from '../../../src/telemetry/metrics.ts';
import {
  createTelemetry,
  type Telemetry,
  type TelemetryOptions,
  type TelemetrySettings,
} from '../../../src/telemetry/telemetry.ts';

export const quietSources: MetricSources = {
  exchangesSeen: () => 0,
  exchangesInFlight: () => 0,
  forEachOutcome: () => {},
  shadowInFlight: () => 0,
  queueLength: () => 0,
  bytesInFlight: () => 0,
  breakerState: () => 'closed',
  extProcStreams: () => [],
  synchronousStreams: () => 0,
  logLinesLost: () => 0,
  coverageGap: () => undefined,
};

export const settings: TelemetrySettings = {
  trace: 'pair',
  keepMatches: () => 1,
  maxPairsPerSecond: () => 1_000_000,
  urlPath: false,
  modeKeys: ['twinspan.deployment.mode', 'deployment.mode'],
  queue: { spans: 16_384, bytes: 32 * 1024 * 1024 },
};

export interface StartedTelemetry {
  readonly telemetry: Telemetry;
  /** Log lines, parsed. */
  readonly lines: Record<string, unknown>[];
}

export function startTelemetry(
  changes: Partial<TelemetrySettings> = {},
  overrides: Partial<TelemetryOptions> = {},
): StartedTelemetry {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      callback();
    },
  });
  const telemetry = createTelemetry({
    settings: { ...settings, ...changes },
    live: { name: 'model-v1', version: '1' },
    shadow: { name: 'model-v2', version: '2', url: 'http://127.0.0.1:9102' },
    routes: ['predict'],
    sources: quietSources,
    log: createLog({ destination }),
    instanceId: 'instance-1',
    version: '0.1.0',
    environment: {},
    ...overrides,
  });
  return { telemetry, lines };
}
