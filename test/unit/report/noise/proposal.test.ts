import assert from 'node:assert/strict';
import { test } from 'node:test';

import { patternOf } from '../../../../src/report/noise/proposal.ts';

test('a group is a pattern in which a key that is data is any, unless it is too deep', () => {
  assert.equal(patternOf('/users/{key}/seen/*'), '/users/*/seen/*');
  assert.equal(patternOf('/a'.repeat(30)), '/a'.repeat(30));
  assert.equal(patternOf('/a'.repeat(31)), undefined);
});
