import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TallyBook, type TallyBookOptions } from '../../../../src/report/tally/book.ts';
import { valuesOf, type Experiment } from '../../../../src/report/tally.ts';
import { createManualClock } from '../../../kit/manual-clock.ts';
import { countSettings, entry, experiment, tallyOf } from '../../../kit/tallies.ts';

function bookWith(options: Partial<TallyBookOptions> = {}) {
  const clock = createManualClock();
  return { clock, book: new TallyBook({ clock, settings: () => countSettings, ...options }) };
}

function named(id: string, version = '2'): Experiment {
  return { id, live: { version: '1' }, shadow: { version } };
}

function ids(book: TallyBook): string[] {
  return book.list().map(({ tally }) => tally.experiment.id);
}

test('experiments are counted side by side, each entry in its own', () => {
  const { book } = bookWith();
  book.count(named('a'), entry());
  book.count(named('b'), entry({ errors: 1 }));
  const [one, other] = book.list();
  assert.equal(one?.tally.routes['predict']?.classes.equal, 1);
  assert.equal(other?.tally.routes['predict']?.classes.equal, 1);
});

test('the current experiment is the one with most entries in the last five minutes', () => {
  const { book, clock } = bookWith();
  for (let index = 0; index < 50; index += 1) book.count(named('old'), entry());
  assert.deepEqual(ids(book), ['old']);
  clock.advance(4 * 60_000);
  for (let index = 0; index < 3; index += 1) book.count(named('new'), entry());
  assert.deepEqual(ids(book), ['old', 'new']);
  clock.advance(61_000);
  assert.deepEqual(
    book.list().map(({ tally, recent }) => [tally.experiment.id, recent]),
    [
      ['new', 3],
      ['old', 0],
    ],
  );
});

test('without recent entries the one that was counted in last is current', () => {
  const { book, clock } = bookWith();
  book.count(named('a'), entry());
  clock.advance(1000);
  book.count(named('b'), entry());
  clock.advance(3_600_000);
  assert.deepEqual(ids(book), ['b', 'a']);
});

test('of more experiments than there is room for, the ones counted in last stay', () => {
  const { book, clock } = bookWith({ maxExperiments: 2 });
  for (const id of ['a', 'b', 'a', 'c']) {
    clock.advance(1);
    book.count(named(id), entry());
  }
  assert.deepEqual(ids(book).sort(), ['a', 'c']);
});

test('attempts are counted for the same two versions, whatever their rules', () => {
  const { book } = bookWith();
  for (const each of [named('a'), named('b'), named('c', '3'), named('a')]) {
    book.count(each, entry());
  }
  const attempts = book.list().map(({ tally }) => [tally.experiment.id, tally.attempt]);
  assert.deepEqual(Object.fromEntries(attempts), { a: 1, b: 2, c: 1 });
});

test('the attempt after those that were kept is a later one, whatever was forgotten', () => {
  const { book } = bookWith();
  book.restore([{ ...tallyOf([entry()]), attempt: 20 }]);
  book.count({ ...experiment, id: 'next' }, entry());
  const next = book.list().find(({ tally }) => tally.experiment.id === 'next');
  assert.equal(next?.tally.attempt, 21);
});

test('an experiment that was dropped and comes again is another attempt, and stays rejected', () => {
  const { book, clock } = bookWith({ maxExperiments: 2 });
  const rejection = { atUnixMs: 1, gate: 'errors', route: 'predict', reason: 'x' };
  for (const id of ['a', 'b', 'c', 'a']) {
    clock.advance(1);
    book.count(named(id), entry());
    if (id === 'a') book.latch('a', rejection);
  }
  const again = book.list().find(({ tally }) => tally.experiment.id === 'a');
  assert.equal(again?.tally.attempt, 4);
  assert.deepEqual(again.tally.rejected, rejection);
  assert.equal(again.tally.routes['predict']?.classes.equal, 1);
});

test('a start that lies far back does not make an experiment old', () => {
  const { book, clock } = bookWith();
  book.count(experiment, entry({ at: 0 }));
  assert.equal(book.list()[0]?.tally.firstAt, clock.wallNow() - 3_600_000);
});

test('kept tallies go on, and count as attempts', () => {
  const { book } = bookWith();
  book.restore([tallyOf([entry(), entry()])]);
  book.count(experiment, entry());
  book.count({ ...experiment, id: 'next' }, entry());
  const tallies = new Map(book.list().map(({ tally }) => [tally.experiment.id, tally]));
  assert.equal(tallies.get(experiment.id)?.routes['predict']?.classes.equal, 3);
  assert.equal(tallies.get('next')?.attempt, 2);
});

test('exchanges shed unread count in coverage beside all that were read, each once', () => {
  const { book } = bookWith();
  book.countAdmissions(experiment, { seen: 100, unread: 3 });
  book.countAdmissions(experiment, { seen: 150, unread: 3 });
  book.countAdmissions(experiment, { seen: 150, unread: 3 });
  assert.deepEqual(valuesOf(book.list()[0]?.tally.routes['~unread'], 'coverage'), [
    [0, 147],
    [1, 3],
  ]);
});

test('the first rejection stays, and an overflow too', () => {
  const { book } = bookWith();
  book.count(experiment, entry());
  for (const reason of ['first', 'second']) {
    book.latch(experiment.id, { atUnixMs: 1, gate: 'errors', route: 'predict', reason });
  }
  book.latch('unknown', { atUnixMs: 1, gate: 'errors', route: 'predict', reason: 'x' });
  book.markOverflow(experiment);
  const [{ tally } = {}] = book.list();
  assert.equal(tally?.rejected?.reason, 'first');
  assert.equal(tally.overflowed, true);
});

test('who listens hears of every count with its experiment', () => {
  const heard: unknown[][] = [];
  const { book } = bookWith({ onCounted: (...counted) => heard.push(counted) });
  book.count(experiment, { route: 'a', at: 1, class: 'dropped', coverage: 1 });
  book.countAdmissions(experiment, { seen: 5, unread: 1 });
  assert.deepEqual(heard, [
    [experiment.id, 'a', 'coverage', 1, 1],
    [experiment.id, '~unread', 'coverage', 0, 4],
    [experiment.id, '~unread', 'coverage', 1, 1],
  ]);
});
