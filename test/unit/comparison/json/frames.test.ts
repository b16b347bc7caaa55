import assert from 'node:assert/strict';
import { test } from 'node:test';

import { enterList, enterObject, enterPairs } from '../../../../src/comparison/json/frames.ts';
import { Likeness } from '../../../../src/comparison/json/likeness.ts';
import type { Walk } from '../../../../src/comparison/json/walk.ts';
import { documentOf } from './documents.ts';
import { rulesOf } from '../make-pair.ts';

function walkOver(text: string): Walk & { readonly told: string[] } {
  const document = documentOf(text);
  const told: string[] = [];
  return {
    live: document,
    shadow: document,
    rules: rulesOf({}),
    findings: {
      differs: () => told.push('differs'),
      ignores: (rule) => told.push(rule),
    },
    requestedAtUnixMs: 0,
    likeness: new Likeness(document, document),
    frames: [],
    told,
  };
}

test('a list and an object are entered before their first child', () => {
  const walk = walkOver('[{"a":1}]');
  enterList(walk, 0, 0);
  enterObject(walk, 4, 4);
  const [list, object] = walk.frames;
  assert.ok(list?.kind === 'list' && object?.kind === 'object');
  assert.equal(list.index, -1);
  assert.deepEqual([list.live, list.liveEnd, object.live, object.liveEnd], [4, 16, 8, 16]);
});

test('that items are paired in another order is told once, by the rule that pairs them', () => {
  const walk = walkOver('[1,2]');
  enterPairs(walk, 0, 0, { pairs: [], reordered: false }, 'keyed /a');
  assert.deepEqual(walk.told, []);
  walk.frames.pop();
  enterPairs(walk, 0, 0, { pairs: [], reordered: true }, 'keyed /a');
  assert.deepEqual(walk.told, ['keyed /a']);
});
