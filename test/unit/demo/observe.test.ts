import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isDecided } from '../../../demo/observe.ts';
import { verdictIn } from '../../kit/verdicts.ts';

for (const [state, decided] of [
  ['promote', true],
  ['reject', true],
  ['hold', false],
  ['collecting', false],
] as const) {
  test(`customers ${decided ? 'need not go on' : 'go on'} for a verdict that is ${state}`, () => {
    assert.equal(isDecided(verdictIn(state)), decided);
  });
}
