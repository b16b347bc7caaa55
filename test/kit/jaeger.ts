/**
 * A real Jaeger for tests: the binary of `TWINSPAN_BIN_JAEGER` (Jaeger 2), else Jaeger 1.45 from the Go module
 * proxy, which is the newest that `go install` takes by name. Nothing is skipped: without Go it fails and says so.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

import { freePorts } from './free-ports.ts';

const version = 'v1.45.0';
const cache = join(import.meta.dirname, '../../.cache/jaeger');

/** A tag as Jaeger's JSON has it. */
export interface JaegerSpan {
  readonly operationName: string;
  readonly spanID: string;
  readonly traceID: string;
  readonly references: readonly { refType: string; traceID: string; spanID: string }[];
  readonly tags: Readonly<Record<string, string>>;
  readonly startTime: number;
  readonly duration: number;
}

export interface Jaeger {
  /** Base URL for `telemetry.otlp`. */
  readonly otlp: string;
  /** Spans of the traces that have a span with all these tags, as of now. */
  search(service: string, tags: Readonly<Record<string, string>>): Promise<JaegerSpan[]>;
  stop(): Promise<void>;
}

export async function startJaeger(): Promise<Jaeger> {
  const given = process.env['TWINSPAN_BIN_JAEGER'];
  const binary = given ?? (await installJaeger());
  const [otlp, query, ...others] = await freePorts(10);
  const at = (port: number | undefined): string => `127.0.0.1:${port}`;
  const args =
    given === undefined
      ? [
          '--collector.otlp.enabled=true',
          `--collector.otlp.http.host-port=${at(otlp)}`,
          `--query.http-server.host-port=${at(query)}`,
          `--collector.otlp.grpc.host-port=${at(others[0])}`,
          `--query.grpc-server.host-port=${at(others[1])}`,
          `--collector.grpc-server.host-port=${at(others[2])}`,
          `--collector.http-server.host-port=${at(others[3])}`,
          `--admin.http.host-port=${at(others[4])}`,
          `--http-server.host-port=${at(others[5])}`,
          `--processor.jaeger-binary.server-host-port=${at(others[6])}`,
          `--processor.jaeger-compact.server-host-port=${at(others[7])}`,
          `--processor.zipkin-compact.server-host-port=${at(0)}`,
        ]
      : [
          `--set=receivers.otlp.protocols.http.endpoint=${at(otlp)}`,
          `--set=receivers.otlp.protocols.grpc.endpoint=${at(others[0])}`,
          `--set=extensions.jaeger_query.http.endpoint=${at(query)}`,
          `--set=extensions.jaeger_query.grpc.endpoint=${at(others[1])}`,
        ];
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4000);
  });
  const base = `http://${at(query)}`;
  await untilAnswers(`${base}/`, child, () => log);
  return {
    otlp: `http://${at(otlp)}`,
    search:
      given === undefined
        ? (...terms) => searchV1(base, ...terms)
        : (...terms) => searchV3(base, ...terms),
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function installJaeger(): Promise<string> {
  const binary = join(cache, 'all-in-one');
  if (existsSync(binary)) return binary;
  await mkdir(cache, { recursive: true });
  try {
    await promisify(execFile)(
      'go',
      ['install', `github.com/jaegertracing/jaeger/cmd/all-in-one@${version}`],
      { env: { ...process.env, GOBIN: cache }, maxBuffer: 64 * 1024 * 1024 },
    );
  } catch (error) {
    throw new Error(
      'no Jaeger: install Go, so that the test can build one, or name a binary in TWINSPAN_BIN_JAEGER',
      { cause: error },
    );
  }
  return binary;
}

async function searchV1(
  base: string,
  service: string,
  tags: Readonly<Record<string, string>>,
): Promise<JaegerSpan[]> {
  const url = new URL('/api/traces', base);
  url.searchParams.set('service', service);
  url.searchParams.set('tags', JSON.stringify(tags));
  url.searchParams.set('limit', '100');
  const answer = (await (await fetch(url)).json()) as {
    data: { spans: (Omit<JaegerSpan, 'tags'> & { tags: { key: string; value: unknown }[] })[] }[];
  };
  return answer.data.flatMap(({ spans }) =>
    spans.map((span) => ({
      ...span,
      tags: Object.fromEntries(span.tags.map(({ key, value }) => [key, String(value)])),
    })),
  );
}

interface OtlpJson {
  result?: {
    resourceSpans?: {
      scopeSpans: {
        spans: {
          name: string;
          traceId: string;
          spanId: string;
          parentSpanId?: string;
          startTimeUnixNano: string;
          endTimeUnixNano: string;
          links?: { traceId: string; spanId: string }[];
          attributes?: { key: string; value: Record<string, unknown> }[];
        }[];
      }[];
    }[];
  };
}

async function searchV3(
  base: string,
  service: string,
  tags: Readonly<Record<string, string>>,
): Promise<JaegerSpan[]> {
  const url = new URL('/api/v3/traces', base);
  const now = Date.now();
  url.searchParams.set('query.serviceName', service);
  url.searchParams.set('query.attributes', JSON.stringify(tags));
  url.searchParams.set('query.startTimeMin', new Date(now - 600_000).toISOString());
  url.searchParams.set('query.startTimeMax', new Date(now + 60_000).toISOString());
  const response = await fetch(url);
  // Jaeger 2 answers 404 when nothing matches.
  if (response.status === 404) return [];
  const answer = (await response.json()) as OtlpJson;
  const spans = (answer.result?.resourceSpans ?? []).flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap((scope) => scope.spans),
  );
  return spans.map((span) => ({
    operationName: span.name,
    spanID: span.spanId,
    traceID: span.traceId,
    references: [
      ...(span.parentSpanId
        ? [{ refType: 'CHILD_OF', traceID: span.traceId, spanID: span.parentSpanId }]
        : []),
      ...(span.links ?? []).map((link) => ({
        refType: 'FOLLOWS_FROM',
        traceID: link.traceId,
        spanID: link.spanId,
      })),
    ],
    tags: Object.fromEntries(
      (span.attributes ?? []).map(({ key, value }) => [key, String(Object.values(value)[0])]),
    ),
    startTime: Number(BigInt(span.startTimeUnixNano) / 1000n),
    duration: Number((BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1000n),
  }));
}

async function untilAnswers(url: string, child: ChildProcess, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`Jaeger ended with ${child.exitCode}:\n${log()}`);
    try {
      await fetch(url);
      return;
    } catch {
      // Not listening yet; another program's start has no event to wait for.
      await setTimeout(200);
    }
  }
  throw new Error(`Jaeger does not answer at ${url}:\n${log()}`);
}
