import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { PartKind } from '../../src/stream/phases.ts';
import { processMethod } from '../../src/stream/reference.ts';
import { Scan } from '../../src/stream/wire.ts';
import { encodeRequest } from '../kit/ext-proc-client.ts';

/** What the reference decoder (proto-loader) makes of a message. Absent fields are undefined. */
interface Reference {
  request?: PartKind;
  observability_mode?: boolean;
  attributes?: Record<string, { fields?: Record<string, ReferenceValue> }>;
  request_headers?: ReferencePart;
  response_headers?: ReferencePart;
  request_body?: ReferencePart;
  response_body?: ReferencePart;
  request_trailers?: ReferencePart;
  response_trailers?: ReferencePart;
}
interface ReferencePart {
  headers?: ReferenceHeaders;
  trailers?: ReferenceHeaders;
  body?: Buffer;
  end_of_stream?: boolean;
}
interface ReferenceHeaders {
  headers?: { key?: string; value?: string; raw_value?: Buffer }[];
}
interface ReferenceValue {
  kind?: 'nullValue' | 'numberValue' | 'stringValue' | 'boolValue' | 'structValue' | 'listValue';
  numberValue?: number;
  stringValue?: string;
  boolValue?: boolean;
}

const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed());
const bytes = fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value));

const headerMap = fc.record({
  headers: fc.array(
    fc.record(
      {
        key: fc.oneof(text, fc.constantFrom(':path', 'X-Upper', 'x-request-id')),
        value: text,
        rawValue: bytes,
      },
      { requiredKeys: ['key'] },
    ),
    { maxLength: 12 },
  ),
});
const headers = fc.record({ headers: headerMap, endOfStream: fc.boolean() }, { requiredKeys: [] });
const body = fc.record({ body: bytes, endOfStream: fc.boolean() }, { requiredKeys: [] });
const trailers = fc.record({ trailers: headerMap }, { requiredKeys: [] });

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(
      fc.record({ stringValue: text }),
      fc.record({ numberValue: fc.double({ noNaN: true }) }),
      fc.record({ boolValue: fc.boolean() }),
      fc.constant({ nullValue: 0 }),
      fc.constant({}),
    ),
    fc.record({
      structValue: fc.record({ fields: fc.dictionary(text, tie('value'), { maxKeys: 3 }) }),
    }),
    fc.record({
      listValue: fc.record({ values: fc.array(tie('value'), { maxLength: 3 }) }),
    }),
  ),
}));
const attributes = fc.dictionary(
  fc.oneof(fc.constantFrom('envoy.filters.http.ext_proc', 'another.filter'), text),
  fc.record({ fields: fc.dictionary(text, value, { maxKeys: 6, noNullPrototype: true }) }),
  { maxKeys: 3, noNullPrototype: true },
);

const part = fc.oneof(
  fc.constant({}),
  fc.record({ requestHeaders: headers }),
  fc.record({ responseHeaders: headers }),
  fc.record({ requestBody: body }),
  fc.record({ responseBody: body }),
  fc.record({ requestTrailers: trailers }),
  fc.record({ responseTrailers: trailers }),
);

/** Any ProcessingRequest that an encoder can write. */
const message = fc
  .tuple(
    part,
    fc.record(
      {
        metadataContext: fc.record({ filterMetadata: attributes }),
        attributes,
        observabilityMode: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([one, rest]) => encodeRequest({ ...rest, ...one }));

/** The number of a field that no version of ProcessingRequest has. */
const unknownNumber = fc.integer({ min: 14, max: 2 ** 29 - 1 });

function varint(of: number): number[] {
  const encoded: number[] = [];
  let rest = of;
  while (rest >= 0x80) {
    encoded.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...encoded, rest];
}

/** One unknown field, groups included. */
const unknownField = fc
  .tuple(unknownNumber, fc.constantFrom(0, 1, 2, 3, 5), bytes)
  .map(([number, type, content]) => {
    const tag = varint(number * 8 + type);
    const padded = Buffer.concat([content, Buffer.alloc(8)]);
    if (type === 0) return Buffer.from([...tag, ...varint(content.length * 1_000_003)]);
    if (type === 1) return Buffer.from([...tag, ...padded.subarray(0, 8)]);
    if (type === 2) return Buffer.from([...tag, ...varint(content.length), ...content]);
    if (type === 3) return Buffer.from([...tag, ...varint(8), 1, ...varint(number * 8 + 4)]);
    return Buffer.from([...tag, ...padded.subarray(0, 4)]);
  });

/** A copy in memory of its own size: what reads past its end reads nothing that could be mistaken. */
function alone(content: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(content.length);
  copy.set(content);
  return copy;
}

function latin1(of: string): string {
  return Buffer.from(of).toString('latin1');
}

function expectedFields(list: ReferenceHeaders | undefined): string[] {
  return (list?.headers ?? []).flatMap(({ key = '', value: asText = '', raw_value: raw }) => [
    latin1(key).replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
    raw !== undefined && raw.length > 0 ? raw.toString('latin1') : latin1(asText),
  ]);
}

function expectedAttributes({ attributes: all }: Reference): Map<string, string> {
  const expected = new Map<string, string>();
  const fields = all?.['envoy.filters.http.ext_proc']?.fields ?? {};
  for (const [name, { kind, ...scalar }] of Object.entries(fields)) {
    if (kind === 'stringValue') expected.set(name, scalar.stringValue ?? '');
    if (kind === 'numberValue') expected.set(name, String(scalar.numberValue ?? 0));
    if (kind === 'boolValue') expected.set(name, String(scalar.boolValue ?? false));
  }
  return expected;
}

function sameAsReference(encoded: Buffer): void {
  const reference = processMethod.requestDeserialize(encoded) as Reference;
  const scan = new Scan();
  const read = scan.read(encoded);
  const kind = reference.request;
  assert.equal(read, kind === undefined ? 'no_part' : 'part');
  assert.equal(scan.kind, kind);
  assert.equal(scan.observability, reference.observability_mode ?? false);
  if (kind === undefined) return;
  const found = reference[kind] ?? {};
  assert.equal(scan.endOfStream, found.end_of_stream ?? false);
  if (kind.endsWith('body')) {
    assert.deepEqual(Buffer.from(scan.body()), Buffer.from(found.body ?? []));
    return;
  }
  assert.deepEqual(scan.headers()?.flat, expectedFields(found.headers ?? found.trailers));
  assert.deepEqual(
    Object.fromEntries(scan.attributes()!),
    Object.fromEntries(expectedAttributes(reference)),
  );
}

/** Reads everything that there is to read; whatever comes, it is a result. */
function readAll(scan: Scan, input: Buffer): void {
  const read = scan.read(input);
  assert.ok(read === 'part' || read === 'no_part' || read === 'undecodable');
  if (read !== 'part') return;
  const chunk = scan.body();
  assert.ok(chunk.byteOffset >= input.byteOffset);
  assert.ok(chunk.byteOffset + chunk.length <= input.byteOffset + input.length);
  const list = scan.headers();
  assert.ok(list === undefined || list.flat.every((entry) => typeof entry === 'string'));
  const map = scan.attributes();
  assert.ok(map === undefined || map instanceof Map);
}

test('the scanner sees in every message what the reference decoder sees', () => {
  fc.assert(fc.property(message, sameAsReference), { numRuns: 500 });
});

test('unknown fields around the known ones change nothing', () => {
  fc.assert(
    fc.property(
      message,
      fc.array(unknownField, { maxLength: 4 }),
      fc.array(unknownField, { maxLength: 4 }),
      (encoded, before, after) => sameAsReference(Buffer.concat([...before, encoded, ...after])),
    ),
    { numRuns: 200 },
  );
});

test('bytes that were flipped are read to the end or named undecodable', () => {
  const scan = new Scan();
  fc.assert(
    fc.property(
      message.filter(({ length }) => length > 0),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
        minLength: 1,
        maxLength: 5,
      }),
      (encoded, flips) => {
        const mutated = alone(encoded);
        for (const [at, mask] of flips) mutated[at % mutated.length]! ^= mask;
        readAll(scan, mutated);
      },
    ),
    { numRuns: 1000 },
  );
});

test('bytes that were cut off or joined with others are read or named undecodable', () => {
  const scan = new Scan();
  fc.assert(
    fc.property(message, message, fc.nat(), fc.nat(), (first, second, cut, rest) => {
      const head = first.subarray(0, cut % (first.length + 1));
      readAll(scan, alone(head));
      readAll(scan, alone(Buffer.concat([head, second.subarray(rest % (second.length + 1))])));
    }),
    { numRuns: 1000 },
  );
});

test('any bytes at all are read or named undecodable', () => {
  const scan = new Scan();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (input) => readAll(scan, alone(input))),
    { numRuns: 2000 },
  );
});
