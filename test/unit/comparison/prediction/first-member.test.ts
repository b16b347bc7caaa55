import assert from 'node:assert/strict';
import { test } from 'node:test';

import { scalarText } from '../../../../src/comparison/json/scalar.ts';
import { firstMember } from '../../../../src/comparison/prediction/first-member.ts';
import { sourceOf } from './source.ts';

test('the first of the names that the answer has is found', () => {
  const source = sourceOf({ b: 'x', a: 'y' });
  assert.equal(scalarText(source.document, firstMember(source, ['c', 'a', 'b'])!), 'y');
  assert.equal(firstMember(source, ['c']), undefined);
  assert.equal(firstMember(sourceOf(['a']), ['a']), undefined);
});
