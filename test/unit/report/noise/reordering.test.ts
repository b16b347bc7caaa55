import assert from 'node:assert/strict';
import { test } from 'node:test';

import { proposeRules } from '../../../../src/report/noise/proposals.ts';
import { at, byControl, byShadow, only, rulesFor, swapped, type Draw } from './noise-pairs.ts';

test('items that only changed places get unordered, and no rule hides what they hold', () => {
  const draw: Draw = (index) => [
    ...swapped('/items/*/name'),
    at('/items/*/id', index === 0 ? {} : { volatility: 'uuid' }),
    at('/items/*/score', { relativeDistance: 0.005 }),
    at('/items/*/note', { kind: 'missing', contract: true }),
    at('/tags', { kind: 'order' }),
  ];
  for (const [noise, warned] of [
    [byControl(draw), false],
    [byShadow(draw), true],
  ] as const) {
    const { proposals, notes } = proposeRules(noise, 30);
    assert.deepEqual(
      proposals.map(({ rule, place }) => `${rule} ${place}`),
      ['unordered /items', 'unordered /tags', 'uuid /items/*/id'],
    );
    assert.match(proposals[0]!.evidence, /in 100 of 100 its values only changed places/);
    assert.equal(proposals[0]!.warnings.length > 0, warned);
    assert.match(notes.join(), /items of \/items shows once their order is passed over/);
  }
});

test('items of which one has another value did not only change places', () => {
  const draw: Draw = () =>
    swapped('/items/*/name').map((difference, index) =>
      index === 0
        ? {
            ...difference,
            digests: { ...difference.digests, live: { type: 'null', length: 4, hash: 'h:9' } },
          }
        : difference,
    );
  const proposal = only(byControl(draw));
  assert.equal(`${proposal.rule} ${proposal.place}`, 'ignore /items/*/name');
  assert.match(proposal.warnings.join(), /order of \/items that varies, try unordered or keyed/);
  assert.deepEqual(rulesFor(byShadow(draw)), []);
});
