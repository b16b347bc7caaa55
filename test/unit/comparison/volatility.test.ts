import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';

import {
  LastSeen,
  relativeDistance,
  volatilityOfNumbers,
  volatilityOfTexts,
  type Sighting,
} from '../../../src/comparison/volatility.ts';

const now = Date.UTC(2026, 10, 24, 12);

function sightings(group = '/id'): (seconds?: number) => Sighting {
  const lastSeen = new LastSeen();
  return (seconds = 0) => ({ lastSeen, group, requestedAtUnixMs: now + seconds * 1000 });
}

test('ids that are new on both sides each time are volatile, from the second pair on', () => {
  const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
  const ids: Readonly<Record<string, () => string>> = {
    uuid: randomUUID,
    'identifier of 32 hexadecimal digits': () => `0${hex(15)}f`,
    'identifier with what it is of': () => `chatcmpl-9${hex(12)}`,
    'identifier that is a ULID': () => `01ARZ3NDEK${hex(8).toUpperCase()}`,
  };
  for (const [name, draw] of Object.entries(ids)) {
    const at = sightings();
    assert.equal(volatilityOfTexts(draw(), draw(), at(0)), undefined, name);
    for (const seconds of [1, 2, 3]) {
      assert.equal(volatilityOfTexts(draw(), draw(), at(seconds)), name.split(' ')[0], name);
    }
  }
});

test('an id that stays on either side names a thing, and is not volatile', () => {
  const [atLive, atShadow] = [sightings(), sightings()];
  const model = randomUUID();
  for (const seconds of [0, 1, 2]) {
    assert.equal(volatilityOfTexts(model, randomUUID(), atLive(seconds)), undefined);
    assert.equal(volatilityOfTexts(randomUUID(), model, atShadow(seconds)), undefined);
  }
});

test('an id that comes back after some others is not volatile', () => {
  const at = sightings();
  const machines = [randomUUID(), randomUUID(), randomUUID()];
  const hints = [0, 1, 2, 3, 4, 5].map((second) =>
    volatilityOfTexts(machines[second % 3]!, randomUUID(), at(second)),
  );
  assert.deepEqual(hints, [undefined, 'uuid', 'uuid', undefined, undefined, undefined]);
});

test('ids of two places are not mixed up', () => {
  const lastSeen = new LastSeen();
  const at = (group: string): Sighting => ({ lastSeen, group, requestedAtUnixMs: now });
  volatilityOfTexts(randomUUID(), randomUUID(), at('/a'));
  assert.equal(volatilityOfTexts(randomUUID(), randomUUID(), at('/b')), undefined);
  assert.equal(volatilityOfTexts(randomUUID(), randomUUID(), at('/a')), 'uuid');
});

test('words, labels and ids of two kinds are no identifiers', () => {
  for (const [live, shadow] of [
    ['setosa', 'virginica'],
    ['internationalization', 'internationalisation'],
    ['a sentence of some words 1', 'a sentence of some words 2'],
    ['req_0123456789abcdef', 'res_0123456789abcdee'],
    [randomUUID(), '0123456789abcdef0123'],
    ['x'.repeat(100_000), `${'x'.repeat(99_999)}1`],
  ] as const) {
    const at = sightings();
    for (const seconds of [0, 1]) {
      assert.equal(volatilityOfTexts(live, shadow, at(seconds)), undefined, live);
    }
  }
});

test('an instant near the request is volatile at once, one from elsewhere is a date', () => {
  const iso = (seconds: number): string => new Date(now + seconds * 1000).toISOString();
  const at = sightings();
  assert.equal(volatilityOfTexts(iso(0), iso(0.4), at()), 'timestamp');
  assert.equal(volatilityOfTexts(iso(-500), iso(500), at()), 'timestamp');
  assert.equal(volatilityOfTexts(iso(0), iso(86_400), at()), undefined);
  assert.equal(volatilityOfTexts('1980-01-01T00:00:00Z', iso(0), at()), undefined);
  const seconds = now / 1000;
  assert.equal(volatilityOfNumbers(`${seconds}`, `${seconds + 1}`, at()), 'timestamp');
  assert.equal(volatilityOfNumbers(`${now}`, `${now + 12}`, at()), 'timestamp');
  assert.equal(volatilityOfNumbers(`${seconds}`, `${seconds - 86_400}`, at()), undefined);
});

test('integers that rise on both sides with each request are a counter, in whatever order answers end', () => {
  const at = sightings('/sequence');
  assert.equal(volatilityOfNumbers('10', '7', at(0)), undefined);
  assert.equal(volatilityOfNumbers('11', '9', at(1)), 'counter');
  assert.equal(volatilityOfNumbers('15', '12', at(5)), 'counter');
  assert.equal(
    volatilityOfNumbers('14', '11', at(4)),
    'counter',
    'an earlier one that ended later',
  );
  assert.equal(volatilityOfNumbers('16', '11', at(6)), 'counter', 'less than the one before');
  assert.equal(volatilityOfNumbers('17', '7', at(7)), undefined, 'the shadow does not rise');
  assert.equal(volatilityOfNumbers('2', '30', at(7)), undefined, 'live does not rise');
  assert.equal(volatilityOfNumbers('2.5', '3.5', at(8)), undefined);
});

test('a counter is seen although requests that are under way at once are not counted in their order', () => {
  const at = sightings('/sequence');
  const hints = Array.from({ length: 40 }, (_, request) => {
    const block = request - (request % 4);
    const reversed = block + 3 - (request % 4);
    return volatilityOfNumbers(`${reversed}`, `${request + 900}`, at(request / 1000));
  });
  const counters = hints.filter((hint) => hint === 'counter').length;
  assert.ok(counters >= 36, `${counters}`);
});

test('numbers that follow from the request are no counter, although both sides have them', () => {
  const at = sightings('/quantity');
  const hints = Array.from({ length: 200 }, (_, request) => {
    const quantity = createHash('sha256').update(`${request}`).digest().readUInt16BE();
    return volatilityOfNumbers(`${quantity}`, `${quantity + 1}`, at(request));
  });
  const counters = hints.filter((hint) => hint === 'counter').length;
  assert.ok(counters < 120, `${counters}`);
});

test('a route of any number of places is remembered within bounds', () => {
  const lastSeen = new LastSeen();
  const ask = (group: string): unknown => {
    const sighting = { lastSeen, group, requestedAtUnixMs: now };
    volatilityOfTexts(randomUUID(), randomUUID(), sighting);
    return volatilityOfTexts(randomUUID(), randomUUID(), sighting);
  };
  for (let index = 0; index < 200; index += 1) assert.equal(ask(`/${index}`), 'uuid');
  assert.equal(ask('/one-more'), undefined);
  assert.equal(ask('/0'), 'uuid');
  assert.equal(
    new LastSeen().add('/a'.repeat(1000), { live: '', shadow: '', requestedAtUnixMs: 0 }).length,
    0,
  );
});

test('the distance of two numbers is a share of the larger one, rounded up to two digits', () => {
  for (const [live, shadow, distance] of [
    ['0.1', '0.10000000149011612', 1.5e-8],
    ['1.0', '1.5', 0.34],
    ['-0.5', '0.5', 2],
    ['0.9', '0.0', 1],
    ['2.5e-7', '2.6e-7', 0.039],
  ] as const) {
    assert.equal(relativeDistance(live, shadow), distance);
    assert.equal(relativeDistance(shadow, live), distance);
  }
});

test('integers have no distance, since they count or name something, and neither have words', () => {
  for (const [live, shadow] of [
    ['100000', '100001'],
    ['7.0', '8'],
    ['NaN', '0.5'],
    ['Infinity', '0.5'],
    ['1e999', '0.5'],
  ] as const) {
    assert.equal(relativeDistance(live, shadow), undefined);
  }
});
