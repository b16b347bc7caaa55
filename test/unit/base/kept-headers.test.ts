import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { HeaderList } from '../../../src/base/header-list.ts';
import {
  freeHeaderBytes,
  headerBytes,
  keptHeaders,
  ownText,
} from '../../../src/base/kept-headers.ts';

test('fields count with their characters and with what an entry of a list costs', () => {
  assert.equal(headerBytes(HeaderList.empty), 0);
  const one = headerBytes(HeaderList.fromPairs([['a', '']]));
  assert.ok(one > 64);
  const pairs = [
    ['a', 'xyz'],
    ['bc', ''],
  ] as const;
  assert.equal(headerBytes(HeaderList.fromPairs(pairs)), 2 * one + 4);
});

test('a small section is kept as it is, a large one with equal fields of its own', () => {
  const small = HeaderList.fromPairs([['x-small', 'v'.repeat(freeHeaderBytes / 2)]]);
  assert.equal(keptHeaders(small), small);
  const large = HeaderList.fromPairs([
    ['x-large', '\u00ff'.repeat(freeHeaderBytes)],
    ['x-large', ''],
  ]);
  const kept = keptHeaders(large);
  assert.notEqual(kept, large);
  assert.deepEqual(kept.flat, large.flat);
  // The rest of its message may be large where it is not.
  assert.notEqual(keptHeaders(small, freeHeaderBytes + 1), small);
});

test('a text of its own does not keep the text alive of which it was a part', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const parts: string[] = [];
  collectGarbage();
  const before = getHeapStatistics().used_heap_size;
  for (let count = 0; count < 100; count += 1) {
    const text = Buffer.alloc(500_000, 97 + (count % 26)).toString('latin1');
    parts.push(ownText(text.slice(1000, 1030)));
  }
  collectGarbage();
  const grown = getHeapStatistics().used_heap_size - before;
  assert.equal(parts.length, 100);
  assert.ok(grown < 10_000_000, `${grown} bytes are alive for texts of 3,000`);
});
