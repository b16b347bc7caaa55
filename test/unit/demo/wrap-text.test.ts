import assert from 'node:assert/strict';
import { test } from 'node:test';

import { wrapText } from '../../../demo/wrap-text.ts';

test('lines are as full as their width allows, and no word is broken', () => {
  assert.deepEqual(wrapText('one two three four', 9), ['one two', 'three', 'four']);
  assert.deepEqual(wrapText('one two three', 13), ['one two three']);
});

test('a word that is wider than a line has one of its own', () => {
  assert.deepEqual(wrapText('a incomprehensible b', 5), ['a', 'incomprehensible', 'b']);
});
