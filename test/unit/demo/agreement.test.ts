import assert from 'node:assert/strict';
import { test } from 'node:test';

import { measureAgreement } from '../../../demo/agreement.ts';
import type { PairDifference, PairRow } from '../../../demo/twinspan-admin.ts';

function span(requestId: string, result: string) {
  return { 'twinspan.request.id': requestId, 'twinspan.comparison.result': result };
}

function mismatch(requestId: string, ...differences: PairDifference[]): [string, PairRow] {
  return [requestId, { requestId, route: 'predict', result: 'mismatch', traceId: '', differences }];
}

function value(index: number, live: string, shadow: string): PairDifference {
  return {
    pointer: `/predictions/${index}`,
    kind: 'value',
    live: JSON.stringify(live),
    shadow: JSON.stringify(shadow),
  };
}

test('a matching pair counts what the customer was answered for both sides', () => {
  const agreement = measureAgreement({
    answered: new Map([['r1', ['setosa', 'virginica']]]),
    pairSpans: [span('r1', 'match')],
    mismatches: new Map(),
  });
  assert.deepEqual(agreement, {
    labels: ['setosa', 'virginica'],
    counts: [
      [1, 0],
      [0, 1],
    ],
    equal: 2,
    total: 2,
    unknownPairs: 0,
  });
});

test('of a batch that differs, only the differing predictions count as different', () => {
  const agreement = measureAgreement({
    answered: new Map([['r1', ['a', 'b', 'b']]]),
    pairSpans: [span('r1', 'mismatch')],
    mismatches: new Map([mismatch('r1', value(1, 'b', 'c'))]),
  });
  assert.deepEqual(agreement.labels, ['a', 'b', 'c']);
  assert.deepEqual(agreement.counts, [
    [1, 0, 0],
    [0, 1, 1],
    [0, 0, 0],
  ]);
  assert.equal(agreement.equal, 2);
  assert.equal(agreement.total, 3);
});

test('requests without predictions and pairs that were not compared do not count', () => {
  const agreement = measureAgreement({
    answered: new Map([['r1', ['a']]]),
    pairSpans: [span('metadata', 'match'), span('r1', 'shadow_error'), {}],
    mismatches: new Map(),
  });
  assert.equal(agreement.total, 0);
  assert.equal(agreement.unknownPairs, 0);
});

const unknown: readonly { what: string; rows: [string, PairRow][] }[] = [
  { what: 'is not among the rows', rows: [] },
  {
    what: 'differs in something else',
    rows: [mismatch('r1', { pointer: '/predictions', kind: 'length' })],
  },
  {
    what: 'has a difference without values',
    rows: [mismatch('r1', { pointer: '/predictions/0', kind: 'value' })],
  },
  {
    what: 'says that live answered something else than the customer got',
    rows: [mismatch('r1', value(0, 'b', 'c'))],
  },
];
for (const { what, rows } of unknown) {
  test(`a pair that ${what} is counted as unknown, not guessed`, () => {
    const agreement = measureAgreement({
      answered: new Map([['r1', ['a']]]),
      pairSpans: [span('r1', 'mismatch')],
      mismatches: new Map(rows),
    });
    assert.equal(agreement.total, 0);
    assert.equal(agreement.unknownPairs, 1);
  });
}
