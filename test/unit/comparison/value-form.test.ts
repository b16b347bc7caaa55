import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  formOfText,
  isEpoch,
  isInstant,
  isUuid,
  plainText,
} from '../../../src/comparison/value-form.ts';

test('an instant is what RFC 3339 allows, on a day that there is', () => {
  for (const text of [
    '1985-04-12T23:20:50.52Z',
    '1996-12-19T16:39:57-08:00',
    '1990-12-31T23:59:60Z',
    '2024-02-29t00:00:00.123456789z',
  ]) {
    assert.ok(isInstant(text), text);
  }
  for (const text of [
    '2023-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:00:00',
    '2024-01-01',
    '2024-01-01T00:00:00Z ',
    '2024-01-01T00:00:00.Z',
    '',
  ]) {
    assert.ok(!isInstant(text), text);
  }
});

test('seconds and milliseconds since 1970 are instants of 1973 to 2286', () => {
  for (const value of [1_700_000_000, 1_700_000_000.25, 1_700_000_000_000])
    assert.ok(isEpoch(value));
  for (const value of [0, 42, 1e10, 5e10, 1e13, -1_700_000_000, NaN]) assert.ok(!isEpoch(value));
});

test('a UUID is any of RFC 9562, in any case and as a URN', () => {
  for (const text of [
    '00000000-0000-0000-0000-000000000000',
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
    'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  ]) {
    assert.ok(isUuid(text), text);
  }
  for (const text of [
    '017f22e279b07cc398c4dc0c0c07398f',
    '{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}',
    'x',
  ]) {
    assert.ok(!isUuid(text), text);
  }
});

test('only what is asked for is a form, or is taken away', () => {
  const instant = '2024-01-01T00:00:00Z';
  assert.equal(
    formOfText(instant, () => true),
    'timestamp',
  );
  assert.equal(
    formOfText(instant, (kind) => kind === 'uuid'),
    undefined,
  );
  assert.equal(
    plainText(' A ', (kind) => kind === 'trim'),
    'A',
  );
  assert.equal(
    plainText(' A ', (kind) => kind === 'lowercase'),
    ' a ',
  );
  assert.equal(
    plainText(' A ', () => false),
    ' A ',
  );
});
