import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Difference } from '../../../../src/comparison/comparison.ts';
import { at, byControl, byShadow, only, rulesFor, type Draw } from './noise-pairs.ts';

test('null that is left out at times is the same as missing, and a value that is left out is not', () => {
  const lone = (kind: 'missing' | 'extra', type: 'null' | 'string'): Difference =>
    at('/note', {
      kind,
      contract: true,
      digests: { [kind === 'missing' ? 'live' : 'shadow']: { type, length: 4 } },
    });
  const draw: Draw = (index) => [lone(index % 2 === 0 ? 'missing' : 'extra', 'null')];
  assert.deepEqual(rulesFor(byControl(draw)), ['nullEqualsMissing /note']);
  const proposal = only(byShadow(draw));
  assert.equal(proposal.rule, 'nullEqualsMissing');
  assert.match(proposal.warnings.join(), /without a control/);
  assert.deepEqual(rulesFor(byShadow(() => [lone('missing', 'null')])), [], 'given up for good');
  const value: Draw = (index) => [lone('missing', index === 50 ? 'string' : 'null')];
  assert.equal(only(byControl(value)).rule, 'ignore');
});

test('distances that rounding makes get the whole of what rounding can do', () => {
  for (const [distance, relative] of [
    [3.1e-17, 1e-12],
    [1e-13, 1e-12],
    [1.2e-12, 2e-12],
    [4.7e-8, 6e-8],
    [6e-8, 6e-8],
    [6.1e-8, 7e-8],
    [3e-9, 3e-9],
  ] as const) {
    const proposal = only(byControl(() => [at('/score', { relativeDistance: distance })]));
    assert.ok(proposal.rule === 'tolerance');
    assert.equal(proposal.relative, relative);
    assert.match(proposal.evidence, new RegExp(`at most ${distance} apart$`));
  }
});
