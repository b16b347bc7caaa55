import assert from 'node:assert/strict';
import { test } from 'node:test';

import { emptyTally, type Tally } from '../../../src/report/tally.ts';
import { chosenOf, currentOf, standingOf } from '../../../src/verdict/standing.ts';

function tallyOf(id: string, version: string): Tally {
  return emptyTally({ id, live: { version: '1' }, shadow: { version } });
}

const [large, equal, small, past] = [
  tallyOf('large', '2'),
  tallyOf('equal', '3'),
  tallyOf('small', '2'),
  tallyOf('past', '4'),
];
const active = [
  { tally: large, recent: 1000 },
  { tally: equal, recent: 20 },
  { tally: small, recent: 9 },
  { tally: past, recent: 0 },
];

test('an experiment stands as its share of the recent pairs says', () => {
  const standings = [large, equal, small, past].map((tally) => standingOf({ active }, tally));
  assert.deepEqual(standings, ['judged', 'judged', 'too_few', 'superseded']);
  const idle = active.map(({ tally }) => ({ tally, recent: 0 }));
  assert.equal(standingOf({ active: idle }, past), 'judged');
});

test('the one that is asked about is found by its id, by its version, or by both', () => {
  const found = (choice: { experiment?: string; shadow?: string }) =>
    chosenOf({ active, ...choice })?.tally.experiment.id;
  assert.equal(found({}), 'large');
  assert.equal(found({ shadow: '3' }), 'equal');
  assert.equal(found({ experiment: 'small' }), 'small');
  assert.equal(found({ experiment: 'small', shadow: '2' }), 'small');
  assert.equal(found({ experiment: 'small', shadow: '3' }), undefined);
  assert.equal(found({ shadow: '5' }), undefined);
});

test('one that was counted by other gates is never current, and superseded for who names it', () => {
  const isCountedByThese = ({ id }: Tally['experiment']) => id !== 'large';
  const choice = { active, isCountedByThese };
  assert.equal(currentOf(choice), equal);
  assert.equal(chosenOf(choice)?.tally, equal);
  assert.deepEqual(chosenOf({ ...choice, experiment: 'large' }), {
    tally: large,
    standing: 'superseded',
  });
  assert.equal(chosenOf({ active, isCountedByThese: () => false }), undefined);
});
