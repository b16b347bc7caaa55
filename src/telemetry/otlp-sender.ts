/**
 * One sender of a span queue: the SDK's OTLP http/protobuf exporter over a connection of its own. The
 * exporter's own timeout counts idle time and leaves out its waits between retries, so an answer that trickles
 * would hold it for ever; cutting its connection is what bounds it.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';

import type { OtlpDestination } from './otel-environment.ts';
import { takeRejectedSpans } from './partial-success.ts';
import type { SpanSender } from './span-queue.ts';

type ExporterOptions = ConstructorParameters<typeof OTLPTraceExporter>[0];

/** Needs `listenToDiagnostics` to know of refused spans. Makes no connection before the first span is sent. */
export function createOtlpSender(destination: OtlpDestination): SpanSender {
  const { url, headers, timeoutMs, compression, tls } = destination;
  const connection = createConnectionSwitch(url, tls);
  // Unknown in between, because the exporter's type wants an enum of a package that is not ours to import.
  const options: unknown = {
    url,
    headers: { ...headers },
    timeoutMillis: timeoutMs,
    compression,
    // One export at a time; the exporter frees its place only after it has called back.
    concurrencyLimit: 2,
    httpAgentOptions: () => connection.agent,
  };
  const exporter = new OTLPTraceExporter(options as ExporterOptions);
  return {
    send(spans, done) {
      connection.allow();
      exporter.export(spans, ({ code, error }) => {
        if (code === ExportResultCode.SUCCESS)
          done({ kind: 'sent', rejected: takeRejectedSpans() });
        else done({ kind: 'failed', message: describe(error) });
      });
    },
    abandon: () => connection.cut(),
  };
}

interface ConnectionSwitch {
  readonly agent: HttpAgent;
  allow(): void;
  /** Ends the connection there is and refuses new ones, so that a retry of the exporter ends at once. */
  cut(): void;
}

function createConnectionSwitch(url: string, tls: OtlpDestination['tls']): ConnectionSwitch {
  const settings = { keepAlive: true, maxSockets: 1 };
  const agent = url.startsWith('https:')
    ? new HttpsAgent({ ...settings, ...tls })
    : new HttpAgent(settings);
  const connect = agent.createConnection.bind(agent);
  let allowed = true;
  agent.createConnection = (options, callback) => {
    if (allowed) return connect(options, callback);
    // Without a system error code, which would be a reason to retry.
    const gaveUp = new Error('the export was given up');
    callback?.(gaveUp, undefined as never);
    return undefined;
  };
  return {
    agent,
    allow() {
      allowed = true;
    },
    cut() {
      allowed = false;
      agent.destroy();
    },
  };
}

/** The exporter puts the HTTP status, when there is one, into `code`. */
function describe(error: (Error & { code?: unknown }) | undefined): string {
  if (error === undefined) return 'the export failed';
  const { code, message } = error;
  return typeof code === 'number' ? `HTTP ${code} ${message}`.trimEnd() : message;
}
