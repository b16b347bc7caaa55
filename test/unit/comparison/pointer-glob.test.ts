import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  advanceGlobs,
  isComplete,
  parsePointerGlob,
  startGlobs,
} from '../../../src/comparison/pointer-glob.ts';

function holds(pattern: string, path: readonly string[]): boolean {
  const glob = parsePointerGlob(pattern);
  assert.ok(typeof glob !== 'string', pattern);
  let progress = startGlobs([glob]);
  for (const segment of path) {
    if (progress.some(isComplete)) return true;
    progress = advanceGlobs(progress, segment);
  }
  return progress.some(isComplete);
}

test('a pattern holds for what it names and for everything below, and for nothing else', () => {
  assert.ok(holds('/meta', ['meta']));
  assert.ok(holds('/meta', ['meta', 'a', '0']));
  assert.ok(!holds('/meta', []));
  assert.ok(!holds('/meta', ['metadata']));
  assert.ok(!holds('/meta', ['a', 'meta']));
});

test('* stands for exactly one segment', () => {
  assert.ok(holds('/items/*/id', ['items', '7', 'id']));
  assert.ok(!holds('/items/*/id', ['items', 'id']));
  assert.ok(!holds('/items/*/id', ['items', '7', '8', 'id']));
});

test('** stands for any number of segments, also none', () => {
  assert.ok(holds('/**/id', ['id']));
  assert.ok(holds('/**/id', ['a', '0', 'b', 'id']));
  assert.ok(!holds('/**/id', ['a', 'ids']));
  assert.ok(holds('/a/**/b/**/c', ['a', 'x', 'b', 'c']));
  assert.ok(!holds('/a/**/b/**/c', ['a', 'c', 'b']));
  assert.ok(holds('/**', []));
  assert.ok(holds('', ['anything']));
});

test('segments are unescaped as RFC 6901 says', () => {
  assert.ok(holds('/a~1b/m~0n', ['a/b', 'm~n']));
  assert.ok(holds('/~01', ['~1']));
  assert.ok(holds('/', ['']));
});

test('what is no pointer glob is refused with what to write instead', () => {
  for (const [pattern, hint] of [
    ['id', /begin with "\/"/],
    ['$.a.b', /begin with "\/"/],
    ['(a+)+$', /begin with "\/"/],
    ['/a~2', /"~0" for "~"/],
    ['/a~', /"~0" for "~"/],
    ['/items*/id', /whole segment/],
    ['/***', /whole segment/],
    ['/x'.repeat(31), /at most 30/],
  ] as const) {
    const refusal = parsePointerGlob(pattern);
    assert.ok(typeof refusal === 'string', pattern);
    assert.match(refusal, hint);
    assert.ok(refusal.includes(pattern));
  }
});

test('the first pattern that holds is the one that is named', () => {
  const globs = ['/b', '/a', '/*'].map((text) => parsePointerGlob(text));
  const progress = startGlobs(globs.filter((glob) => typeof glob !== 'string'));
  assert.equal(advanceGlobs(progress, 'a').find(isComplete)?.glob.text, '/a');
});

test('a pattern of the greatest length can be used up', () => {
  const path = Array.from({ length: 30 }, () => 'x');
  assert.ok(holds('/x'.repeat(30), path));
  assert.ok(holds('/**/x'.repeat(15), path));
  assert.ok(!holds('/x'.repeat(30), path.slice(1)));
});
