/**
 * Reads raw samples from Prometheus' HTTP API: the samples that were scraped, at the instants at which they were, and
 * nothing that Prometheus works out of them. What comes back is taken for what it is only after its whole shape was
 * looked at; size and time are limited.
 * Source: Prometheus' HTTP API, `/api/v1/query` with a range selector, which answers with a matrix.
 */
import { reasonOfFetch } from '../base/errors.ts';
import { readText } from '../base/read-text.ts';
import { isRecord, jsonOf } from '../base/untrusted-json.ts';

export interface RawSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** In the order of time. */
  readonly samples: readonly (readonly [unixMs: number, value: number])[];
}

export type RawSamples =
  | { readonly kind: 'samples'; readonly series: readonly RawSeries[]; readonly bytes: number }
  /** More than may be read at once; a shorter range may do. */
  | { readonly kind: 'too_large' }
  | SourceTrouble;

export interface SourceTrouble {
  readonly kind: 'trouble';
  readonly code: 'prometheus_unreachable' | 'prometheus_malformed' | 'prometheus_partial';
  readonly message: string;
}

export interface Prometheus {
  /** Samples of `(at - rangeMs, at]`; Unix milliseconds. Never rejects. */
  rawSamples(selector: string, rangeMs: number, at: number): Promise<RawSamples>;
}

export interface PrometheusOptions {
  /** Base address; a path in it stays in front of `/api/v1/query`, and a user in it is sent as Basic. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
  readonly timeoutMs?: number;
  readonly maxResponseBytes?: number;
}

export function createPrometheus(options: PrometheusOptions): Prometheus {
  const { timeoutMs = 10_000, maxResponseBytes = 32 * 1024 * 1024 } = options;
  const base = new URL(options.url);
  const authorization = authorizationOf(base, options.token);
  const place = `Prometheus at ${base.origin}`;
  return {
    async rawSamples(selector, rangeMs, at) {
      const url = new URL(`${base.origin}${base.pathname.replace(/\/+$/, '')}/api/v1/query`);
      url.searchParams.set('query', `${selector}[${Math.max(1, Math.ceil(rangeMs))}ms]`);
      url.searchParams.set('time', (at / 1000).toFixed(3));
      try {
        const response = await fetch(url, {
          headers: { accept: 'application/json', ...authorization },
          signal: AbortSignal.timeout(timeoutMs),
          redirect: 'error',
        });
        const text = await readText(response, maxResponseBytes);
        if (text === undefined) return { kind: 'too_large' };
        if (!response.ok) return refusal(place, response.status, text);
        return readAnswer(place, text);
      } catch (error) {
        return trouble(
          'prometheus_unreachable',
          `${place} cannot be read: ${reasonOfFetch(error)}`,
        );
      }
    },
  };
}

function authorizationOf(base: URL, token: string | undefined): { authorization?: string } {
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (base.username === '') return {};
  const user = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
  return { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
}

function refusal(place: string, status: number, text: string): RawSamples {
  // What Prometheus says when a query would load more than `--query.max-samples`.
  if (status === 422 && text.includes('too many samples')) return { kind: 'too_large' };
  const said = jsonOf(text);
  const reason = isRecord(said) && typeof said['error'] === 'string' ? `: ${said['error']}` : '';
  return trouble('prometheus_unreachable', `${place} answered ${status}${reason.slice(0, 200)}`);
}

function readAnswer(place: string, text: string): RawSamples {
  const malformed = (what: string): RawSamples =>
    trouble('prometheus_malformed', `${place} answered something else than raw samples: ${what}`);
  const answer = jsonOf(text);
  if (!isRecord(answer) || answer['status'] !== 'success') return malformed('no success');
  const { data, warnings } = answer;
  // A store behind it was not asked: what is missing could be what speaks against the shadow.
  if (Array.isArray(warnings) && warnings.length > 0) {
    return trouble(
      'prometheus_partial',
      `${place} says that its answer may not be whole: ${String(warnings[0]).slice(0, 200)}`,
    );
  }
  if (!isRecord(data) || data['resultType'] !== 'matrix') return malformed('no matrix');
  const { result } = data;
  if (!Array.isArray(result)) return malformed('no result');
  const series: RawSeries[] = [];
  for (const item of result as unknown[]) {
    const read = seriesOf(item);
    if (read === undefined) return malformed('a series without labels or samples');
    series.push(read);
  }
  return { kind: 'samples', series, bytes: text.length };
}

function seriesOf(item: unknown): RawSeries | undefined {
  if (!isRecord(item) || !isRecord(item['metric']) || !Array.isArray(item['values'])) {
    return undefined;
  }
  const labels = item['metric'];
  if (!Object.values(labels).every((value) => typeof value === 'string')) return undefined;
  const samples: [number, number][] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (const pair of item['values'] as unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined;
    const [seconds, value] = pair as unknown[];
    if (typeof seconds !== 'number' || typeof value !== 'string' || value === '') return undefined;
    const unixMs = Math.round(seconds * 1000);
    if (!Number.isSafeInteger(unixMs) || unixMs <= before) return undefined;
    before = unixMs;
    samples.push([unixMs, Number(value)]);
  }
  return { labels: labels as Record<string, string>, samples };
}

function trouble(code: SourceTrouble['code'], message: string): SourceTrouble {
  return { kind: 'trouble', code, message };
}
