import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { HeaderList } from '../../../src/base/header-list.ts';
import { BodyReading, hasByteOrderMark } from '../../../src/comparison/body-reading.ts';

function readingOf(bytes: Buffer, encoding?: string, status?: number): BodyReading {
  const headers = HeaderList.fromPairs(
    encoding === undefined ? [] : [['content-encoding', encoding]],
  );
  const body = { length: bytes.length, bytes };
  return new BodyReading(
    { headers, body, ...(status !== undefined && { status }) },
    new Int32Array(64),
  );
}

test('a body is decoded and read once', () => {
  const reading = readingOf(gzipSync('{"a":1}'), 'gzip');
  assert.deepEqual(reading.encodings, ['gzip']);
  const decoded = reading.decoded();
  assert.equal(decoded?.kind === 'decoded' && decoded.bytes.toString(), '{"a":1}');
  assert.equal(reading.decoded(), decoded);
  const json = reading.json('read');
  assert.equal(json.kind, 'document');
  assert.equal(reading.json('passed over'), json);
});

test('a byte order mark is passed over where that is asked for', () => {
  const marked = Buffer.from('\ufeff{}');
  assert.ok(hasByteOrderMark(marked));
  assert.equal(hasByteOrderMark(Buffer.from('{}')), false);
  assert.equal(readingOf(marked).json('read').kind, 'malformed');
  assert.equal(readingOf(marked).json('passed over').kind, 'document');
});

test('what cannot be decoded is no JSON', () => {
  assert.equal(readingOf(Buffer.from('{}'), 'gzip').json('read').kind, 'malformed');
});

test('204 and 304 have no body, and what was not kept is not decoded', () => {
  assert.equal(readingOf(Buffer.from('{}'), undefined, 204).body.length, 0);
  assert.equal(readingOf(Buffer.from('{}'), undefined, 304).body.length, 0);
  const cut = { headers: HeaderList.empty, body: { length: 5, sha256: 'ab' } };
  const reading = new BodyReading(cut, new Int32Array(64));
  assert.equal(reading.decoded(), undefined);
  assert.equal(reading.json('read').kind, 'malformed');
});
