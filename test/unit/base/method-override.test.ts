import assert from 'node:assert/strict';
import { test } from 'node:test';

import { foldedName } from '../../../src/base/header-name.ts';
import { overrideHeaders, overrideParameters } from '../../../src/base/method-override.ts';

test('the names are as guards compare them: headers folded, parameters in lower case', () => {
  for (const name of overrideHeaders) assert.equal(foldedName(name), name);
  for (const name of overrideParameters) assert.equal(name.toLowerCase(), name);
});
