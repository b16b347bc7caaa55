import assert from 'node:assert/strict';
import { test } from 'node:test';

import { firstDifferingLine } from '../../../src/comparison/text.ts';

function line(live: string, shadow: string): number {
  const one = Buffer.from(live);
  const other = Buffer.from(shadow);
  assert.equal(firstDifferingLine(one, other), firstDifferingLine(other, one));
  return firstDifferingLine(one, other);
}

test('lines are counted from 0 to the one in which the first different byte stands', () => {
  assert.equal(line('a', 'b'), 0);
  assert.equal(line('a\nb', 'a\nc'), 1);
  assert.equal(line('a\r\nb', 'a\nb'), 0);
});

test('a text that ends before the other one differs in the line that follows its end', () => {
  assert.equal(line('a\nb\n', 'a\nb\nc'), 2);
  assert.equal(line('a\nb', 'a\nb\n'), 1);
  assert.equal(line('', 'a'), 0);
});

test('the line is right across and at the edges of blocks', () => {
  for (const lines of [2047, 2048, 2049, 100_000]) {
    const same = 'x\n'.repeat(lines);
    assert.equal(line(`${same}a`, `${same}b`), lines);
  }
});
