/**
 * `twinspan check`: validates a configuration; with an Envoy's admin address it also says whether that Envoy's filter
 * is safe and complete, and whether the shadow receives what live receives.
 * Exit: 0 clean or warnings, 1 warnings with --strict, 2 configuration, 3 broken.
 */
import { setTimeout } from 'node:timers/promises';

import { reasonOfFetch } from '../base/errors.ts';
import { formatErrors, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { coverageOf, type Coverage, type Reading } from '../report/coverage.ts';
import { readEnvoyCounters } from '../report/envoy-counters.ts';
import { parseOptions, required } from './arguments.ts';
import { lintEnvoy, type Finding } from './envoy-lint.ts';

/** @throws TwinspanError `usage` for bad options */
export async function check(args: string[]): Promise<number> {
  const options = parseOptions('check', args, {
    config: { type: 'string', short: 'c' },
    'envoy-admin': { type: 'string' },
    strict: { type: 'boolean' },
  });
  const path = required('check', 'config', options.config);
  const loaded = loadConfig({ path, env: process.env });
  if (loaded.kind === 'invalid') {
    process.stderr.write(formatErrors(loaded.errors));
    return 2;
  }
  const findings: Finding[] = loaded.warnings.map((message) => ({
    level: 'warning',
    check: 'configuration',
    message,
  }));
  const envoyAdmin = options['envoy-admin'];
  if (envoyAdmin !== undefined) findings.push(...(await checkEnvoy(envoyAdmin, loaded.config)));

  for (const { level, check: name, message } of findings) {
    process.stdout.write(`${level.padEnd(8)} ${name}: ${message}\n`);
  }
  const broken = findings.filter((finding) => finding.level === 'broken').length;
  const warnings = findings.length - broken;
  process.stdout.write(
    findings.length === 0
      ? `${path}: no complaint (configuration ${loaded.hash})\n`
      : `${path}: ${broken} broken, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}\n`,
  );
  if (broken > 0) return 3;
  return warnings > 0 && options.strict === true ? 1 : 0;
}

async function checkEnvoy(admin: string, config: Config): Promise<Finding[]> {
  const base = admin.includes('://') ? admin : `http://${admin}`;
  let dump: unknown;
  let coverage: Coverage;
  try {
    dump = await (await read(new URL('/config_dump', base))).json();
    const before = await readCounters(base, config.admin.listen);
    await setTimeout(windowMs);
    coverage = coverageOf(before, await readCounters(base, config.admin.listen));
  } catch (error) {
    return [
      {
        level: 'broken',
        check: 'envoy_admin',
        message: `cannot read Envoy's admin at ${base}: ${reasonOfFetch(error)}. Give the address of its admin interface (admin.address of its bootstrap)`,
      },
    ];
  }
  process.stdout.write(`${describe(coverage)}\n`);
  const findings = lintEnvoy(dump, { requireObservability: config.envoy.requireObservability });
  if ((coverage.gap ?? 0) > toleratedGap) {
    findings.push({
      level: 'warning',
      check: 'coverage',
      message: `${((coverage.gap ?? 0) * 100).toFixed(1)} % of what Envoy's filter began did not arrive: twinspan is away or restarts, or the circuit breaker of its cluster is full`,
    });
  }
  return findings;
}

/** How long coverage is watched. */
const windowMs = 2000;
/** What may be under way between the two processes at the second reading. */
const toleratedGap = 0.02;

function describe({ began, failed, seen, sent }: Coverage): string {
  if (began === 0) return `coverage: Envoy's filter began no exchange in ${windowMs / 1000} s`;
  const here =
    seen === undefined
      ? 'the twinspan of this configuration could not be asked'
      : `twinspan saw ${seen} and sent ${sent ?? 0} to the shadow`;
  return `coverage in ${windowMs / 1000} s: Envoy's filter began ${began}, ${failed} failed; ${here}`;
}

async function readCounters(envoy: string, admin: string): Promise<Reading> {
  const counters = await readEnvoyCounters(envoy);
  const twinspan = await askTwinspan(admin);
  return { ...counters, ...(twinspan && { twinspan }) };
}

async function askTwinspan(listen: string): Promise<Reading['twinspan']> {
  try {
    const status = (await (await read(new URL('/status', `http://${listen}`))).json()) as {
      exchanges: { seen: number };
      shadow: { sent: number };
    };
    return { seen: status.exchanges.seen, sent: status.shadow.sent };
  } catch {
    // Not running here, or it asks for a token: coverage is then known from Envoy's side alone.
    return undefined;
  }
}

async function read(url: URL): Promise<Response> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000), redirect: 'error' });
  if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}`);
  return response;
}
