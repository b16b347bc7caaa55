/**
 * The configuration that the demo gives twinspan: one route for predictions, which have no side effects and may
 * therefore be sent twice, one for the model's metadata. Written down as a file, so that it can be read, changed and
 * used again.
 */

import { stringify } from 'yaml';

/** What is only known at run time. */
export type TwinspanConfigOptions = {
  /** URL of Envoy's egress listener, behind which the shadow is. */
  readonly shadowUrl: string;
  /** Base URL of the collector. */
  readonly otlpUrl: string;
};

const HEADING = `# Written by the demo at each start; all ports are of that run.
# Values are shown and every matching pair is kept because irises are nobody's secret and the run is short.
`;

/** The file's text (YAML). */
export function twinspanConfig(options: TwinspanConfigOptions): string {
  const config = {
    version: 1,
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    ops: { listen: '127.0.0.1:0' },
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
