import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { HeaderList } from '../../../src/base/header-list.ts';
import { createKeyedHash } from '../../../src/comparison/keyed-hash.ts';
import {
  compileSegments,
  segmentsOf,
  type SegmentOptions,
} from '../../../src/comparison/segments.ts';
import { compare } from '../../../src/comparison/compare.ts';
import { makePair, rulesOf } from './make-pair.ts';

const hash = createKeyedHash('key');

function read(
  options: SegmentOptions,
  request: { headers?: readonly [string, string][]; body?: string | Buffer },
) {
  const bytes = Buffer.from(request.body ?? '');
  return segmentsOf(
    {
      headers: HeaderList.fromPairs(request.headers ?? []),
      body: { length: bytes.length, bytes },
    },
    compileSegments(options, hash)!,
  );
}

const tenant: SegmentOptions = { tenant: { header: 'x-tenant', values: ['gold', 'Zürich'] } };
const country: SegmentOptions = { country: { request: '/user/country', values: ['de', '7'] } };

test('a listed value is in clear, another one its hash, a missing one ~none', () => {
  const tenantOf = (value: string) => read(tenant, { headers: [['X-Tenant', value]] });
  assert.deepEqual(tenantOf('gold'), { tenant: 'gold' });
  assert.deepEqual(tenantOf(' gold '), { tenant: 'gold' });
  assert.deepEqual(tenantOf('silver'), { tenant: hash('silver') });
  assert.deepEqual(tenantOf(''), { tenant: '~none' });
  assert.deepEqual(read(tenant, {}), { tenant: '~none' });
});

test('a header is bytes, of which UTF-8 is the text that is listed', () => {
  const value = Buffer.from('Zürich').toString('latin1');
  assert.deepEqual(read(tenant, { headers: [['x-tenant', value]] }), { tenant: 'Zürich' });
});

test('a place in the body holds a text, number or boolean', () => {
  const countryOf = (body: string | Buffer) => read(country, { body })['country'];
  assert.equal(countryOf('{"user":{"country":"de"}}'), 'de');
  assert.equal(countryOf('{"user":{"country":7.0}}'), '7');
  assert.equal(countryOf('{"user":{"country":"fr"}}'), hash('fr'));
  for (const body of ['{"user":{"country":null}}', '{"user":{"country":["de"]}}', '{}', 'no', '']) {
    assert.equal(countryOf(body), '~none', body);
  }
  assert.equal(countryOf('['.repeat(100_000)), '~none');
});

test('the coding of the request is undone', () => {
  const body = gzipSync('{"user":{"country":"de"}}');
  const headers: [string, string][] = [['content-encoding', 'gzip']];
  assert.deepEqual(read(country, { headers, body }), { country: 'de' });
});

test('what is read of a request is known before', () => {
  assert.equal(compileSegments({}, hash), undefined);
  const both = compileSegments({ ...tenant, ...country }, hash)!;
  assert.deepEqual([...both.headers], ['x-tenant']);
  assert.equal(both.readsBody, true);
  assert.equal(compileSegments(tenant, hash)!.readsBody, false);
});

test('every comparison has them, also that of answers that are not compared', () => {
  for (const [live, shadow, result] of [
    [{ body: 'a' }, { body: 'a' }, 'match'],
    [{ body: 'a' }, { body: 'b' }, 'mismatch'],
    [{ status: 304 }, { status: 200 }, 'incomparable'],
  ] as const) {
    const comparison = compare(makePair(live, shadow), rulesOf({ segments: tenant }));
    assert.equal(comparison.result, result);
    assert.deepEqual(comparison.segments, { tenant: '~none' });
  }
  assert.equal(compare(makePair({}, {}), rulesOf()).segments, undefined);
});
