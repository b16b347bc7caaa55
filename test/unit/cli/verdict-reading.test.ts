import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readVerdict, recheckVerdict } from '../../../src/cli/verdict-reading.ts';
import type { GateRow, Verdict } from '../../../src/verdict/verdict.ts';
import { verdictIn } from '../../kit/verdicts.ts';

const states = ['promote', 'reject', 'hold', 'collecting'] as const;

test('what twinspan writes is read again as it was, and every gate of it follows from its counts', () => {
  for (const state of states) {
    const verdict = verdictIn(state);
    const read = readVerdict(JSON.stringify(verdict));
    assert.deepEqual(read, JSON.parse(JSON.stringify(verdict)));
    assert.deepEqual(recheckVerdict(read!), []);
  }
});

test('what is no whole verdict is none', () => {
  const verdict = verdictIn('hold');
  const broken: Record<string, unknown> = {
    'another schema': { ...verdict, schema: 'twinspan.verdict/2' },
    'another state': { ...verdict, state: 'yes' },
    'a state of Object': { ...verdict, state: 'constructor' },
    'another scope': { ...verdict, scope: 'all' },
    'a hold without a reason': { ...verdict, hold: undefined },
    'no reason': { ...verdict, reason: 7 },
    'no gates': { ...verdict, gates: undefined },
    'a gate without a margin': withGate(verdict, { margin: undefined as never }),
    'a margin of 0': withGate(verdict, { margin: 0 }),
    'a range turned round': withGate(verdict, { range: [1, -1] }),
    'a value beyond the range': withGate(verdict, { counts: { '7': 1 } }),
    'a value that is none': withGate(verdict, { counts: { many: 1 } }),
    'a count below 0': withGate(verdict, { counts: { '0': -1 } }),
    'a count that is a text': withGate(verdict, { counts: { '0': '5' as never } }),
    'evidence that is none': withGate(verdict, { lnE: { promote: null as never, reject: 0 } }),
    'an interval that is none': withGate(verdict, { cs95: [0] as never }),
    'errors below 0': withGate(verdict, { unattributed: -1 }),
    'a floor of nothing': { ...verdict, floor: { ...verdict.floor, pairs: undefined } },
    'a list': [verdict],
    null: null,
  };
  for (const [what, value] of Object.entries(broken)) {
    assert.equal(readVerdict(JSON.stringify(value)), undefined, what);
  }
  assert.equal(readVerdict(''), undefined);
  assert.equal(readVerdict(JSON.stringify(verdict).slice(0, -1)), undefined);
});

test('a verdict that was touched is found out', () => {
  const promote = verdictIn('promote');
  const collecting = verdictIn('collecting');
  const [gate] = promote.gates;
  const touched: Record<string, [Verdict, RegExp]> = {
    'a count': [
      withGate(promote, { counts: { '0': 9000, '1': 1000 } }),
      /lnE\.promote is .* by its counts/,
    ],
    evidence: [withGate(promote, { lnE: { ...gate!.lnE, promote: 99 } }), /lnE\.promote is 99/],
    'an estimate': [withGate(promote, { estimate: 0.5 }), /estimate is 0\.5/],
    'what a gate needs': [
      withGate(promote, { need: { promote: 0.1, reject: 9 } }),
      /need\.promote is 0\.1/,
    ],
    'what a rejection needs': [
      withGate(promote, { need: { ...gate!.need, reject: 0 } }),
      /less than one claim/,
    ],
    'a margin': [withGate(promote, { margin: 0.9 }), /lnE/],
    'an open gate that passed': [
      withGate(collecting, { state: 'passed' }),
      /passed, and open by its counts/,
    ],
    'a state': [
      { ...collecting, state: 'promote' },
      /promote, and not every gate and floor is met/,
    ],
    'a floor': [{ ...promote, floor: { ...promote.floor, met: false } }, /floor/],
    'an interval': [withGate(promote, { cs95: [0, 0] }), /cs95\[1\] is 0/],
    'errors that may be of another version': [
      withGate(promote, { unattributed: 50 }),
      /lnE\.promote is .* by its counts/,
    ],
    'the floor of pairs': [
      { ...promote, floor: { ...promote.floor, pairs: 1e9 } },
      /pairs\.comparable is/,
    ],
    'the floor of time': [
      { ...promote, floor: { ...promote.floor, elapsedSeconds: 1e9 } },
      /elapsedSeconds is/,
    ],
    'a score': [{ ...collecting, score: 100 }, /collecting with a score of 100/],
    'a reason to hold': [
      { ...collecting, hold: { reason: 'horizon' } },
      /collecting with a reason to hold/,
    ],
    'all gates': [{ ...promote, gates: [] }, /promote, and not every gate/],
  };
  for (const [what, [verdict, expected]] of Object.entries(touched)) {
    const read = readVerdict(JSON.stringify(verdict));
    assert.ok(read !== undefined, what);
    assert.match(
      recheckVerdict(read)
        .map(({ message }) => message)
        .join('\n'),
      expected,
      what,
    );
  }
});

/** With another first gate. */
function withGate(verdict: Verdict, over: Partial<GateRow>): Verdict {
  const [first, ...others] = verdict.gates;
  return { ...verdict, gates: [{ ...first!, ...over }, ...others] };
}
