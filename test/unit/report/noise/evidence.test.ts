import assert from 'node:assert/strict';
import { test } from 'node:test';

import { at, byControl, noiseOf, only, type Draw } from './noise-pairs.ts';

test('the numbers of both sides stand beside a proposal', () => {
  const draw: Draw = () => [at('/took')];
  const { evidence } = only(noiseOf({ control: [412, draw], shadow: [100, draw] }));
  assert.equal(
    evidence,
    'differed by value in 412 of 412 pairs with the control (99.1 to 100 %) and 100 of 100 with the shadow (96.3 to 100 %)',
  );
});

test('a rule that would hide contract differences says so, with what was seen of them', () => {
  const noise = noiseOf({
    control: [
      100,
      (index) => [at('/meta', index % 2 === 0 ? { kind: 'missing', contract: true } : {})],
    ],
    shadow: [
      100,
      (index) => (index < 7 ? [at('/meta/version', { kind: 'type', contract: true })] : []),
    ],
  });
  const { rule, place, warnings } = only(noise);
  assert.equal(`${rule} ${place}`, 'ignore /meta');
  assert.deepEqual(warnings, [
    'hides contract differences: /meta in 50 pairs with the control and 0 with the shadow, /meta/version in 0 pairs with the control and 7 with the shadow',
    'hides every change here: these values have no form that tells noise from a change',
  ]);
  const { warnings: none } = only(byControl(() => [at('/took')]));
  assert.deepEqual(none, []);
});
