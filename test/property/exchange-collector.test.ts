import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { LiveEnd, LiveEvent } from '../../src/stream/live-event.ts';
import { advance, type Phase } from '../../src/stream/phases.ts';
import {
  ended,
  requestBody,
  requestHeaders,
  requestTrailers,
  responseBody,
  responseHeaders,
  responseTrailers,
  routeSettings,
  viaUpstream,
} from '../unit/exchange/live-events.ts';
import { liveSide } from '../unit/exchange/live-side.ts';

const end = fc.boolean();
const text = fc.string({ maxLength: 30 });
const large = ['x-large', 'v'.repeat(6000)] as const;
const length = fc.constantFrom(
  [],
  [large],
  [['content-length', '4']] as const,
  [['content-length', '61']] as const,
  [['transfer-encoding', 'chunked']] as const,
);
const answeredBy = fc.constantFrom(
  viaUpstream,
  [['response.code_details', 'direct_response']] as const,
  [
    ['response.code_details', 'response_timeout'],
    ['upstream.request_attempt_count', '1'],
  ] as const,
  [],
);

const part: fc.Arbitrary<LiveEvent> = fc.oneof(
  fc
    .tuple(fc.constantFrom('GET', 'POST', 'DELETE'), length, end)
    .map(([method, headers, endOfStream]) => requestHeaders({ method, headers, endOfStream })),
  fc.tuple(text, end).map(([body, endOfStream]) => requestBody(body, endOfStream)),
  fc.constantFrom(requestTrailers([['x-t', '1']]), requestTrailers([large])),
  fc
    .tuple(fc.constantFrom(200, 304, 101), length, answeredBy, end)
    .map(([status, headers, attributes, endOfStream]) =>
      responseHeaders({ status, headers, attributes, endOfStream }),
    ),
  fc.tuple(text, end).map(([body, endOfStream]) => responseBody(body, endOfStream)),
  fc.constantFrom(responseTrailers([['x-t', '2']]), responseTrailers([large])),
);

const earlyEnds: readonly LiveEnd[] = [
  'half_close',
  'cancelled',
  'request_endless',
  'idle',
  'max_duration',
  'undecodable',
  'bytes_exhausted',
  'shutdown',
];

/** What the stream station hands on of these parts: each only where it can come, and nothing after the end. */
function handedOn(parts: readonly LiveEvent[], how: LiveEnd): LiveEvent[] {
  let phase: Phase = 'opening';
  const events: LiveEvent[] = [];
  for (const event of parts) {
    if (event.kind === 'ended') break;
    const endOfStream = 'endOfStream' in event && event.endOfStream;
    phase = advance(phase, event.kind, endOfStream);
    if (phase === 'out_of_order') return [...events, ended('out_of_order')];
    events.push(event);
    if (phase === 'complete') return [...events, ended('complete')];
  }
  return [...events, ended(how)];
}

const exchanges = fc
  .tuple(
    // Most begin as real ones do, or hardly any would get past its first parts.
    fc.option(fc.constantFrom('GET', 'POST'), { nil: undefined }),
    fc.array(part, { maxLength: 12 }),
    fc.constantFrom(...earlyEnds),
  )
  .map(([method, parts, how]) =>
    handedOn(method === undefined ? parts : [requestHeaders({ method }), ...parts], how),
  );

test('whatever comes in whatever order, an exchange ends once, in one outcome, and holds nothing', () => {
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(exchanges, fc.constantFrom(5, 40, 1000, 10_000), (events, maxBytesInFlight) => {
      const side = liveSide({
        routes: [routeSettings({ methods: ['GET', 'POST'] })],
        maxBodyBytes: 60,
        maxBytesInFlight,
      });
      const hear = side.open();
      for (const event of events) {
        const over = side.entries[0]?.outcome !== undefined;
        const said = hear(event);
        if (over || event.kind === 'ended') assert.equal(said, 'end');
        if (said === 'end') assert.equal(side.ledger.inFlight, 0);
        assert.ok(side.budget.used <= maxBytesInFlight);
      }
      const [first] = events;
      const turnedAway = first?.kind === 'ended' && first.how === 'bytes_exhausted';
      const seen = events.length > 1 || turnedAway ? 1 : 0;
      assert.equal(side.entries.length, seen);
      assert.equal(side.ledger.inFlight, 0);
      assert.deepEqual(side.ledger.balances(), { exchanges: true, shadow: true, control: true });
      assert.deepEqual(side.violations, []);
      assert.equal(side.budget.used, 0);
      assert.ok(side.answered.length + side.dropped.length <= seen);
      assert.ok(side.requests.length <= seen);
      if (side.answered.length === 1) assert.equal(side.requests.length, 1);
      for (const { outcome } of side.entries) outcomes.add(outcome ?? 'none');
    }),
    { numRuns: 2000 },
  );
  // The sequences reach what they are to reach.
  for (const outcome of [
    'match',
    'method_not_allowed',
    'local_reply',
    'live_upstream_failed',
    'live_aborted',
    'live_incomplete',
    'bytes_exhausted',
    'body_too_large',
    'upgrade',
    'shutdown',
  ]) {
    assert.ok(outcomes.has(outcome), `no sequence ended as ${outcome}`);
  }
});
