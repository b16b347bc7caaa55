import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  descendRules,
  isRuleless,
  isSettled,
  keyedHere,
  ruleHere,
  toleranceHere,
  type RulesHere,
} from '../../../src/comparison/path-rules.ts';
import { unnamedSegment } from '../../../src/comparison/pointer-glob.ts';
import { rulesOf } from './make-pair.ts';

function at(start: RulesHere, ...path: string[]): RulesHere {
  return path.reduce(descendRules, start);
}

test('a rule holds for what it names and below, a rule of an array for the array alone', () => {
  const { body } = rulesOf({ ignore: ['/a'], unordered: ['/b'], keyed: { '/c': 'id' } });
  assert.equal(ruleHere(at(body, 'a', 'x', '0'), 'ignore')?.name, '/a');
  assert.equal(ruleHere(at(body, 'b'), 'unordered')?.name, 'unordered /b');
  assert.equal(ruleHere(at(body, 'b', '0'), 'unordered'), undefined);
  assert.equal(keyedHere(at(body, 'c'))?.field, 'id');
  assert.equal(keyedHere(at(body, 'c', '0')), undefined);
});

test('"**" makes a rule of arrays hold for arrays inside each other', () => {
  const { body } = rulesOf({ unordered: ['/**'] });
  assert.equal(ruleHere(at(body, '0', '1', 'x'), 'unordered')?.name, 'unordered /**');
});

test('of several tolerances the most precise one counts, in whatever order they stand', () => {
  const paths = { '/**': { absolute: 1 }, '/a/*': { absolute: 2 }, '/a/b': { absolute: 3 } };
  for (const entries of [Object.entries(paths), Object.entries(paths).reverse()]) {
    const { body } = rulesOf({ tolerance: { absolute: 9, paths: Object.fromEntries(entries) } });
    assert.equal(toleranceHere(at(body, 'a', 'b', 'c'))?.tolerance.absolute, 3);
    assert.equal(toleranceHere(at(body, 'a', 'x'))?.tolerance.absolute, 2);
    assert.equal(toleranceHere(at(body, 'x'))?.name, 'tolerance /**');
  }
  const { body } = rulesOf({ tolerance: { relative: 1, paths: { '/a': {} } } });
  assert.equal(toleranceHere(at(body, 'x'))?.name, 'tolerance');
  assert.deepEqual(toleranceHere(at(body, 'a'))?.tolerance, { relative: 0, absolute: 0 });
});

test('where nothing can hold any more there is nothing to follow', () => {
  const { body } = rulesOf({ ignore: ['/a/b'] });
  assert.ok(!isSettled(body) && !isRuleless(body));
  assert.ok(isRuleless(at(body, 'x')) && isSettled(at(body, 'x')));
  assert.ok(isSettled(at(body, 'a', 'b')) && !isRuleless(at(body, 'a', 'b')));
});

test('an item without a name is named by wildcards alone', () => {
  const { body } = rulesOf({ ignore: ['/0', '/*/x'] });
  assert.equal(ruleHere(at(body, unnamedSegment), 'ignore'), undefined);
  assert.equal(ruleHere(at(body, unnamedSegment, 'x'), 'ignore')?.name, '/*/x');
});
