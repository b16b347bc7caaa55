import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compareAnswers } from './make-pair.ts';

function notesOf(live: string | Buffer, shadow: string | Buffer): readonly string[] {
  const type = 'application/json';
  return compareAnswers({ type, body: live }, { type, body: shadow }).notes ?? [];
}

test('a byte order mark of one side is named, beside the difference that it makes', () => {
  assert.deepEqual(notesOf('\ufeff{"a":1}', '{"a":1}'), ['live_byte_order_mark', 'live_not_json']);
  assert.deepEqual(notesOf('\ufeff[1]', '\ufeff[2]'), [
    'live_byte_order_mark',
    'shadow_byte_order_mark',
  ]);
});

test('bytes that are no UTF-8 are named', () => {
  const broken = Buffer.from([0x22, 0xff, 0x22]);
  assert.ok(notesOf(broken, '"\ufffd"').includes('live_not_utf8'));
  assert.ok(notesOf('"\ufffd"', broken).includes('shadow_not_utf8'));
});

test('half of a surrogate pair is named, a whole one is a character', () => {
  assert.deepEqual(notesOf('["\\ud83d"]', '["a"]'), ['live_lone_surrogate']);
  assert.deepEqual(notesOf('["\\uDE00"]', '["a"]'), ['live_lone_surrogate']);
  assert.deepEqual(notesOf('["\\ud83d\\ude00"]', '["a"]'), []);
});

test('what was to be JSON and is none is named, and compared as text', () => {
  assert.deepEqual(notesOf('{"a":', '{"a":1}'), ['live_not_json']);
  assert.deepEqual(notesOf('oops', 'sorry'), ['live_not_json', 'shadow_not_json']);
});

test('nothing is noted of sound texts, nor of equal bytes', () => {
  assert.deepEqual(notesOf('{"a":1}', '{"a":2}'), []);
  assert.deepEqual(notesOf('\ufeff{', '\ufeff{'), []);
});
