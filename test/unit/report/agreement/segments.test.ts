import assert from 'node:assert/strict';
import { test } from 'node:test';

import { labelAgreementOf } from '../../../../src/report/agreement/label-agreement.ts';
import {
  addSegments,
  emptySegments,
  mergeSegments,
  worstSegment,
  type Segments,
} from '../../../../src/report/agreement/segments.ts';
import { comparisonOf, labelPair } from '../../../kit/predictions.ts';

function addPairs(
  segments: Segments,
  tenant: string,
  { matching, differing }: { matching: number; differing: number },
): void {
  for (let index = 0; index < matching + differing; index += 1) {
    const result = index < matching ? 'match' : 'mismatch';
    addSegments(segments, comparisonOf({ result, segments: { tenant } }), undefined);
  }
}

function pairsOf(segments: Segments, key: string, value: string): number | undefined {
  const segment = segments.find((candidate) => candidate.key === key);
  return segment?.counts[segment.values.indexOf(value)]?.matches.pairs;
}

test('a good average does not hide a bad segment', () => {
  const segments = emptySegments({ tenant: ['gold', 'silver'] });
  addPairs(segments, 'gold', { matching: 870, differing: 30 });
  addPairs(segments, 'silver', { matching: 58, differing: 42 });
  const worst = worstSegment(segments);
  assert.equal(worst?.key, 'tenant');
  assert.equal(worst.value, 'silver');
  assert.equal(worst.pairs, 100);
  assert.equal(worst.share, 0.58);
  assert.equal(worst.overall, 0.928);
  assert.equal(worst.standsOut, true);
  assert.ok(worst.interval.low < 0.58 && worst.interval.high > 0.58);
});

test('a few pairs that differ make no segment the worst', () => {
  const segments = emptySegments({});
  addPairs(segments, 'gold', { matching: 900, differing: 100 });
  addPairs(segments, 'silver', { matching: 850, differing: 150 });
  addPairs(segments, 'tiny', { matching: 0, differing: 29 });
  assert.equal(worstSegment(segments)?.value, 'silver');
});

test('what many pairs show comes before what few pairs show', () => {
  const segments = emptySegments({});
  addPairs(segments, 'gold', { matching: 950, differing: 50 });
  addPairs(segments, 'few', { matching: 15, differing: 15 });
  addPairs(segments, 'many', { matching: 550, differing: 450 });
  assert.equal(worstSegment(segments)?.value, 'many');
});

test('the worst of many segments that are alike does not stand out', () => {
  const segments = emptySegments({});
  for (let index = 0; index < 20; index += 1) {
    const differing = index === 7 ? 19 : 10;
    addPairs(segments, `tenant${index}`, { matching: 100 - differing, differing });
  }
  const worst = worstSegment(segments);
  assert.equal(worst?.value, 'tenant7');
  assert.ok(worst.interval.high < worst.overall);
  assert.equal(worst.standsOut, false);
});

test('one segment alone is not the worst of any', () => {
  const segments = emptySegments({});
  addPairs(segments, 'gold', { matching: 0, differing: 100 });
  assert.equal(worstSegment(segments), undefined);
  assert.equal(worstSegment([]), undefined);
});

test('where there are predictions, segments are compared by labels', () => {
  const segments = emptySegments({});
  for (let index = 0; index < 100; index += 1) {
    const result = 'mismatch';
    const flipped = index < 50 ? 'b' : 'a';
    for (const [country, prediction] of [
      ['de', labelPair('a', 'a')],
      ['fr', labelPair('a', flipped)],
    ] as const) {
      addSegments(
        segments,
        comparisonOf({ result, prediction, segments: { country } }),
        labelAgreementOf(prediction),
      );
    }
  }
  const worst = worstSegment(segments);
  assert.equal(worst?.measure, 'labels');
  assert.equal(worst.value, 'fr');
  assert.equal(worst.share, 0.5);
  assert.equal(worst.overall, 0.75);
});

test('a pair that cannot be compared is in no share', () => {
  const segments = emptySegments({});
  addSegments(
    segments,
    comparisonOf({ result: 'incomparable', segments: { tenant: 'gold' } }),
    undefined,
  );
  assert.equal(pairsOf(segments, 'tenant', 'gold'), 0);
  assert.equal(segments[0]?.counts[2]?.incomparable, 1);
});

test('50 values have a place each, the configured ones always, the rest is one', () => {
  const segments = emptySegments({ tenant: ['gold'] });
  for (let index = 0; index < 60; index += 1) {
    addPairs(segments, `h:${index}`, { matching: 1, differing: 0 });
  }
  addPairs(segments, 'gold', { matching: 3, differing: 0 });
  addPairs(segments, '~none', { matching: 2, differing: 0 });
  assert.equal(segments[0]?.values.length, 52);
  assert.equal(pairsOf(segments, 'tenant', 'gold'), 3);
  assert.equal(pairsOf(segments, 'tenant', '~none'), 2);
  assert.equal(pairsOf(segments, 'tenant', '~other'), 11);
});

test('at most 8 keys are kept', () => {
  const segments = emptySegments({});
  const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`key${index}`, 'x']));
  addSegments(segments, comparisonOf({ segments: many }), undefined);
  assert.equal(segments.length, 8);
});

test('merging adds by key and value, and JSON gives the same back', () => {
  const into = emptySegments({ tenant: ['gold'] });
  addPairs(into, 'gold', { matching: 1, differing: 2 });
  const other = emptySegments({});
  addPairs(other, 'silver', { matching: 3, differing: 0 });
  addPairs(other, 'gold', { matching: 4, differing: 0 });
  mergeSegments(into, JSON.parse(JSON.stringify(other)) as Segments);
  assert.equal(pairsOf(into, 'tenant', 'gold'), 7);
  assert.equal(pairsOf(into, 'tenant', 'silver'), 3);
});
