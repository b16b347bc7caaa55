/**
 * Where the command gets a verdict from: the address of one twinspan or of a judge, or a Prometheus of which it is the
 * judge itself.
 */
import { systemClock } from '../base/clock.ts';
import { TwinspanError } from '../base/errors.ts';
import { formatErrors, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { createFleetJudge, type FleetJudge, type FleetQuery } from '../fleet-judge.ts';
import { createFleet } from '../fleet/fleet.ts';
import { createPrometheus } from '../fleet/prometheus.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { askTwinspan, cannotRead, readTokenFile } from './ask-twinspan.ts';
import { readVerdict } from './verdict-reading.ts';

/**
 * Asks once, and waits for an answer for at most so long.
 * @throws TwinspanError `unreachable` when there is no verdict to be had, now
 */
export type AskVerdict = (withinMs: number) => Promise<Verdict>;

const answerTimeoutMs = 15_000;
const maxAnswerBytes = 8 * 1024 * 1024;
/** A matcher or several: `job="shop", namespace=~"shop-.*"`. */
const matchersForm =
  /^\s*[A-Za-z_]\w*\s*(=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*"\s*(,\s*[A-Za-z_]\w*\s*(=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*"\s*)*$/;

export interface SourceOptions {
  readonly 'token-file'?: string | undefined;
  readonly selector?: string | undefined;
}

/** @throws TwinspanError `usage` for an address or a token that is none */
export function askForVerdict(url: string, query: FleetQuery, options: SourceOptions): AskVerdict {
  const address = verdictUrl(url);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  const token = readToken(options['token-file']);
  return async (withinMs) => {
    const text = await askTwinspan({
      url: address,
      token,
      timeoutMs: Math.min(answerTimeoutMs, Math.ceil(withinMs)),
      maxBytes: maxAnswerBytes,
      notFound: '--url is the address of twinspan (admin.listen or ops.listen) or of its judge',
    });
    const verdict = readVerdict(text);
    if (verdict !== undefined) return verdict;
    throw new TwinspanError(
      'unreachable',
      `${cannotRead(address)}: it answered something else than a verdict`,
    );
  };
}

/** @throws TwinspanError `usage` or `configuration`, with every error of the file */
export function askPrometheus(
  url: string,
  config: Config,
  query: FleetQuery,
  options: SourceOptions,
): AskVerdict {
  const judge = fleetJudge(url, config, options);
  return async (withinMs) => {
    const { verdict, trouble } = await judge(query, withinMs);
    if (trouble?.kind === 'source') throw new TwinspanError('unreachable', trouble.message);
    return verdict;
  };
}

/** @throws TwinspanError `usage` for an address, a selector or a token that is none */
export function fleetJudge(url: string, config: Config, options: SourceOptions): FleetJudge {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new TwinspanError(
      'usage',
      `verdict: --prometheus is "${url}"; give its address, as in http://prometheus:9090`,
    );
  }
  const { selector } = options;
  if (selector !== undefined && !matchersForm.test(selector)) {
    throw new TwinspanError(
      'usage',
      `verdict: --selector is not made of label matchers, as in 'job="shop",namespace="live"'`,
    );
  }
  const token = readToken(options['token-file']);
  const prometheus = createPrometheus({ url, ...(token !== undefined && { token }) });
  const fleet = createFleet({
    prometheus,
    clock: systemClock,
    historyMs: 2 * config.verdict.horizon,
    ...(selector !== undefined && { matchers: selector }),
  });
  return createFleetJudge({ config, fleet, clock: systemClock });
}

/** @throws TwinspanError `configuration` with every error of the file */
export function readConfig(path: string): Config {
  const loaded = loadConfig({ path, env: process.env });
  if (loaded.kind === 'loaded') return loaded.config;
  throw new TwinspanError('configuration', `verdict:\n${formatErrors(loaded.errors).trimEnd()}`);
}

function verdictUrl(base: string): URL {
  const whole = base.includes('://') ? base : `http://${base}`;
  if (/^https?:\/\//.test(whole) && URL.canParse(whole)) {
    const url = new URL(whole);
    return new URL(`${url.origin}${url.pathname.replace(/\/+$/, '')}/v1/verdict`);
  }
  throw new TwinspanError(
    'usage',
    `verdict: --url is "${base}"; give the address of twinspan or of its judge, as in http://127.0.0.1:9003`,
  );
}

function readToken(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const token = readTokenFile('verdict', path);
  if (token !== '') return token;
  throw new TwinspanError('usage', `verdict: --token-file: ${path} is empty`);
}
