/**
 * The environment variables of OpenTelemetry that twinspan honours, read once at start. The environment wins
 * over the configuration file, as OpenTelemetry promises to operators: a cluster sets its collector for every
 * process in one place. Whatever else is set under `OTEL_` is named, so that nobody believes it works.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
import { readFileSync } from 'node:fs';

import { parseKeyPairsIntoRecord } from '@opentelemetry/core';

import { messageOf, TwinspanError } from '../base/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where spans go and how. */
export interface OtlpDestination {
  /** The whole URL, `/v1/traces` included. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly compression: 'none' | 'gzip';
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

export interface OtelEnvironment {
  /** `OTEL_SDK_DISABLED=true`. */
  readonly disabled: boolean;
  /** Absent when neither the environment nor the configuration names a collector, or when disabled. */
  readonly destination?: OtlpDestination;
  /** `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME`. */
  readonly resourceAttributes: Readonly<Record<string, string>>;
  /** Variables that are set and have no effect. */
  readonly unused: readonly string[];
}

const defaultTimeoutMs = 3000;

/**
 * `baseUrl` is `telemetry.otlp`. Throws a `TwinspanError` (`configuration`, `unreadable_file`) when a URL is none
 * or a certificate cannot be read: a start that would send spans nowhere.
 */
export function readOtelEnvironment(
  environment: Environment,
  baseUrl: string | undefined,
): OtelEnvironment {
  const variables = new Variables(environment);
  const disabled = variables.take('OTEL_SDK_DISABLED')?.toLowerCase() === 'true';
  const destination = destinationOf(variables, baseUrl);
  const resourceAttributes = resourceAttributesOf(variables);
  return {
    disabled,
    ...(destination !== undefined && !disabled && { destination }),
    resourceAttributes,
    unused: variables.unused(),
  };
}

/** Values that are empty count as not set, as the specification asks. */
class Variables {
  readonly #values = new Map<string, string>();
  readonly #used = new Set<string>();

  constructor(environment: Environment) {
    for (const [name, value] of Object.entries(environment)) {
      if (!name.startsWith('OTEL_') || value === undefined || value.trim() === '') continue;
      this.#values.set(name, value.trim());
    }
  }

  take(name: string): string | undefined {
    this.#used.add(name);
    return this.#values.get(name);
  }

  /** Of the two names of an exporter's setting the one for traces stands before the one for all signals. */
  takeExporter(setting: string): { readonly name: string; readonly value: string } | undefined {
    for (const prefix of ['OTEL_EXPORTER_OTLP_TRACES_', 'OTEL_EXPORTER_OTLP_']) {
      const name = prefix + setting;
      const value = this.take(name);
      if (value !== undefined) return { name, value };
    }
    return undefined;
  }

  /** Says that the value has no effect after all. */
  refuse(name: string): void {
    this.#used.delete(name);
  }

  unused(): string[] {
    return [...this.#values.keys()].filter((name) => !this.#used.has(name)).sort();
  }
}

function destinationOf(
  variables: Variables,
  baseUrl: string | undefined,
): OtlpDestination | undefined {
  const endpoint = variables.takeExporter('ENDPOINT');
  const headers = {
    ...parseKeyPairsIntoRecord(variables.take('OTEL_EXPORTER_OTLP_HEADERS')),
    ...parseKeyPairsIntoRecord(variables.take('OTEL_EXPORTER_OTLP_TRACES_HEADERS')),
  };
  const timeoutMs = timeoutOf(variables);
  const compression = compressionOf(variables);
  const protocol = variables.takeExporter('PROTOCOL');
  if (protocol !== undefined && protocol.value !== 'http/protobuf') variables.refuse(protocol.name);
  const tls = tlsOf(variables);
  const url = urlOf(endpoint ?? (baseUrl && { name: 'telemetry.otlp', value: baseUrl }));
  return url === undefined ? undefined : { url, headers, timeoutMs, compression, tls };
}

/** Only `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is used as it is; to a base URL the path of the signal is added. */
function urlOf(given: { name: string; value: string } | '' | undefined): string | undefined {
  if (given === undefined || given === '') return undefined;
  const { name, value } = given;
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TwinspanError(
      'configuration',
      `${name} must be an http or https URL of an OTLP collector, such as http://127.0.0.1:4318; it is "${value}"`,
    );
  }
  if (name !== 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') {
    url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  }
  return url.href;
}

function timeoutOf(variables: Variables): number {
  const given = variables.takeExporter('TIMEOUT');
  if (given === undefined) return defaultTimeoutMs;
  const timeoutMs = Number(given.value);
  if (timeoutMs > 0 && timeoutMs <= 60_000) return timeoutMs;
  variables.refuse(given.name);
  return defaultTimeoutMs;
}

function compressionOf(variables: Variables): 'none' | 'gzip' {
  const given = variables.takeExporter('COMPRESSION');
  if (given === undefined || given.value === 'none') return 'none';
  if (given.value === 'gzip') return 'gzip';
  variables.refuse(given.name);
  return 'none';
}

function tlsOf(variables: Variables): OtlpDestination['tls'] {
  const ca = fileOf(variables.takeExporter('CERTIFICATE'));
  const cert = fileOf(variables.takeExporter('CLIENT_CERTIFICATE'));
  const key = fileOf(variables.takeExporter('CLIENT_KEY'));
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function fileOf(given: { name: string; value: string } | undefined): Buffer | undefined {
  if (given === undefined) return undefined;
  try {
    return readFileSync(given.value);
  } catch (cause) {
    throw new TwinspanError(
      'unreadable_file',
      `${given.name} names a file that cannot be read: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/** One bad entry makes the whole variable void, as the specification of resources asks. */
function resourceAttributesOf(variables: Variables): Record<string, string> {
  const text = variables.take('OTEL_RESOURCE_ATTRIBUTES') ?? '';
  const attributes: Record<string, string> = {};
  try {
    for (const entry of text.split(',')) {
      if (entry.trim() === '') continue;
      const [key = '', value, ...more] = entry.split('=');
      if (key.trim() === '' || value === undefined || more.length > 0) throw new Error(entry);
      attributes[decodeURIComponent(key.trim())] = decodeURIComponent(value.trim());
    }
  } catch {
    // An operator learns of it as of every other variable without effect.
    variables.refuse('OTEL_RESOURCE_ATTRIBUTES');
    for (const key of Object.keys(attributes)) delete attributes[key];
  }
  const serviceName = variables.take('OTEL_SERVICE_NAME');
  if (serviceName !== undefined) attributes['service.name'] = serviceName;
  return attributes;
}
