import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { egressFailureOf } from '../../../src/shadow/egress.ts';

describe('the header of the egress', () => {
  it('says via_upstream for an answer of the shadow itself, whatever the flags', () => {
    assert.equal(egressFailureOf('via_upstream -'), undefined);
    assert.equal(egressFailureOf('via_upstream'), undefined);
    assert.equal(egressFailureOf(' via_upstream  DI '), undefined);
  });

  for (const [flags, kind] of [
    [['UF', 'UH', 'UO', 'NR', 'NC', 'DF', 'LH', 'DO', 'UDO', 'OM', 'NFCF'], 'shadow_connect'],
    [['RL', 'RLSE', 'UAEX', 'FI', 'RFCF'], 'shadow_connect'],
    [['UT', 'SI', 'DT', 'UMSDR'], 'shadow_timeout'],
    [['UC', 'UR', 'LR'], 'shadow_reset'],
    [['UPE', 'DPE', 'IH'], 'shadow_malformed'],
  ] as const) {
    it(`says ${kind} by ${flags.join(', ')}`, () => {
      for (const flag of flags) {
        assert.deepEqual(egressFailureOf(`some_details ${flag}`), { kind, errorType: flag });
      }
    });
  }

  it('may have several flags: the first that says what happened counts', () => {
    assert.deepEqual(egressFailureOf('upstream_reset URX,UC'), {
      kind: 'shadow_reset',
      errorType: 'UC',
    });
  });

  it('without a known flag is still no answer of the shadow', () => {
    for (const value of ['direct_response -', 'direct_response', 'x XYZ', '', '- -']) {
      assert.deepEqual(egressFailureOf(value), { kind: 'shadow_connect', errorType: '_OTHER' });
    }
  });
});
