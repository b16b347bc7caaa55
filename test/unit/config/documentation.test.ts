import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { configurationPage, minimalExample } from '../../../src/config/documentation.ts';
import { fields } from '../../../src/config/schema-fields.ts';
import { configOf } from './loading.ts';

test('docs/configuration.md is what the schema says (npm run docs writes it)', () => {
  const page = new URL('../../../docs/configuration.md', import.meta.url);
  assert.equal(readFileSync(page, 'utf8'), configurationPage());
});

test('the minimal example of the page is valid, without warnings to read', () => {
  assert.equal(configOf(minimalExample).routes.length, 1);
  assert.ok(configurationPage().includes(minimalExample));
});

test('every key has its row', () => {
  const rows = configurationPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const sections = new Set(fields.map(({ path }) => path[0]));
  const single = fields.filter(({ path, kind }) => path.length === 1 && kind === 'value');
  assert.equal(rows.length, fields.length - sections.size + single.length);
});
