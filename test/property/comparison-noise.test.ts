/**
 * The same service asked twice answers with fresh ids and times, in another order and with other digits. With rules for
 * that the answers match, and each real change is still found.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { RuleOptions } from '../../src/comparison/rules.ts';
import { compareJsonTexts } from '../unit/comparison/make-pair.ts';

interface Instance {
  readonly name: string;
  readonly label: unknown;
  readonly score: number;
  readonly note?: string | null;
}

const byContent: RuleOptions = {
  ignore: ['/took_ms'],
  unordered: ['/predictions', '/predictions/*/tags'],
  tolerance: { relative: 1e-6 },
  nullEqualsMissing: ['/predictions/*/note'],
  normalize: { uuid: ['/id', '/predictions/*/trace'], timestamp: ['/created'] },
};
const { unordered, ...rest } = byContent;
const byName: RuleOptions = {
  ...rest,
  unordered: unordered!.slice(1),
  keyed: { '/predictions': 'name' },
};

const instances = fc
  .array(
    fc.record({
      label: fc.constantFrom('setosa', 'virginica'),
      score: fc.integer({ min: 1, max: 999 }),
    }),
    {
      minLength: 1,
      maxLength: 30,
    },
  )
  .map((all) =>
    all.map(({ label, score }, index): Instance => ({
      name: `instance-${index}`,
      label,
      score: score / 1000,
    })),
  );

/** How one answer of the service writes this; `draw` makes it new each time. */
function answerOf(all: readonly Instance[], draw: () => number): string {
  const uuid = () => {
    const digits = Array.from({ length: 32 }, () => (draw() % 16).toString(16)).join('');
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  };
  const predictions = all.map((instance) => ({
    ...instance,
    score: instance.score * (1 + (draw() % 10) * 1e-9),
    trace: uuid(),
    tags: draw() % 2 === 0 ? ['a', 'b'] : ['b', 'a'],
    ...(draw() % 2 === 0 && !('note' in instance) && { note: null }),
  }));
  predictions.sort(() => (draw() % 2) - 0.5);
  const created = new Date(1.7e12 + draw() * 1000).toISOString();
  return JSON.stringify({ id: uuid(), created, took_ms: draw(), predictions });
}

const draws = fc
  .infiniteStream(fc.nat(1_000_000))
  .map((stream) => () => Number(stream.next().value));

for (const [how, rules] of [
  ['by content', byContent],
  ['by name', byName],
] as const) {
  test(`two answers of one service match when rules pass over its noise, ${how}`, () => {
    fc.assert(
      fc.property(instances, draws, (all, draw) => {
        const { result, differences } = compareJsonTexts(
          answerOf(all, draw),
          answerOf(all, draw),
          rules,
        );
        assert.equal(result, 'match', JSON.stringify(differences));
      }),
    );
  });

  const changes: Record<string, { change: (instance: Instance) => object; found: string }> = {
    'a label that flipped': {
      change: (instance) => ({ ...instance, label: 'versicolor' }),
      found: 'value /predictions/*/label',
    },
    'a field that vanished': {
      change: (instance) => ({ ...instance, label: undefined }),
      found: 'missing /predictions/*/label',
    },
    'a label that became a number': {
      change: (instance) => ({ ...instance, label: 1 }),
      found: 'type /predictions/*/label',
    },
    'a score that moved by a thousandth': {
      change: (instance) => ({ ...instance, score: instance.score + 1e-3 }),
      found: 'value /predictions/*/score',
    },
  };
  for (const [name, { change, found }] of Object.entries(changes)) {
    test(`${name} is the one difference that is found in the noise, ${how}`, () => {
      fc.assert(
        fc.property(instances, fc.nat(), draws, (all, place, draw) => {
          const changed = all.map((instance, index) =>
            index === place % all.length ? (change(instance) as Instance) : instance,
          );
          const comparison = compareJsonTexts(answerOf(all, draw), answerOf(changed, draw), rules);
          assert.deepEqual(
            comparison.differences.map(({ kind, group }) => `${kind} ${group}`),
            [found],
          );
        }),
      );
    });
  }
}
