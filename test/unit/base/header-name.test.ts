import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import { compileFoldedSearch, foldedName, valuesOfFolded } from '../../../src/base/header-name.ts';

test('a folded name is lower case with dashes for all that is no letter or digit', () => {
  for (const name of ['X-Real-IP', 'x_real_ip', 'x.real~ip', 'X_Real+IP', 'x-real-ip']) {
    assert.equal(foldedName(name), 'x-real-ip');
  }
  assert.equal(foldedName('__proto__'), '--proto--');
  assert.equal(foldedName(''), '');
});

test('a header is found under any spelling, and under no other name', () => {
  const headers = HeaderList.fromPairs([
    ['x_real-ip', '1'],
    ['x-really', '2'],
    ['x-real-ip', '3'],
  ]);
  assert.equal(compileFoldedSearch(['x-a', 'x-real-ip'])(headers), true);
  assert.deepEqual(valuesOfFolded(headers, 'x-real-ip'), ['1', '3']);
  for (const other of ['x-real', 'real-ip', 'xxreal-ip', '']) {
    assert.equal(compileFoldedSearch([other])(headers), false, other);
    assert.deepEqual(valuesOfFolded(headers, other), []);
  }
});
