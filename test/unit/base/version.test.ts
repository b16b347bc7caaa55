import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { version } from '../../../src/base/version.ts';

test('the version is that of the package', () => {
  const file = new URL('../../../package.json', import.meta.url);
  const { version: written } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  assert.match(version, /^\d+\.\d+\.\d+/);
  assert.equal(version, written);
});
