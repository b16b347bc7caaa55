/**
 * OTLP trace requests between bytes and things to read: protobuf in, OTLP/JSON (as files of the Collector hold it) and
 * flat spans out. The only file that knows the wire format, which comes from OpenTelemetry's own .proto files in
 * `proto/`. In OTLP/JSON trace and span ids are hex, 64-bit numbers are strings, enum values are numbers
 * (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
 */

import { join } from 'node:path';

import protobuf from 'protobufjs';

/** An attribute's value as JavaScript has it; whole numbers beyond 2^53 stay strings, bytes are base64. */
export type AttributeValue =
  | string
  | number
  | boolean
  | undefined
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

/** Attributes by name. */
export type Attributes = { readonly [name: string]: AttributeValue };

/** OTLP's numbers for the kind of a span. */
export const SPAN_KINDS = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

/** One span with what belongs to it, ids in lower-case hex. */
export type ReceivedSpan = {
  readonly traceId: string;
  readonly spanId: string;
  /** `undefined` for a root. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** OTLP's number, see `SPAN_KINDS`; 0 when the sender gave none. */
  readonly kind: number;
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint;
  readonly attributes: Attributes;
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: Attributes;
  }[];
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
  /** 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string };
  /** W3C trace flags in the lowest 8 bits. */
  readonly flags: number;
  /** Attributes of the resource that made the span. */
  readonly resource: Attributes;
  /** Name of the instrumentation scope. */
  readonly scope: string;
};

/** A decoded export: the JSON to keep and the spans in it. */
export type TraceExport = {
  readonly json: OtlpTraceRequest;
  readonly spans: readonly ReceivedSpan[];
};

/** `ExportTraceServiceRequest` in OTLP/JSON. */
export type OtlpTraceRequest = { readonly resourceSpans?: readonly OtlpResourceSpans[] };

type OtlpResourceSpans = {
  readonly resource?: { readonly attributes?: readonly OtlpAttribute[] };
  readonly scopeSpans?: readonly {
    readonly scope?: { readonly name?: string };
    readonly spans?: OtlpSpan[];
  }[];
};

type OtlpSpan = {
  traceId?: string;
  spanId?: string;
  parentSpanId?: string;
  readonly name?: string;
  readonly kind?: number;
  readonly startTimeUnixNano?: string;
  readonly endTimeUnixNano?: string;
  readonly flags?: number;
  readonly attributes?: readonly OtlpAttribute[];
  readonly links?: {
    traceId?: string;
    spanId?: string;
    readonly attributes?: readonly OtlpAttribute[];
  }[];
  readonly events?: readonly {
    readonly name?: string;
    readonly attributes?: readonly OtlpAttribute[];
  }[];
  readonly status?: { readonly code?: number; readonly message?: string };
};

type OtlpAttribute = { readonly key?: string; readonly value?: OtlpValue };

type OtlpValue = {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number | string;
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values?: readonly OtlpValue[] };
  readonly kvlistValue?: { readonly values?: readonly OtlpAttribute[] };
};

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

const protoDirectory = join(import.meta.dirname, 'proto');
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(protoDirectory, target);
root.loadSync('opentelemetry/proto/collector/trace/v1/trace_service.proto');
const traceService = 'opentelemetry.proto.collector.trace.v1';
const exportRequest = root.lookupType(`${traceService}.ExportTraceServiceRequest`);
const exportResponse = root.lookupType(`${traceService}.ExportTraceServiceResponse`);

/** google.rpc.Status, which OTLP/HTTP wants as the body of an error; only its message is used. */
const rpcStatus = new protobuf.Type('Status').add(new protobuf.Field('message', 2, 'string'));

/** Reads an `ExportTraceServiceRequest`. Throws when the bytes are none or a span's ids are not as OTLP demands. */
export function decodeTraceExport(bytes: Uint8Array): TraceExport {
  const json = exportRequest.toObject(exportRequest.decode(bytes), {
    longs: String,
    bytes: String,
    json: true,
  }) as OtlpTraceRequest;
  const spans: ReceivedSpan[] = [];
  for (const { resource, scopeSpans = [] } of json.resourceSpans ?? []) {
    for (const { scope, spans: sent = [] } of scopeSpans) {
      for (const span of sent) {
        writeIdsInHex(span);
        spans.push(flatSpan(span, attributesOf(resource?.attributes), scope?.name ?? ''));
      }
    }
  }
  return { json, spans };
}

/** The answer that says: all spans taken. */
export function encodeTraceExportResponse(): Uint8Array {
  return exportResponse.encode(exportResponse.create()).finish();
}

/** The body of an error answer. */
export function encodeRpcStatus(message: string): Uint8Array {
  return rpcStatus.encode(rpcStatus.create({ message })).finish();
}

function writeIdsInHex(span: OtlpSpan): void {
  for (const holder of [span, ...(span.links ?? [])]) {
    holder.traceId = hexId(holder.traceId, TRACE_ID_BYTES, 'trace id');
    holder.spanId = hexId(holder.spanId, SPAN_ID_BYTES, 'span id');
  }
  if (span.parentSpanId === undefined || span.parentSpanId === '') delete span.parentSpanId;
  else span.parentSpanId = hexId(span.parentSpanId, SPAN_ID_BYTES, 'parent span id');
}

function hexId(base64: string | undefined, bytes: number, what: string): string {
  const id = Buffer.from(base64 ?? '', 'base64');
  if (id.length !== bytes || id.every((byte) => byte === 0)) {
    throw new Error(`a span has a ${what} that is not ${bytes} bytes with one that is not zero`);
  }
  return id.toString('hex');
}

function flatSpan(span: OtlpSpan, resource: Attributes, scope: string): ReceivedSpan {
  return {
    traceId: span.traceId ?? '',
    spanId: span.spanId ?? '',
    parentSpanId: span.parentSpanId,
    name: span.name ?? '',
    kind: span.kind ?? 0,
    startTimeUnixNano: BigInt(span.startTimeUnixNano ?? 0),
    endTimeUnixNano: BigInt(span.endTimeUnixNano ?? 0),
    attributes: attributesOf(span.attributes),
    links: (span.links ?? []).map((link) => ({
      traceId: link.traceId ?? '',
      spanId: link.spanId ?? '',
      attributes: attributesOf(link.attributes),
    })),
    events: (span.events ?? []).map((event) => ({
      name: event.name ?? '',
      attributes: attributesOf(event.attributes),
    })),
    status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
    flags: span.flags ?? 0,
    resource,
    scope,
  };
}

function attributesOf(attributes: readonly OtlpAttribute[] | undefined): Attributes {
  return Object.fromEntries(
    (attributes ?? []).map(({ key, value }) => [key ?? '', valueOf(value ?? {})]),
  );
}

function valueOf(value: OtlpValue): AttributeValue {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.intValue !== undefined) {
    const number = Number(value.intValue);
    return Number.isSafeInteger(number) ? number : value.intValue;
  }
  if (value.doubleValue !== undefined) return Number(value.doubleValue);
  if (value.bytesValue !== undefined) return value.bytesValue;
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(valueOf);
  if (value.kvlistValue !== undefined) return attributesOf(value.kvlistValue.values);
  return undefined;
}
