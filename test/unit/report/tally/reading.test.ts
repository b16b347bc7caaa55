import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readTally } from '../../../../src/report/tally/reading.ts';
import { routeTally, type Tally } from '../../../../src/report/tally.ts';
import { countSettings, entry, tallyOf } from '../../../kit/tallies.ts';

const listed = { ...countSettings, labels: () => ['setosa'], thresholdMs: { p95: 5 } };

function full(): Tally {
  const prediction = { count: 1, labels: { setosa: { live: 1, shadow: 1 } } };
  const tally = tallyOf([entry({ prediction }), entry({ route: '__proto__' })], listed);
  tally.rejected = { atUnixMs: 1, gate: 'errors', route: 'predict', reason: 'x' };
  return tally;
}

test('a tally that was written is read back as it was', () => {
  assert.deepEqual(readTally(JSON.stringify(full())), full());
});

test('labels that are hashed are learned anew, and what was counted by them is left out', () => {
  const tally = full();
  const route = routeTally(tally, 'predict');
  route.labels = { kind: 'fixed', value: ['h:77'] };
  route.cells['prediction_drift/h:77'] = route.cells['errors']!;
  route.cells['prediction_drift~score'] = route.cells['errors']!;
  const read = readTally(JSON.stringify(tally))!.routes['predict']!;
  assert.deepEqual(read.labels, { kind: 'open' });
  const drift = Object.keys(read.cells).filter((name) => name.startsWith('prediction_drift'));
  assert.deepEqual(drift, ['prediction_drift~score']);
});

// oxlint-disable-next-line typescript/no-explicit-any -- it is spoiled in ways that no type allows
type Loose = Record<string, any>;

/** Ways to spoil a tally, each of which must be seen. */
const spoiled: readonly (readonly [string, (tally: Loose) => void])[] = [
  ['no experiment', (tally) => delete tally['experiment']],
  ['an experiment without an id', (tally) => (tally['experiment'] = { live: {}, shadow: {} })],
  ['a version that is no text', (tally) => (tally['experiment'].live.version = 3)],
  ['an attempt of 0', (tally) => (tally['attempt'] = 0)],
  ['no routes', (tally) => (tally['routes'] = [])],
  ['a first instant that is no number', (tally) => (tally['firstAt'] = 'x')],
  ['a rejection without a reason', (tally) => delete tally['rejected'].reason],
  ['an overflow that is no truth', (tally) => (tally['overflowed'] = 0)],
  ['a class that there is not', (tally) => (tally['routes'].predict.classes.best = 1)],
  ['half an exchange', (tally) => (tally['routes'].predict.classes.equal = 0.5)],
  ['a negative count', (tally) => (tally['routes'].predict.cells.errors[3] = -1)],
  ['a count of null', (tally) => (tally['routes'].predict.cells.errors[3] = null)],
  ['a cell of another size', (tally) => tally['routes'].predict.cells.errors.pop()],
  ['a threshold below 0', (tally) => (tally['routes'].predict.threshold.p95.value = -1)],
  ['a threshold of no kind', (tally) => (tally['routes'].predict.threshold.p99 = {})],
  ['labels that are no texts', (tally) => (tally['routes'].predict.labels.value = [1])],
  ['a sketch that is none', (tally) => (tally['routes'].predict.liveLatency = { x: 1 })],
  ['moments that are none', (tally) => (tally['routes'].predict.scoreBurnIn.mean = null)],
];

for (const [title, spoil] of spoiled) {
  test(`${title} is no tally`, () => {
    const tally: Loose = JSON.parse(JSON.stringify(full()));
    spoil(tally);
    assert.equal(readTally(JSON.stringify(tally)), undefined);
  });
}

test('what is no JSON, or cut off, is no tally', () => {
  const text = JSON.stringify(full());
  for (const broken of ['', 'null', '[]', text.slice(0, -1)]) {
    assert.equal(readTally(broken), undefined);
  }
});
