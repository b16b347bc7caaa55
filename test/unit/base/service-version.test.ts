import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HeaderList } from '../../../src/base/header-list.ts';
import { versionOf } from '../../../src/base/service-version.ts';

const service = { version: '1', versionHeader: 'X-Model-Version' };

test('the header of the answer tells the version, whatever the case of its name', () => {
  assert.equal(versionOf(service, new HeaderList(['x-model-version', '2'])), '2');
});

test('without the header, without an answer or without a named header the configured version holds', () => {
  assert.equal(versionOf(service, HeaderList.empty), '1');
  assert.equal(versionOf(service, undefined), '1');
  assert.equal(versionOf({ version: '1' }, new HeaderList(['x-model-version', '2'])), '1');
  assert.equal(versionOf({ versionHeader: 'x-model-version' }, HeaderList.empty), undefined);
});

test('a version has at most 128 characters', () => {
  const headers = new HeaderList(['x-model-version', 'v'.repeat(1000)]);
  assert.equal(versionOf(service, headers), 'v'.repeat(128));
});
