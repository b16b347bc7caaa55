import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ByteBudget } from '../../../src/base/byte-budget.ts';

test('bytes are taken up to the bound and not one beyond it', () => {
  const budget = new ByteBudget(10);
  assert.equal(budget.take(10), true);
  assert.equal(budget.take(0), true);
  assert.equal(budget.take(1), false);
  assert.equal(budget.used, 10);
});

test('what does not fit reserves nothing', () => {
  const budget = new ByteBudget(10);
  assert.equal(budget.take(4), true);
  assert.equal(budget.take(7), false);
  assert.equal(budget.used, 4);
  assert.equal(budget.take(6), true);
});

test('bytes that are given back can be taken again', () => {
  const budget = new ByteBudget(10);
  budget.take(10);
  budget.give(3);
  assert.equal(budget.take(3), true);
  assert.equal(budget.used, 10);
});

test('a lower bound keeps what is kept and takes nothing more until there is room', () => {
  const budget = new ByteBudget(10);
  budget.take(8);
  budget.max = 5;
  assert.equal(budget.max, 5);
  assert.equal(budget.used, 8);
  assert.equal(budget.take(0), true);
  assert.equal(budget.take(1), false);
  budget.give(4);
  assert.equal(budget.take(1), true);
});
