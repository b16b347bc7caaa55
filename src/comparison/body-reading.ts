/**
 * The body of one message on its way from bytes to JSON: each step is taken when it is first asked for and never
 * twice, so that the comparison of the answers and that of what they predict share the work.
 */
import { emptyBody, type Body } from '../base/body-buffer.ts';
import type { HeaderList } from '../base/header-list.ts';
import { contentEncodings, decodeContent, type Decoded } from './content-encoding.ts';
import { nodeWidth, parseJson, type JsonReading } from './json/document.ts';

interface Message {
  /** Absent of a request. */
  readonly status?: number;
  readonly headers: HeaderList;
  readonly body: Body;
}

/** For texts of up to about 200 KB. A comparison runs to its end before the next one begins, so all share it. */
export const liveMemory = new Int32Array(nodeWidth * 32_768);
export const shadowMemory = new Int32Array(liveMemory.length);

const malformed: JsonReading = Object.freeze({ kind: 'malformed' });

export class BodyReading {
  readonly headers: HeaderList;
  readonly body: Body;
  readonly encodings: readonly string[];
  readonly #memory: Int32Array;
  #decoded: Decoded | undefined;
  #json: JsonReading | undefined;

  /** What is read as JSON holds until `memory` is used for something else. */
  constructor({ status, headers, body }: Message, memory: Int32Array) {
    this.headers = headers;
    // RFC 9110 section 6.4.1: these have no body, whatever a broken server may send.
    this.body = status === 204 || status === 304 ? emptyBody : body;
    this.encodings = contentEncodings(headers);
    this.#memory = memory;
  }

  /** Without its content coding; undefined when its bytes were not kept. */
  decoded(): Decoded | undefined {
    const { bytes } = this.body;
    if (bytes === undefined) return undefined;
    this.#decoded ??= decodeContent(bytes, this.encodings);
    return this.#decoded;
  }

  /**
   * As one JSON text, whatever its media type is. RFC 8259 section 8.1 forbids a byte order mark to senders and lets
   * readers pass over it.
   */
  json(mark: 'passed over' | 'read'): JsonReading {
    if (this.#json !== undefined) return this.#json;
    const decoded = this.decoded();
    if (decoded?.kind !== 'decoded') return malformed;
    const { bytes } = decoded;
    const text = mark === 'passed over' && hasByteOrderMark(bytes) ? bytes.subarray(3) : bytes;
    this.#json = parseJson(text, this.#memory);
    return this.#json;
  }
}

export function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
