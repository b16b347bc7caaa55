import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RecentPairs, type FinishedExample } from '../../../src/report/recent-pairs.ts';
import {
  answer,
  body,
  comparison,
  difference,
  exchange,
  failure,
  response,
  times,
  without,
} from '../telemetry/finished-pairs.ts';

function example(over: Partial<FinishedExample> = {}): FinishedExample {
  return {
    exchange: exchange(),
    shadow: answer(),
    comparison: comparison(),
    traceId: '0af7651916cd43dd8448eb211c80319c',
    ...over,
  };
}

function withId(requestId: string, over: Partial<FinishedExample> = {}): FinishedExample {
  return example({ exchange: exchange({ requestId }), ...over });
}

test('a row has the names and units of /v1/pairs', () => {
  const pairs = new RecentPairs();
  pairs.add(
    example({
      comparison: comparison({
        contract: true,
        differences: [difference({ kind: 'type', pointer: '/a/0', group: '/a/*', contract: true })],
        differenceCount: 1,
        ignored: [{ pointer: '/id', rule: '/id' }],
        ignoredCount: 1,
      }),
      liveTraceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    }),
  );
  assert.deepEqual(pairs.list({ limit: 1 }), [
    {
      id: '00112233445566778899aabbccddeeff',
      at: new Date(times.epochOffsetMs + times.startedAt).toISOString(),
      requestId: 'request-1',
      route: 'predict',
      method: 'POST',
      result: 'mismatch',
      reason: null,
      contract: true,
      live: {
        status: 200,
        bytes: 30,
        durationMs: times.responseEndedAt - times.requestEndedAt,
      },
      shadow: { status: 200, bytes: 31, durationMs: times.shadowEndedAt - times.sentAt },
      differences: [{ kind: 'type', pointer: '/a/0', group: '/a/*' }],
      differenceCount: 1,
      ignored: [{ pointer: '/id', rule: '/id' }],
      notes: [],
      traceId: '0af7651916cd43dd8448eb211c80319c',
      liveTraceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    },
  ]);
});

test('a shadow that failed is a row with its kind as the reason and no status', () => {
  const pairs = new RecentPairs();
  const { comparison: _none, ...failed } = example({
    shadow: failure('shadow_timeout', 'timeout'),
  });
  pairs.add(failed);
  const [row] = pairs.list({ limit: 1 });
  assert.equal(row?.result, 'shadow_error');
  assert.equal(row.reason, 'shadow_timeout');
  assert.equal(row.contract, false);
  assert.deepEqual(row.shadow, {
    status: null,
    durationMs: times.shadowEndedAt - times.sentAt,
    bytes: null,
  });
  assert.deepEqual(row.differences, []);
});

test('a pair that could not be compared says why', () => {
  const pairs = new RecentPairs();
  pairs.add(example({ comparison: comparison({ result: 'incomparable', reason: 'truncated' }) }));
  const [row] = pairs.list({ limit: 1 });
  assert.equal(row?.result, 'incomparable');
  assert.equal(row.reason, 'truncated');
});

test('an answer that was over before the upload took no negative time', () => {
  const pairs = new RecentPairs();
  pairs.add(
    example({ exchange: exchange({ response: response({ endedAt: times.requestEndedAt - 5 }) }) }),
  );
  assert.equal(pairs.list({ limit: 1 })[0]?.live.durationMs, 0);
});

test('what live did not give is null', () => {
  const pairs = new RecentPairs();
  pairs.add(example({ exchange: without(exchange(), 'response') }));
  pairs.add(example({ exchange: without(exchange(), 'request') }));
  const [noRequest, noResponse] = pairs.list({ limit: 2 });
  assert.deepEqual(noRequest?.live, { status: 200, durationMs: null, bytes: 30 });
  assert.deepEqual(noResponse?.live, { status: null, durationMs: null, bytes: null });
});

test('rows are newest first, and no more than asked for', () => {
  const pairs = new RecentPairs();
  for (const id of ['a', 'b', 'c']) pairs.add(withId(id));
  const ids = (limit: number): string[] => pairs.list({ limit }).map((row) => row.requestId);
  assert.deepEqual(ids(10), ['c', 'b', 'a']);
  assert.deepEqual(ids(2), ['c', 'b']);
  assert.deepEqual(new RecentPairs().list({ limit: 10 }), []);
});

test('the newest pairs are kept and the oldest forgotten', () => {
  for (const count of [3, 4, 5, 6, 7, 30]) {
    const pairs = new RecentPairs(3);
    const ids = Array.from({ length: count }, (_, index) => `r-${index}`);
    for (const id of ids) pairs.add(withId(id));
    assert.deepEqual(
      pairs.list({ limit: 100 }).map((row) => row.requestId),
      ids.toReversed().slice(0, 3),
    );
  }
});

test('rows are filtered by route, result and request id, and the limit counts what passes', () => {
  const pairs = new RecentPairs();
  pairs.add(withId('a', { comparison: comparison({ differences: [difference()] }) }));
  pairs.add(
    example({ exchange: exchange({ requestId: 'b', route: { name: 'r2', template: '/' } }) }),
  );
  pairs.add(withId('c'));
  pairs.add(withId('d', { comparison: comparison({ differences: [difference()] }) }));
  const ids = (filter: object): string[] =>
    pairs.list({ limit: 10, ...filter }).map((row) => row.requestId);
  assert.deepEqual(ids({ route: 'r2' }), ['b']);
  assert.deepEqual(ids({ result: 'mismatch' }), ['d', 'a']);
  assert.deepEqual(ids({ result: 'mismatch', limit: 1 }), ['d']);
  assert.deepEqual(ids({ requestId: 'c' }), ['c']);
  assert.deepEqual(ids({ requestId: 'c', route: 'r2' }), []);
  assert.deepEqual(ids({ requestId: '' }), []);
});

test('a request id of any length, which a client may choose, is kept in 256 characters and still found', () => {
  const pairs = new RecentPairs();
  const id = 'r'.repeat(60_000);
  pairs.add(withId(id));
  pairs.add(withId('another'));
  const [row] = pairs.list({ limit: 2, requestId: id });
  assert.equal(row?.requestId, id.slice(0, 256));
  assert.equal(pairs.list({ limit: 2, requestId: 'another' }).length, 1);
});

test('a row shows at most 20 differences and says how many there are', () => {
  const pairs = new RecentPairs();
  const differences = Array.from({ length: 100 }, () => difference());
  const ignored = Array.from({ length: 100 }, () => ({ pointer: '/id', rule: '/id' }));
  pairs.add(example({ comparison: comparison({ differences, differenceCount: 4711, ignored }) }));
  const [row] = pairs.list({ limit: 1 });
  assert.equal(row?.differences.length, 20);
  assert.equal(row.differenceCount, 4711);
  assert.equal(row.ignored.length, 20);
});

test('no body and no header of a pair stays alive in a row', () => {
  const pairs = new RecentPairs();
  const secret = Buffer.from('4111-1111-1111-1111');
  pairs.add(
    example({
      exchange: exchange({
        response: response({ body: { length: secret.length, bytes: secret } }),
      }),
      shadow: answer({ body: body(5) }),
    }),
  );
  const text = JSON.stringify(pairs.list({ limit: 1 }));
  assert.ok(!text.includes('4111'));
  assert.ok(!text.includes(JSON.stringify(secret).slice(1, -1)));
  assert.ok(!text.includes('headers'));
});

test('a row lists as many differences as are short together, and at least the first', () => {
  const pairs = new RecentPairs();
  const add = (length: number) => {
    const differences = Array.from({ length: 30 }, () =>
      difference({ kind: 'value', pointer: `/${'p'.repeat(length)}`, group: 'body' }),
    );
    const ignored = differences.map(({ pointer }) => ({ pointer, rule: '/**' }));
    pairs.add(example({ comparison: comparison({ differences, ignored }) }));
    const [row] = pairs.list({ limit: 1 });
    return [row?.differences.length, row?.ignored.length];
  };
  assert.deepEqual(add(10), [20, 20]);
  assert.deepEqual(add(1000), [3, 3]);
  assert.deepEqual(add(10_000), [1, 1]);
});
