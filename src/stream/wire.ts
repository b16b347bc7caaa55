/**
 * The only place that knows Envoy's bytes (with the files it is split into, wire-fields and wire-headers): a
 * lazy scanner over one `envoy.service.ext_proc.v3.ProcessingRequest`. One scan object is reused for message
 * after message; what it says holds until the next `read`. Bytes that are no such message are a result, never an
 * exception. Unknown fields and wire types that do not fit are skipped.
 *
 * Where a field that should occur once occurs again, the last one holds, whole: nothing is merged. Encoders
 * write each once; protobuf's merge of repeated messages (headers of two occurrences joined) is left out on
 * purpose, because joining is quadratic on hostile input.
 */
import { HeaderList } from '../base/header-list.ts';
import type { Attributes } from './live-event.ts';
import type { PartKind } from './phases.ts';
import { processMethod } from './reference.ts';
import { Fields, wireType } from './wire-fields.ts';
import { readAttributes, readHeaderMap } from './wire-headers.ts';

/** ProcessingRequest's oneof `request`: fields 2 to 7. */
const partOfField: readonly (PartKind | undefined)[] = [
  undefined,
  undefined,
  'request_headers',
  'response_headers',
  'request_body',
  'response_body',
  'request_trailers',
  'response_trailers',
];

const observabilityField = 10;
const protocolConfigField = 11;
/** BodySendMode.FULL_DUPLEX_STREAMED; GRPC (5) behaves like it. */
const fullDuplexMode = 4;

const nothing = Buffer.alloc(0);

export class Scan {
  #message: Buffer = nothing;
  /** The message as one character per byte, once it was asked for. */
  #text: string | undefined;
  readonly #fields = new Fields();
  #valueStart = 0;
  #valueEnd = 0;

  /** Undefined when the oneof is empty or names a part that did not exist when this was written (Envoy 1.40 on). */
  kind: PartKind | undefined;
  /** The end mark on headers or on a body part; trailers have none, they are an end. */
  endOfStream = false;
  /** `observability_mode`: Envoy neither waits for an answer nor reads it. */
  observability = false;
  /**
   * The body of a direction is in full duplex mode: what the processor does not send back is lost to the
   * customer (`protocol_config`, first message of a synchronous filter only).
   */
  fullDuplex = false;

  /** Scans `message`, which must not change while the scan is used. */
  read(message: Buffer): 'part' | 'no_part' | 'undecodable' {
    this.#message = message;
    this.#text = undefined;
    this.kind = undefined;
    this.endOfStream = false;
    this.observability = false;
    this.fullDuplex = false;
    const fields = this.#fields;
    let partStart = 0;
    let partEnd = 0;
    let configStart = 0;
    let configEnd = 0;
    fields.open(message, 0, message.length);
    while (fields.next()) {
      if (fields.type === wireType.bytes) {
        const part = partOfField[fields.number];
        if (part !== undefined) {
          this.kind = part;
          partStart = fields.start;
          partEnd = fields.end;
        } else if (fields.number === protocolConfigField) {
          configStart = fields.start;
          configEnd = fields.end;
        }
      } else if (fields.number === observabilityField && fields.type === wireType.varint) {
        this.observability = fields.varint !== 0;
      }
    }
    if (fields.malformed) return 'undecodable';
    if (configEnd > configStart && !this.#readConfig(configStart, configEnd)) return 'undecodable';
    if (this.kind === undefined) return 'no_part';
    return this.#readPart(partStart, partEnd) ? 'part' : 'undecodable';
  }

  /** The bytes of a body part: a view on the message. */
  body(): Uint8Array {
    return this.#message.subarray(this.#valueStart, this.#valueEnd);
  }

  /** The fields of a headers or trailers part; undefined when they are undecodable. */
  headers(): HeaderList | undefined {
    if (this.#valueStart === this.#valueEnd) return HeaderList.empty;
    this.#text ??= this.#message.toString('latin1');
    return readHeaderMap(this.#message, this.#text, this.#valueStart, this.#valueEnd);
  }

  /** The filter's attributes, which come with headers; undefined when they are undecodable. */
  attributes(): Attributes | undefined {
    this.#text ??= this.#message.toString('latin1');
    return readAttributes(this.#message, this.#text);
  }

  /**
   * HttpHeaders: 1 headers, 3 end_of_stream. HttpBody: 1 body, 2 end_of_stream. HttpTrailers: 1 trailers.
   */
  #readPart(start: number, end: number): boolean {
    this.#valueStart = this.#valueEnd = start;
    const isBody = this.kind === 'request_body' || this.kind === 'response_body';
    const isHeaders = this.kind === 'request_headers' || this.kind === 'response_headers';
    const fields = this.#fields;
    fields.open(this.#message, start, end);
    while (fields.next()) {
      if (fields.number === 1 && fields.type === wireType.bytes) {
        this.#valueStart = fields.start;
        this.#valueEnd = fields.end;
      } else if (
        fields.type === wireType.varint &&
        ((isBody && fields.number === 2) || (isHeaders && fields.number === 3))
      ) {
        this.endOfStream = fields.varint !== 0;
      }
    }
    return !fields.malformed;
  }

  /** ProtocolConfiguration: 1 request_body_mode, 2 response_body_mode. */
  #readConfig(start: number, end: number): boolean {
    const fields = this.#fields;
    fields.open(this.#message, start, end);
    while (fields.next()) {
      const isMode =
        fields.type === wireType.varint && (fields.number === 1 || fields.number === 2);
      if (isMode && fields.varint >= fullDuplexMode) this.fullDuplex = true;
    }
    return !fields.malformed;
  }
}

/** The answer to each part that changes nothing (an empty CONTINUE), encoded once. */
export const continueAnswers: Readonly<Record<PartKind, Buffer>> = {
  request_headers: processMethod.responseSerialize({ request_headers: {} }),
  request_body: processMethod.responseSerialize({ request_body: {} }),
  request_trailers: processMethod.responseSerialize({ request_trailers: {} }),
  response_headers: processMethod.responseSerialize({ response_headers: {} }),
  response_body: processMethod.responseSerialize({ response_body: {} }),
  response_trailers: processMethod.responseSerialize({ response_trailers: {} }),
};
