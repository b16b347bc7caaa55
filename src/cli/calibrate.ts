/**
 * `twinspan calibrate`: asks a running twinspan how much live differs from itself and prints the rules of comparison
 * that speak from it, as YAML to paste or as JSON. It changes nothing.
 * Exit: 0 with what there is, 1 when the source cannot be read, 2 usage.
 */
import { TwinspanError } from '../base/errors.ts';
import { jsonOf } from '../base/untrusted-json.ts';
import { proposeRules } from '../report/noise/proposals.ts';
import type { NoiseReport, RouteNoise } from '../report/noise/report.ts';
import { calibrationYaml } from '../report/noise/yaml.ts';
import { parseOptions, required } from './arguments.ts';
import { askTwinspan, cannotRead, readTokenFile } from './ask-twinspan.ts';

const answerTimeoutMs = 10_000;
const defaultMinPairs = 30;

/** @throws TwinspanError `usage` for bad options, `unreachable` when there is no report to read */
export async function calibrate(args: string[]): Promise<number> {
  const options = parseOptions('calibrate', args, {
    url: { type: 'string' },
    'token-file': { type: 'string' },
    route: { type: 'string' },
    'min-pairs': { type: 'string' },
    format: { type: 'string' },
  });
  const url = noiseUrl(required('calibrate', 'url', options.url));
  const minPairs = readMinPairs(options['min-pairs']);
  const format = options.format ?? 'yaml';
  if (format !== 'yaml' && format !== 'json') {
    throw new TwinspanError('usage', `calibrate: --format is "${format}"; it is yaml or json`);
  }
  const tokenFile = options['token-file'];
  const { routes } = await readReport(
    url,
    tokenFile === undefined ? undefined : readTokenFile('calibrate', tokenFile),
  );
  const calibrations = chosen(routes, options.route).map((noise) => ({
    noise,
    proposals: proposeRules(noise, minPairs),
  }));
  process.stdout.write(
    format === 'yaml'
      ? calibrationYaml(calibrations)
      : `${JSON.stringify({ schema: 'twinspan.calibration/1', routes: calibrations }, undefined, 2)}\n`,
  );
  return 0;
}

function noiseUrl(admin: string): URL {
  const base = admin.includes('://') ? admin : `http://${admin}`;
  if (!URL.canParse(base)) {
    throw new TwinspanError(
      'usage',
      `calibrate: --url is "${admin}"; give the admin address (admin.listen), as in http://127.0.0.1:9003`,
    );
  }
  return new URL('/v1/noise', base);
}

function readMinPairs(text: string | undefined): number {
  if (text === undefined) return defaultMinPairs;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new TwinspanError(
    'usage',
    `calibrate: --min-pairs is "${text}"; it must be a whole number from 1`,
  );
}

function chosen(routes: readonly RouteNoise[], name: string | undefined): readonly RouteNoise[] {
  if (name === undefined) return routes;
  const found = routes.filter(({ route }) => route === name);
  if (found.length > 0) return found;
  const known = routes.map(({ route }) => route).join(', ');
  throw new TwinspanError('usage', `calibrate: there is no route "${name}"; routes are ${known}`);
}

async function readReport(url: URL, token: string | undefined): Promise<NoiseReport> {
  const text = await askTwinspan({
    url,
    token,
    timeoutMs: answerTimeoutMs,
    maxBytes: Number.POSITIVE_INFINITY,
    notFound: '--url is the admin address (admin.listen), not that of ops.listen',
  });
  const report = parsed(text);
  if (report === undefined) {
    throw new TwinspanError(
      'unreachable',
      `${cannotRead(url)}: it answered something else than a report of noise; --url is the admin address (admin.listen) of twinspan`,
    );
  }
  return report;
}

function parsed(text: string): NoiseReport | undefined {
  const value = jsonOf(text);
  const { schema, routes } = (value ?? {}) as Partial<NoiseReport>;
  const isReport =
    schema === 'twinspan.noise/1' && Array.isArray(routes) && routes.every(isRouteNoise);
  return isReport ? (value as NoiseReport) : undefined;
}

function isRouteNoise(value: unknown): boolean {
  const { compare, control, shadow, groups, rules } = (value ?? {}) as Partial<RouteNoise>;
  return (
    [compare, control, shadow].every((part) => typeof part === 'object' && part !== null) &&
    Array.isArray(groups) &&
    Array.isArray(rules)
  );
}
