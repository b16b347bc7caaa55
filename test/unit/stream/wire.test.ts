import assert from 'node:assert/strict';
import { test } from 'node:test';

import { processMethod } from '../../../src/stream/reference.ts';
import { Scan, continueAnswers } from '../../../src/stream/wire.ts';
import { encodePart, encodeRequest, type Part } from '../../kit/ext-proc-client.ts';

function scanOf(message: Buffer): Scan {
  const scan = new Scan();
  assert.equal(scan.read(message), 'part');
  return scan;
}

function read(...bytes: readonly (number | Uint8Array)[]): string {
  const parts = bytes.map((part) => (typeof part === 'number' ? Buffer.of(part) : part));
  return new Scan().read(Buffer.concat(parts));
}

test('each of the six parts is told by its kind', () => {
  const parts: Part[] = [
    { kind: 'request_headers', headers: [] },
    { kind: 'request_body', body: '' },
    { kind: 'request_trailers', trailers: [] },
    { kind: 'response_headers', headers: [] },
    { kind: 'response_body', body: '' },
    { kind: 'response_trailers', trailers: [] },
  ];
  const scan = new Scan();
  for (const part of parts) {
    assert.equal(scan.read(encodePart(part)), 'part');
    assert.equal(scan.kind, part.kind);
    assert.equal(scan.observability, true);
    assert.equal(scan.endOfStream, false);
  }
});

test('a scan keeps nothing of the message before', () => {
  const scan = new Scan();
  scan.read(encodePart({ kind: 'request_body', body: 'abc', endOfStream: true }));
  assert.equal(scan.endOfStream, true);
  scan.read(encodePart({ kind: 'response_headers', headers: [] }, { observability: false }));
  assert.equal(scan.endOfStream, false);
  assert.equal(scan.observability, false);
  assert.equal(scan.headers()!.length, 0);
  assert.equal(scan.read(Buffer.alloc(0)), 'no_part');
  assert.equal(scan.kind, undefined);
});

test('headers and attributes are those of the message that was read last', () => {
  const scan = new Scan();
  const message = (name: string): Buffer =>
    encodePart({
      kind: 'request_headers',
      headers: [[name, name]],
      attributes: { 'request.id': name },
    });
  for (const name of ['x-first', 'x-other', 'x']) {
    scan.read(message(name));
    assert.deepEqual(scan.headers()!.flat, [name, name]);
    assert.equal(scan.attributes()!.get('request.id'), name);
  }
  // Without a header map, and shorter than what was there before.
  scan.read(encodeRequest({ responseTrailers: {} }));
  assert.equal(scan.headers()!.length, 0);
  assert.equal(scan.attributes()!.size, 0);
});

test('full duplex is told of the message that says it alone', () => {
  const scan = new Scan();
  scan.read(encodeRequest({ requestHeaders: {}, protocolConfig: { requestBodyMode: 4 } }));
  assert.equal(scan.fullDuplex, true);
  scan.read(encodeRequest({ requestBody: {} }));
  assert.equal(scan.fullDuplex, false);
});

test('a body is a view on the message, not a copy', () => {
  const message = encodePart({ kind: 'response_body', body: 'chunk', endOfStream: true });
  const scan = scanOf(message);
  assert.equal(scan.endOfStream, true);
  assert.equal(Buffer.from(scan.body()).toString(), 'chunk');
  assert.equal(scan.body().buffer, message.buffer);
});

test('header values keep their bytes, one character each, in order and with duplicates', () => {
  const message = encodePart({
    kind: 'request_headers',
    headers: [
      [':path', '/a?b'],
      ['set-cookie', 'a=1'],
      ['x-bytes', Buffer.of(0xff, 0x00, 0xe4)],
      ['set-cookie', 'b=2'],
      ['x-empty', ''],
    ],
    endOfStream: true,
  });
  const scan = scanOf(message);
  assert.equal(scan.endOfStream, true);
  assert.deepEqual(scan.headers()!.flat, [
    ':path',
    '/a?b',
    'set-cookie',
    'a=1',
    'x-bytes',
    '\xff\x00\xe4',
    'set-cookie',
    'b=2',
    'x-empty',
    '',
  ]);
});

test('names are lower case whatever came, and a name from Object.prototype is a name', () => {
  const message = encodePart({
    kind: 'response_trailers',
    trailers: [
      ['X-Mixed-Case', 'A'],
      ['__proto__', 'b'],
    ],
  });
  assert.deepEqual(scanOf(message).headers()!.flat, ['x-mixed-case', 'A', '__proto__', 'b']);
});

test('a value that comes as text, as from an old Envoy, is its UTF-8 bytes', () => {
  const message = encodeRequest({
    requestHeaders: { headers: { headers: [{ key: 'x', value: 'ü' }] } },
  });
  assert.deepEqual(scanOf(message).headers()!.flat, ['x', '\xc3\xbc']);
});

test('attributes of the filter are text, whatever their type', () => {
  const message = encodeRequest({
    responseHeaders: {},
    attributes: {
      'another.filter': { fields: { 'request.id': { stringValue: 'other' } } },
      'envoy.filters.http.ext_proc': {
        fields: {
          'upstream.request_attempt_count': { numberValue: 2 },
          'response.code_details': { stringValue: 'via_upstream' },
          'connection.mtls': { boolValue: true },
          'request.size': { numberValue: 1.5 },
          'xds.route_name': { stringValue: 'Straße' },
          ignored: { nullValue: 0 },
          list: { listValue: { values: [{ numberValue: 1 }] } },
          nested: { structValue: { fields: { a: { numberValue: 1 } } } },
          unset: {},
        },
      },
    },
  });
  assert.deepEqual(
    [...scanOf(message).attributes()!],
    [
      ['upstream.request_attempt_count', '2'],
      ['response.code_details', 'via_upstream'],
      ['connection.mtls', 'true'],
      ['request.size', '1.5'],
      ['xds.route_name', 'Straße'],
    ],
  );
});

test('a message without attributes has none', () => {
  assert.equal(scanOf(encodeRequest({ requestHeaders: {} })).attributes()!.size, 0);
});

test('a message without a part, or with one that does not exist yet, is no part', () => {
  assert.equal(read(), 'no_part');
  // Field 13, client_window_update of Envoy 1.40, beside observability_mode.
  assert.equal(read(0x50, 0x01, 0x6a, 0x02, 0x08, 0x01), 'no_part');
  assert.equal(read(Buffer.of(0xfa, 0x7f, 0x00)), 'no_part');
});

test('unknown fields of every wire type are passed over', () => {
  const unknown = Buffer.concat([
    Buffer.of(0xa0, 0x06, 0xff, 0x01), // 100: varint
    Buffer.of(0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8), // 100: 64 bits
    Buffer.of(0xa2, 0x06, 0x02, 0xff, 0xff), // 100: bytes
    Buffer.of(0xa5, 0x06, 1, 2, 3, 4), // 100: 32 bits
    Buffer.of(0xa3, 0x06, 0x08, 0x01, 0xab, 0x06, 0xac, 0x06, 0xa4, 0x06), // 100: a group with a group 101
  ]);
  const body = encodePart({ kind: 'request_body', body: 'x', endOfStream: true });
  const scan = scanOf(Buffer.concat([unknown, body, unknown]));
  assert.equal(scan.kind, 'request_body');
  assert.equal(scan.endOfStream, true);
});

test('a known field with a wire type that does not fit is passed over', () => {
  // request_headers (2) as a varint, observability_mode (10) as bytes.
  assert.equal(read(0x10, 0x05, 0x52, 0x01, 0x01), 'no_part');
});

test('of several parts in one message the last one holds', () => {
  const first = encodePart({ kind: 'request_body', body: 'first', endOfStream: true });
  const second = encodePart({ kind: 'response_body', body: 'second' });
  const scan = scanOf(Buffer.concat([first, second]));
  assert.equal(scan.kind, 'response_body');
  assert.equal(Buffer.from(scan.body()).toString(), 'second');
  assert.equal(scan.endOfStream, false);
});

test('input that is cut off anywhere is undecodable or a shorter message, and never throws', () => {
  const message = encodePart({
    kind: 'request_headers',
    headers: [['x-long', 'v'.repeat(200)]],
    attributes: { 'request.id': 'a' },
  });
  for (let length = 0; length < message.length; length += 1) {
    const scan = new Scan();
    // A copy of its own, so that reading past the end would not find the rest.
    if (scan.read(Buffer.from(message.subarray(0, length))) === 'part') {
      assert.ok(scan.headers() !== undefined);
      assert.ok(scan.attributes() !== undefined);
    }
  }
});

for (const [title, ...bytes] of [
  ['a length past the end', 0x12, 0x05, 0x00],
  ['a length of 2^63', 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  ['a varint of eleven bytes', 0x50, ...Array.from({ length: 10 }, () => 0x80), 0x01],
  ['a varint that is cut off', 0x50, 0x80],
  ['a tag above 32 bits', 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  ['field number zero', 0x02, 0x00],
  ['wire type 6', 0x16],
  ['wire type 7', 0x17],
  ['the end of a group that was not begun', 0x14],
  ['a group that does not end', 0x13, 0x08, 0x01],
  ['a group that ends as another', 0x13, 0x1c],
  ['bytes that are no fields inside a part', 0x12, 0x02, 0x0a, 0x05],
] as const) {
  test(`${title} is undecodable`, () => {
    assert.equal(read(Buffer.of(...bytes)), 'undecodable');
  });
}

test('a varint of ten bytes is read', () => {
  const scan = scanOf(Buffer.of(0x12, 0x00, 0x50, ...Array.from({ length: 9 }, () => 0xff), 0x01));
  assert.equal(scan.observability, true);
});

test('a hundred thousand nested groups are undecodable, not a stack overflow', () => {
  assert.equal(read(Buffer.alloc(100_000, 0x13)), 'undecodable');
  const flat = Buffer.from(Array.from({ length: 100_000 }, () => [0x13, 0x14]).flat());
  assert.equal(read(flat), 'no_part');
});

test('header fields that are undecodable make the headers undecodable', () => {
  const scan = scanOf(Buffer.of(0x12, 0x05, 0x0a, 0x03, 0x0a, 0x01, 0x0f));
  assert.equal(scan.headers(), undefined);
});

test('attributes that are undecodable are told apart from none', () => {
  const key = Buffer.from('envoy.filters.http.ext_proc');
  const entry = Buffer.concat([Buffer.of(0x0a, key.length), key, Buffer.of(0x12, 0x01, 0x0f)]);
  const scan = scanOf(Buffer.concat([Buffer.of(0x12, 0x00, 0x4a, entry.length), entry]));
  assert.equal(scan.attributes(), undefined);
});

test('full duplex bodies are told by the first message', () => {
  const modes = { requestBodyMode: 1, responseBodyMode: 4 };
  const duplex = encodeRequest({ requestHeaders: {}, protocolConfig: modes });
  assert.equal(scanOf(duplex).fullDuplex, true);
  const streamed = encodeRequest({
    requestHeaders: {},
    protocolConfig: { requestBodyMode: 1, responseBodyMode: 2 },
  });
  assert.equal(scanOf(streamed).fullDuplex, false);
});

test('each ready-made answer is an empty continue of its part', () => {
  for (const [kind, answer] of Object.entries(continueAnswers)) {
    const decoded = processMethod.responseDeserialize(answer);
    assert.deepEqual(decoded, { [kind]: {}, response: kind });
  }
});
