import assert from 'node:assert/strict';
import { test } from 'node:test';

import { phaseSeconds } from '../../../demo/phase.ts';

const lengths: readonly { act: number; phase: number }[] = [
  { act: 1, phase: 2 },
  { act: 8, phase: 2 },
  { act: 20, phase: 4 },
  { act: 45, phase: 9 },
  { act: 3600, phase: 10 },
];
for (const { act, phase } of lengths) {
  test(`a phase lasts ${phase} s after an act of ${act} s`, () => {
    assert.equal(phaseSeconds(act), phase);
  });
}
