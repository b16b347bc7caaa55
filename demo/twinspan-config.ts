/**
 * The configuration that the demo gives twinspan: one route for predictions, which have no side effects and may
 * therefore be sent twice, one for the model's metadata. Written down as a file, so that it can be read, changed and
 * used again.
 */

import { stringify } from 'yaml';

import type { Address } from './envoy-config.ts';

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
`;

/** The file's text (YAML). */
export function twinspanConfig(options: TwinspanConfigOptions): string {
  const { extProc, admin, ops } = options.addresses ?? ANY_PORTS;
  const config = {
    version: 1,
    listen: extProc,
    admin: { listen: admin },
    ops: { listen: ops },
    live: { name: 'iris-tree', version: '1' },
    shadow: { name: 'iris-neighbours', version: '2', url: options.shadowUrl, egress: true },
    routes: [
      {
        name: 'predict',
        match: { path: '/v1/models/{model}:predict', methods: ['POST'] },
        effects: 'none',
        compare: { ignore: ['/model_name', '/model_version'], show: 'values' },
      },
      { name: 'metadata', match: { path: '/v1/models/{model}' } },
    ],
    telemetry: { otlp: options.otlpUrl, keepMatches: 1, maxPairsPerSecond: 1000 },
  };
  return HEADING + stringify(config);
}
