/**
 * What people report against JSON comparers, each with a public report of it: numbers that lose digits, items that are
 * taken for other ones when order means nothing, noise where one item came or went, keys that are read as paths, nulls
 * that are only seen from one side.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { RuleOptions } from '../../src/comparison/rules.ts';
import { compareJsonTexts } from '../unit/comparison/make-pair.ts';

interface Complaint {
  readonly title: string;
  /** Repository and number of the reports. */
  readonly reported: string;
  readonly rules?: RuleOptions;
  readonly live: string;
  readonly shadow: string;
  readonly differences: readonly string[];
}

const anyOrder: RuleOptions = { unordered: ['/**'] };
const byId: RuleOptions = { keyed: { '': 'id' } };

const complaints: readonly Complaint[] = [
  {
    title: 'integers beyond 2^53 differ by one, also where order means nothing',
    reported: 'zgrossbart/jdd#45, RexSkz/json-diff-kit#33',
    rules: anyOrder,
    live: '{"ids":[9007199254740993,1]}',
    shadow: '{"ids":[1,9007199254740992]}',
    differences: ['value /ids/0'],
  },
  {
    title: 'numbers beyond the range of a double differ',
    reported: 'andreyvit/json-diff#40',
    live: '{"value":3e+6000}',
    shadow: '{"value":3e+5000}',
    differences: ['value /value'],
  },
  {
    title: '1 and 1.0 are one number, with and without order',
    reported: 'qlustered/deepdiff#485',
    rules: anyOrder,
    live: '[{"a":1},{"a":[10.50]}]',
    shadow: '[{"a":[1.05e1]},{"a":1.0}]',
    differences: [],
  },
  {
    title: 'of items without order that all changed a little, only what changed differs',
    reported: 'qlustered/deepdiff#120, qlustered/deepdiff#205',
    rules: anyOrder,
    live: '[{"id":1,"unit":"Wh","v":"a"},{"id":2,"unit":"A","v":"b"},{"id":3,"unit":"V","v":"c"}]',
    shadow:
      '[{"id":3,"unit":"V","v":"z"},{"id":1,"unit":"Wh","v":"x"},{"id":2,"unit":"A","v":"y"}]',
    differences: ['value /0/v', 'value /1/v', 'value /2/v'],
  },
  {
    title: 'an item that went and one that changed are not taken for each other',
    reported: 'qlustered/deepdiff#257',
    rules: anyOrder,
    live: '[{"key":"foo/","flags":0,"value":""},{"key":"foo/number","flags":0,"value":"some"}]',
    shadow: '[{"key":"foo/number","flags":0,"value":"other"}]',
    differences: ['length ', 'value /1/value'],
  },
  {
    title: 'what is ignored keeps no items apart',
    reported: 'qlustered/deepdiff#101',
    rules: { ...anyOrder, ignore: ['/*/at'] },
    live: '[{"at":1,"x":1},{"x":2}]',
    shadow: '[{"at":7,"x":2},{"x":1}]',
    differences: [],
  },
  {
    title: 'a key that begins with underscores is a key like any other',
    reported: 'qlustered/deepdiff#189',
    rules: anyOrder,
    live: '[{"schema":{"__ref":"a"}}]',
    shadow: '[{"schema":{"__ref":{"type":"object"}}}]',
    differences: ['type /0/schema/__ref'],
  },
  {
    title: 'items that are equal are no difference, whatever else the array has',
    reported: 'benjamine/jsondiffpatch#80',
    live: '[{},"","",{"a":[]}]',
    shadow: '[{ },"", "",{"a":[ ]}]',
    differences: [],
  },
  {
    title: 'two items that changed places are one difference',
    reported: 'benjamine/jsondiffpatch#294',
    live: '{"b":[1,2,10,11,12,3,20,5]}',
    shadow: '{"b":[1,2,10,11,12,5,20,3]}',
    differences: ['order /b'],
  },
  {
    title: 'an item that went leaves the change of the next one where it is',
    reported: 'benjamine/jsondiffpatch#269',
    rules: byId,
    live: '[{"id":1,"value":1},{"id":2,"value":2}]',
    shadow: '[{"id":2,"value":2.1}]',
    differences: ['missing /0', 'value /1/value'],
  },
  {
    title: 'null differs from every other value, from both sides',
    reported: 'zgrossbart/jdd#7, zgrossbart/jdd#15',
    live: '{"a":null,"b":"x","c":null,"d":[],"e":{}}',
    shadow: '{"a":null,"b":null,"c":123,"d":null,"e":null}',
    differences: ['type /b', 'type /c', 'type /d', 'type /e'],
  },
  {
    title: 'NaN is no difference from NaN',
    reported: 'AsyncBanana/microdiff#23',
    live: '{"x":NaN,"y":1}',
    shadow: '{"y":2,"x":NaN}',
    differences: ['value /y'],
  },
  {
    title: 'a repeated key with the same values in other words is no difference',
    reported: 'Findit-AI/exifast#44',
    live: '{"a":{"x":1,"y":2},"b":0,"\\u0061":[{"p":1,"q":2}]}',
    shadow: '{"b":0,"a":{"y":2,"x":1},"a":[{"q":2,"p":1.0}]}',
    differences: [],
  },
  {
    title: 'a key that is called __proto__ differs like any other',
    reported: 'kpdecker/jsdiff#696',
    live: '{"a":1,"__proto__":"old"}',
    shadow: '{"a":1,"__proto__":"new"}',
    differences: ['value /__proto__'],
  },
  {
    title: 'what is ignored at several places leaves the others as they are',
    reported: 'keploy/keploy#2193',
    rules: { ignore: ['/C', '/b'] },
    live: '{"as":"registered","b":"x","C":"y","c":1}',
    shadow: '{"as":"refused","b":"z","C":"z","c":1}',
    differences: ['value /as'],
  },
];

for (const { title, reported, rules, live, shadow, differences } of complaints) {
  test(`${title} (${reported})`, () => {
    assert.deepEqual(differ(live, shadow, rules), differences);
    const turned = differences.map((line) => line.split(' ', 1)[0]!).sort();
    const swapped = differ(shadow, live, rules).map((line) => line.split(' ', 1)[0]!);
    assert.deepEqual(
      swapped.map((kind) => (kind === 'extra' ? 'missing' : kind)).sort(),
      turned,
      'with the sides swapped',
    );
  });
}

test('of items with a key that come, go, move and change, exactly that is found (flitbit/diff#121)', () => {
  const fate = fc.record({
    here: fc.constantFrom('both', 'both', 'both', 'live', 'shadow'),
    change: fc.boolean(),
    place: fc.nat(1000),
  });
  fc.assert(
    fc.property(fc.array(fate, { maxLength: 20 }), (fates) => {
      const items = fates.map(({ here, change, place }, id) => ({
        id: `item ${id}`,
        here,
        change,
        place,
      }));
      const live = items.filter(({ here }) => here !== 'shadow');
      const shadow = items
        .filter(({ here }) => here !== 'live')
        .sort((one, other) => one.place - other.place);
      const text = (some: typeof items, side: number) =>
        JSON.stringify(some.map(({ id, change }) => ({ v: change ? side : 0, same: [id], id })));
      assert.deepEqual(
        differ(text(live, 1), text(shadow, 2), byId),
        [
          ...live.flatMap(({ here, change }, index) => {
            if (here === 'live') return [`missing /${index}`];
            return change ? [`value /${index}/v`] : [];
          }),
          ...shadow.flatMap(({ here }, index) => (here === 'shadow' ? [`extra /${index}`] : [])),
        ].sort(),
      );
    }),
    { numRuns: 300 },
  );
});

test('a pattern names the key that it spells, and no other path that reads like it', () => {
  assert.deepEqual(
    differ(
      '{"a":{"b":1},"a/b":1,"a.b":1,"c/d":1,"c":{"d":1},"e":{"0":1},"f":[1]}',
      '{"a":{"b":2},"a/b":2,"a.b":2,"c/d":2,"c":{"d":2},"e":[1],"f":{"0":1}}',
      { ignore: ['/a/b', '/c~1d'] },
    ),
    ['type /e', 'type /f', 'value /a.b', 'value /a~1b', 'value /c/d'],
  );
});

function differ(live: string, shadow: string, rules: RuleOptions = {}): string[] {
  const { differences } = compareJsonTexts(live, shadow, { ...rules, show: 'values' });
  return differences.map(({ kind, pointer }) => `${kind} ${pointer}`).sort();
}
