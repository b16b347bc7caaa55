import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { compare } from '../../../../src/comparison/compare.ts';
import type { Difference } from '../../../../src/comparison/comparison.ts';
import { hintsOf } from '../../../../src/comparison/json/hints.ts';
import { LastSeen } from '../../../../src/comparison/volatility.ts';
import { makePair, rulesOf } from '../make-pair.ts';
import { documentOf } from './documents.ts';

function hints(live: unknown, shadow: unknown, mayMeasure = true): ReturnType<typeof hintsOf> {
  const [one, other] = [live, shadow].map((value) => documentOf(JSON.stringify(value))) as [
    ReturnType<typeof documentOf>,
    ReturnType<typeof documentOf>,
  ];
  const sighting = { lastSeen: new LastSeen(), group: '/a', requestedAtUnixMs: Date.now() };
  return hintsOf(one, 0, other, 0, sighting, mayMeasure);
}

test('texts, numbers and nothing else have hints', () => {
  const now = new Date();
  assert.deepEqual(hints(now.toISOString(), new Date(now.getTime() + 5)), {
    volatility: 'timestamp',
  });
  assert.deepEqual(hints(0.5, 0.25), { relativeDistance: 0.5 });
  assert.deepEqual(hints(true, false), {});
  assert.deepEqual(hints('a', 'b'), {});
  assert.deepEqual(hints('a'.repeat(1000), 'b'), {});
});

test('how far two numbers are apart is not told where values are hidden', () => {
  assert.deepEqual(hints(0.5, 0.25, false), {});
});

test('a comparison has hints at its values, and no value in them', () => {
  const rules = rulesOf({});
  const ask = (): readonly Difference[] => {
    const body = (score: number): string =>
      JSON.stringify({ id: randomUUID(), score, pin: score, label: `l${score}`, list: [score] });
    const answer = (text: string) => ({ type: 'application/json', body: text });
    return compare(makePair(answer(body(0.5)), answer(body(0.4999))), rules).differences;
  };
  ask();
  const described = ask().map(({ pointer, volatility, relativeDistance }) => [
    pointer,
    volatility,
    relativeDistance,
  ]);
  assert.deepEqual(described, [
    ['/id', 'uuid', undefined],
    ['/score', undefined, 0.0002],
    ['/pin', undefined, undefined],
    ['/label', undefined, undefined],
    ['/list/0', undefined, 0.0002],
  ]);
});

test('hints leave a comparison worker as they leave the main thread', () => {
  const rules = rulesOf({});
  const answer = { type: 'application/json', body: '[0.5]' };
  const [difference] = compare(makePair(answer, { ...answer, body: '[0.4]' }), rules).differences;
  assert.deepEqual(structuredClone(difference), difference);
  assert.equal(difference?.relativeDistance, 0.2);
});
