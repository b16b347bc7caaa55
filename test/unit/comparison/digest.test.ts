import assert from 'node:assert/strict';
import { test } from 'node:test';

import { maxHashedBytes, scalarDigest, type Digest } from '../../../src/comparison/digest.ts';
import type { RuleOptions } from '../../../src/comparison/rules.ts';
import { compareAnswers } from './make-pair.ts';

/** Digests of both sides of the differences between two JSON bodies. */
function digestsOf(live: string, shadow: string, options: RuleOptions = {}) {
  const type = 'application/json';
  const rules = { hashKey: 'a key', ...options };
  const { differences } = compareAnswers({ type, body: live }, { type, body: shadow }, rules);
  return differences.map(({ digests }) => digests);
}

function hashes(digests: { live?: Digest; shadow?: Digest } | undefined): (string | undefined)[] {
  return [digests?.live?.hash, digests?.shadow?.hash];
}

test('of a value that is not shown its type, its length and a keyed hash are told', () => {
  const [digests] = digestsOf('{"label":"setosa"}', '{"label":"virginica"}');
  assert.deepEqual([digests?.live?.type, digests?.live?.length], ['string', 6]);
  assert.match(digests?.live?.hash ?? '', /^h:[0-9a-f]{16}$/);
  assert.equal(digests?.shadow?.length, 9);
  assert.ok(!JSON.stringify(digests).includes('setosa'));
});

test('equal values have equal hashes wherever they stand, and under another key others', () => {
  const [one] = digestsOf('{"a":"x"}', '{"a":"y"}');
  const [other] = digestsOf('[1,{"b":"\\u0078"}]', '[1,{"b":"y"}]');
  assert.deepEqual(hashes(one), hashes(other));
  const [foreign] = digestsOf('{"a":"x"}', '{"a":"y"}', { hashKey: 'another key' });
  assert.notDeepEqual(hashes(one), hashes(foreign));
});

test('numbers of one value have one hash, and a text of the same digits has another', () => {
  const [[one], [other], [text]] = [
    digestsOf('[1.50]', '[2]').map(hashes),
    digestsOf('[15e-1]', '[2]').map(hashes),
    digestsOf('["1.5"]', '["2"]').map(hashes),
  ];
  assert.deepEqual(one, other);
  assert.notEqual(one?.[0], text?.[0]);
});

test('what only one side has is told of that side', () => {
  const [missing] = digestsOf('{"a":true}', '{}');
  assert.deepEqual(Object.keys(missing ?? {}), ['live']);
  const [extra] = digestsOf('{}', '{"a":[1,2,3],"b":0}');
  assert.deepEqual(extra, { shadow: { type: 'array', length: 3 } });
});

test('arrays and objects have their size and no hash', () => {
  const [digests] = digestsOf('{"a":{"b":1,"c":{"d":2}}}', '{"a":[1,2]}');
  assert.deepEqual(digests, {
    live: { type: 'object', length: 2 },
    shadow: { type: 'array', length: 2 },
  });
});

test('nothing is told under a name that hides values, nor beside values that are shown', () => {
  assert.deepEqual(digestsOf('{"password":"a"}', '{"password":"b"}'), [undefined]);
  assert.deepEqual(digestsOf('{"a":1}', '{"a":2}', { show: 'values' }), [undefined]);
  const { differences } = compareAnswers(
    { headers: [['set-cookie', 'a']] },
    { headers: [['set-cookie', 'b']] },
    { headers: ['set-cookie'] },
  );
  assert.deepEqual(
    differences.map(({ digests }) => digests),
    [undefined],
  );
});

test('of many differences the first 20 have digests', () => {
  const live = JSON.stringify(Array.from({ length: 30 }, (_, index) => index));
  const shadow = JSON.stringify(Array.from({ length: 30 }, (_, index) => -index - 1));
  const told = digestsOf(live, shadow).filter((digests) => digests !== undefined);
  assert.equal(told.length, 20);
});

test('a very long text has its length in bytes and no hash', () => {
  const hash = (): string => assert.fail('nothing is hashed');
  const text = 'ä'.repeat(maxHashedBytes);
  assert.deepEqual(scalarDigest('string', text, hash), {
    type: 'string',
    length: 2 * maxHashedBytes,
  });
  const [digests] = digestsOf(JSON.stringify([text]), '[1]');
  assert.deepEqual(digests?.live, { type: 'string', length: 2 * maxHashedBytes });
});

test('a header that differs has digests as well', () => {
  const { differences } = compareAnswers(
    { headers: [['location', '/a']] },
    { headers: [['location', '/bb']] },
  );
  assert.deepEqual(
    [differences[0]?.digests?.live?.length, differences[0]?.digests?.shadow?.length],
    [2, 3],
  );
});
