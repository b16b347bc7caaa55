import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Comparison } from '../../../src/comparison/comparison.ts';
import { compareAnswers, differencesOf } from './make-pair.ts';

/** What was found, without the digests of what was not shown. */
function foundIn({ differences }: Comparison) {
  return differences.map(({ digests: _digests, ...found }) => found);
}

test('content-type and location are compared when a route names no headers', () => {
  const comparison = compareAnswers(
    {
      headers: [
        ['location', '/a'],
        ['server', 'one'],
        ['x-cache', 'hit'],
      ],
    },
    {
      headers: [
        ['location', '/b'],
        ['server', 'two'],
      ],
    },
  );
  assert.deepEqual(foundIn(comparison), [
    { kind: 'header_value', pointer: '/location', group: 'header:location', contract: false },
  ]);
  assert.deepEqual(comparison.differs, { status: false, headers: true, body: false });
});

test('a header is missing when only live has it and extra when only the shadow has it', () => {
  const rules = { headers: ['X-Model', 'Vary'] };
  const comparison = compareAnswers(
    { headers: [['x-model', '1']] },
    { headers: [['vary', 'accept']] },
    rules,
  );
  assert.deepEqual(differencesOf(comparison), ['header_missing /x-model', 'header_extra /vary']);
});

test('repeated fields are one list, whether they stand in one line or in two', () => {
  const rules = { headers: ['vary'] };
  const two = {
    headers: [
      ['vary', 'accept '],
      ['vary', 'origin'],
    ] as const,
  };
  assert.equal(
    compareAnswers(two, { headers: [['vary', 'accept, origin']] }, rules).result,
    'match',
  );
  const comparison = compareAnswers(two, { headers: [['vary', 'origin, accept']] }, rules);
  assert.deepEqual(differencesOf(comparison), ['header_value /vary']);
});

test('a content-type that only one side has, or that says something else, breaks the contract', () => {
  for (const [live, shadow] of [
    [{ type: 'text/html' }, {}],
    [{}, { type: 'text/html' }],
    [{ type: 'text/html' }, { type: 'text/plain' }],
  ]) {
    const comparison = compareAnswers(live!, shadow!);
    assert.deepEqual(foundIn(comparison), [
      {
        kind: 'content_type',
        pointer: '/content-type',
        group: 'header:content-type',
        contract: true,
      },
    ]);
  }
});

test('a content-type is not compared when the route does not list it', () => {
  const comparison = compareAnswers({ type: 'text/html' }, { type: 'text/plain' }, { headers: [] });
  assert.equal(comparison.result, 'match');
});

test('trailers of the listed names are compared and say that they are trailers', () => {
  const rules = { headers: ['grpc-status', 'x-count'] };
  const comparison = compareAnswers(
    {
      trailers: [
        ['grpc-status', '0'],
        ['x-other', '1'],
      ],
    },
    {
      trailers: [
        ['grpc-status', '5'],
        ['x-count', '1'],
      ],
    },
    rules,
  );
  assert.deepEqual(foundIn(comparison), [
    { kind: 'trailer', pointer: '/grpc-status', group: 'trailer:grpc-status', contract: false },
    { kind: 'trailer', pointer: '/x-count', group: 'trailer:x-count', contract: false },
  ]);
});

test('a header called __proto__ is a header', () => {
  const comparison = compareAnswers(
    { headers: [['__proto__', 'a']] },
    {},
    { headers: ['__proto__'] },
  );
  assert.deepEqual(differencesOf(comparison), ['header_missing /__proto__']);
});

test('header values are shown as JSON text, a redirect without its query', () => {
  const comparison = compareAnswers(
    {
      headers: [
        ['location', 'https://a.example/x?code=S3CRET#top'],
        ['vary', 'a"b'],
      ],
    },
    { headers: [['vary', 'c']] },
    { headers: ['location', 'vary'], show: 'values' },
  );
  assert.deepEqual(
    comparison.differences.map(({ live, shadow }) => [live, shadow]),
    [
      ['"https://a.example/x"', undefined],
      ['"a\\"b"', '"c"'],
    ],
  );
});

test('no value of a header that carries a credential or an identity is ever shown', () => {
  const names = [
    'authorization',
    'set-cookie',
    'x-api-key',
    'x-auth-token',
    'x-forwarded-for',
    'x-real-ip',
    'x-envoy-original-path',
    'www-authenticate',
    'x-amz-security-token',
    'dpop',
    'x-user-id',
    'x-session-id',
    'baggage',
    'from',
  ];
  const comparison = compareAnswers(
    { headers: names.map((name) => [name, 'canary-1'] as const) },
    { headers: names.map((name) => [name, 'canary-2'] as const) },
    { headers: names, show: 'values' },
  );
  assert.equal(comparison.differenceCount, names.length);
  assert.doesNotMatch(JSON.stringify(comparison), /canary/);
});

test('"*" compares all fields but those that change with each message', () => {
  const comparison = compareAnswers(
    {
      headers: [
        ['x-model', '1'],
        ['date', 'Mon, 01 Jan 2024 00:00:00 GMT'],
        ['x-request-id', 'a'],
        ['server-timing', 'db;dur=1'],
        ['x-envoy-upstream-service-time', '3'],
        ['etag', '"a"'],
      ],
      trailers: [['x-checksum', '1']],
    },
    {
      headers: [
        ['date', 'Mon, 01 Jan 2024 00:00:01 GMT'],
        ['x-cache', 'hit'],
        ['x-request-id', 'b'],
        ['etag', '"b"'],
      ],
      trailers: [['x-checksum', '2']],
    },
    { headers: ['*'] },
  );
  assert.deepEqual(differencesOf(comparison), [
    'header_missing /x-model',
    'header_extra /x-cache',
    'trailer /x-checksum',
  ]);
});

test('a field that changes with each message is compared where it is named beside "*"', () => {
  const comparison = compareAnswers(
    { headers: [['etag', '"a"']] },
    { headers: [['etag', '"b"']] },
    { headers: ['*', 'ETag'] },
  );
  assert.deepEqual(differencesOf(comparison), ['header_value /etag']);
});

test('a name that is no identifier leaves only where the route names it', () => {
  const answers = [{ headers: [['x.ann@shop', '1']] }, {}] as const;
  const masked = compareAnswers(...answers, { headers: ['*'] }).differences[0];
  assert.deepEqual([masked?.pointer, masked?.group], ['/{key}', 'header:{key}']);
  const named = compareAnswers(...answers, { headers: ['x.ann@shop'] }).differences[0];
  assert.equal(named?.pointer, '/x.ann@shop');
});

test('cookies in two lines are not one cookie with a comma', () => {
  const rules = { headers: ['set-cookie'] };
  const comparison = compareAnswers(
    {
      headers: [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ],
    },
    { headers: [['set-cookie', 'a=1, b=2']] },
    rules,
  );
  assert.deepEqual(differencesOf(comparison), ['header_value /set-cookie']);
});
