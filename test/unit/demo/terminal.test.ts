import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createTerminal } from '../../../demo/terminal.ts';

function output(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 20, written, write: (text: string) => written.push(text) };
}

test('a terminal gets colours, a file or a terminal with NO_COLOR none', () => {
  assert.equal(createTerminal(output(true), {}).paint('red', 'x'), '\u001b[31mx\u001b[39m');
  assert.equal(createTerminal(output(true), { NO_COLOR: '1' }).paint('red', 'x'), 'x');
  assert.equal(createTerminal(output(false), { FORCE_COLOR: '1' }).paint('red', 'x'), 'x');
});

test('on a terminal progress renews its line, and the next line takes its place', () => {
  const target = output(true);
  const terminal = createTerminal(target, {});
  terminal.progress('one');
  terminal.progress('two');
  terminal.line('done');
  assert.equal(target.written.join(''), '\r\u001b[2Kone\r\u001b[2Ktwo\r\u001b[2Kdone\n');
});

test('progress is cut to the width of the terminal', () => {
  const target = output(true);
  createTerminal(target, {}).progress('x'.repeat(100));
  assert.equal(target.written.join(''), `\r\u001b[2K${'x'.repeat(19)}`);
});

test('a terminal that says it has no columns gets the whole text', () => {
  const target = { ...output(true), columns: 0 };
  createTerminal(target, {}).progress('x'.repeat(30));
  assert.equal(target.written.join(''), `\r\u001b[2K${'x'.repeat(30)}`);
});

test('elsewhere progress is a plain line, and not one for each call', () => {
  const target = output(false);
  const terminal = createTerminal(target, {});
  for (let call = 0; call < 100; call += 1) terminal.progress(`at ${call}`);
  assert.deepEqual(target.written, ['at 0\n']);
});

test('a heading stands apart, with its note behind it', () => {
  const target = output(false);
  const terminal = createTerminal(target, {});
  terminal.heading('Customers');
  terminal.heading('One pair', 'trace 1');
  assert.equal(target.written.join(''), '\nCustomers\n\nOne pair   trace 1\n');
});
