import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Phase } from '../../../demo/phase.ts';
import { phaseTable } from '../../../demo/phase-table.ts';

const plain = { paint: (_look: unknown, text: string) => text };

function phase(more: Partial<Phase> = {}, errors = 0): Phase {
  return {
    name: 'shadow killed',
    traffic: {
      requests: 1200,
      errors,
      errorExamples: [],
      latenciesMs: [3, 1.26, 40],
    },
    outcomes: { shadow_connect: 5, circuit_open: 1195 },
    undelivered: 0,
    expectsPairs: false,
    ...more,
  };
}

test('a row has requests, errors and percentiles, and the outcomes with the most frequent first', () => {
  const [header, row, ...more] = phaseTable([phase()], plain);
  assert.match(header ?? '', /^customers +sent +errors +p50 ms +p99 ms +what became of/);
  assert.match(row ?? '', /^shadow killed +1,200 +0 +3\.0 +40\.0 {3}circuit_open 1,195$/);
  assert.deepEqual(
    more.map((line) => line.trim()),
    ['shadow_connect 5'],
  );
});

test('numbers stand under their titles', () => {
  const [header = '', row = ''] = phaseTable([phase()], plain);
  for (const [title, number] of [
    ['sent', '1,200'],
    ['p50 ms', '3.0'],
    ['p99 ms', '40.0'],
  ] as const) {
    assert.equal(row.indexOf(number) + number.length, header.indexOf(title) + title.length);
  }
});

test('while twinspan was away Envoy tells how many it could not deliver, and the rest died with it', () => {
  const lines = phaseTable([phase({ outcomes: undefined, undelivered: 1197 })], plain);
  assert.match(lines[1] ?? '', / nothing seen$/);
  assert.match(lines[2] ?? '', /^ +undelivered 1,197$/);
  assert.match(lines[3] ?? '', /^ +died with it 3$/);
});

test('what was not delivered stands behind what was seen', () => {
  const lines = phaseTable([phase({ outcomes: { match: 10 }, undelivered: 1190 })], plain);
  assert.match(lines[1] ?? '', / match 10, undelivered 1,190$/);
});

test('nothing seen is said of a twinspan that was away, not of one that called nothing anything', () => {
  const [, row = ''] = phaseTable([phase({ outcomes: {} })], plain);
  assert.doesNotMatch(row, /nothing seen/);
});

test('many outcomes go on below where the first began, and no line is wider than 78 columns', () => {
  const outcomes = {
    match: 123_456,
    circuit_open: 23_456,
    mismatch: 12_345,
    shadow_connect: 2345,
    shadow_timeout: 234,
    live_upstream_failed: 23,
  };
  const [, first = '', ...more] = phaseTable([phase({ outcomes, undelivered: 9999 })], plain);
  assert.ok(more.length >= 2);
  const column = first.indexOf('match');
  assert.ok(more.every((line) => line.search(/\S/) === column));
  assert.ok([first, ...more].every((line) => line.length <= 78));
  const words = [first, ...more].map((line) => line.slice(column)).join(', ');
  assert.equal(
    words,
    'match 123,456, circuit_open 23,456, mismatch 12,345, shadow_connect 2,345, ' +
      'shadow_timeout 234, live_upstream_failed 23, undelivered 9,999',
  );
});

test('errors are red, their absence is green', () => {
  const painter = { paint: (look: string, text: string) => `<${look}>${text.trim()}` };
  assert.match(phaseTable([phase({}, 2)], painter)[1] ?? '', /<red>2/);
  assert.match(phaseTable([phase()], painter)[1] ?? '', /<green>0/);
});
