import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nearestName } from '../../../src/config/nearest-name.ts';

const names = ['shadow', 'segments', 'store', 'maxBodyBytes', 'url'];

test('a slip of the finger finds its name', () => {
  for (const [word, name] of [
    ['shadwo', 'shadow'],
    ['Shadow', 'shadow'],
    ['max_body_bytes', 'maxBodyBytes'],
    ['ulr', undefined],
    ['urls', 'url'],
    ['stor', 'store'],
  ] as const) {
    assert.equal(nearestName(word, names), name, word);
  }
});

test('a name that resembles none finds none', () => {
  for (const word of ['', 'x', 'metrics', 'zzzzzzzzzz', 'x'.repeat(1_000_000)]) {
    assert.equal(nearestName(word, names), undefined);
  }
});
