import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PauseSwitch } from '../../src/pause-switch.ts';

test('the operator pauses and resumes', () => {
  const pauses = new PauseSwitch(false);
  pauses.pause();
  assert.equal(pauses.on, true);
  pauses.resume();
  assert.equal(pauses.on, false);
});

test('a refused file that says so holds the switch until one that does not is taken over', () => {
  const pauses = new PauseSwitch(false);
  pauses.fileRefused(true);
  assert.equal(pauses.on, true);
  pauses.resume();
  assert.equal(pauses.on, true, 'the file still says so');
  pauses.fileRefused(undefined);
  pauses.resume();
  assert.equal(pauses.on, true, 'what cannot be read says nothing else');
  pauses.fileAccepted(false);
  assert.equal(pauses.on, false);
});

test('a refused file lets nothing go on; the operator does, when no file says paused', () => {
  const pauses = new PauseSwitch(false);
  pauses.fileRefused(true);
  pauses.fileRefused(false);
  assert.equal(pauses.on, true);
  pauses.resume();
  assert.equal(pauses.on, false);
});

test('no file undoes what the operator did', () => {
  const pauses = new PauseSwitch(false);
  pauses.pause();
  pauses.fileRefused(false);
  pauses.fileAccepted(false);
  assert.equal(pauses.on, true);
});
