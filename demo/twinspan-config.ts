/**
 * The configuration that the demo gives twinspan: one route for predictions, which have no side effects and may
 * therefore be sent twice, one for the model's metadata, and a verdict that can be reached in a short run. Written down
 * as a file, so that it can be read, changed and used again.
 */

import { stringify } from 'yaml';

import type { Address } from './envoy-config.ts';
import { SPECIES } from './models/iris.ts';

/** Where twinspan listens: for Envoy, for people, for machines. */
export type TwinspanAddresses = {
  readonly extProc: Address;
  readonly admin: Address;
  readonly ops: Address;
};

/** What is only known at run time. */
export type TwinspanConfigOptions = {
  /** Free ports of loopback when there is none. */
  readonly addresses?: TwinspanAddresses | undefined;
  /** URL of Envoy's egress listener, behind which the shadow is. */
  readonly shadowUrl: string;
  /** Base URL of the collector. */
  readonly otlpUrl: string;
};

const ANY_PORTS: TwinspanAddresses = {
  extProc: '127.0.0.1:0',
  admin: '127.0.0.1:0',
  ops: '127.0.0.1:0',
};

const HEADING = `# Written by the demo at each start; all ports are of that run.
# Values are shown and every matching pair is kept because irises are nobody's secret and the run is short.
# Both models say in a header which version they are: another shadow behind the same address is another experiment.
`;

const LOOP_DELAY_REMARK = `# Customers, Envoy, both models and twinspan share one machine, and each may have to wait for the others.
`;

const VERDICT_REMARK = `# Small floors and wide margins, so that something is decided within seconds. A real rollout uses larger floors and
# smaller margins: without these keys at least 1,000 pairs a route in 24 hours, margins from 0.1 % (contract) to 2 %,
# which takes about 6,000 pairs a route. The margin of prediction_drift is the usual one.
# mode: a new model may answer differently; what is judged of its predictions is how often it gives each label.
# latency: an answer is slow when it takes longer than these seconds. It is not measured against live here, because the
# way to the shadow is longer and the services answer within a millisecond or two.
`;

/** The file's text (YAML). */
export function twinspanConfig(options: TwinspanConfigOptions): string {
  const { extProc, admin, ops } = options.addresses ?? ANY_PORTS;
  const service = { name: 'iris', versionHeader: 'x-model-version' };
  const followed = {
    version: 1,
    listen: extProc,
    admin: { listen: admin },
    ops: { listen: ops },
    live: service,
    shadow: { ...service, url: options.shadowUrl, egress: true },
    routes: [
      {
        name: 'predict',
        match: { path: '/v1/models/{model}:predict', methods: ['POST'] },
        effects: 'none',
        compare: { ignore: ['/model_name', '/model_version'], show: 'values' },
        prediction: { preset: 'kserve-v1', labels: SPECIES },
      },
      { name: 'metadata', match: { path: '/v1/models/{model}' } },
    ],
    telemetry: { otlp: options.otlpUrl, keepMatches: 1, maxPairsPerSecond: 1000 },
  };
  const verdict = {
    mode: 'noninferior',
    floor: { pairs: 200, elapsed: '5s' },
    margins: {
      errors: 0.03,
      contract: 0.03,
      latency_p95: 0.03,
      latency_p99: 0.03,
      prediction_drift: 0.02,
      coverage: 0.03,
    },
    latency: { threshold: { p95: 0.25, p99: 0.5 } },
  };
  return [
    HEADING,
    stringify(followed, { aliasDuplicateObjects: false }),
    LOOP_DELAY_REMARK,
    stringify({ capture: { maxLoopDelay: '1s' } }),
    VERDICT_REMARK,
    stringify({ verdict }),
  ].join('');
}
