import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';

import { createLog, createRateLimit } from '../../../src/base/log.ts';

function collectLines(level?: string): { lines: string[]; log: ReturnType<typeof createLog> } {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return { lines, log: createLog({ destination, ...(level !== undefined && { level }) }) };
}

test('a line is JSON with an ISO time, the level in words, the event and the message', () => {
  const { lines, log } = collectLines();
  log.warn({ event: 'breaker', state: 'open' }, 'the circuit breaker is open');
  assert.equal(lines.length, 1);
  const { time, ...line } = JSON.parse(lines[0]!) as Record<string, unknown>;
  assert.deepEqual(line, {
    level: 'warn',
    event: 'breaker',
    state: 'open',
    msg: 'the circuit breaker is open',
  });
  assert.equal(new Date(time as string).toISOString(), time);
});

test('text of strangers cannot start a line of its own', () => {
  const { lines, log } = collectLines();
  log.info({ event: 'x', value: 'a\r\n{"level":"fatal"}\u001b[31m' }, 'told\nyou');
  assert.equal(lines.length, 1);
  assert.equal(lines[0]!.trimEnd().split(/[\r\n]/).length, 1);
  assert.ok(!lines[0]!.includes('\u001b'));
});

test('info is logged and debug is not, unless the level says otherwise', () => {
  const quiet = collectLines();
  quiet.log.debug('no');
  quiet.log.info('yes');
  assert.equal(quiet.lines.length, 1);
  const loud = collectLines('debug');
  loud.log.debug('yes');
  assert.equal(loud.lines.length, 1);
});

test('a key passes the rate limit once a period, and keys do not share it', () => {
  let now = 0;
  const mayLog = createRateLimit(1000, () => now);
  assert.equal(mayLog('a'), true);
  assert.equal(mayLog('a'), false);
  assert.equal(mayLog('b'), true);
  now = 999;
  assert.equal(mayLog('a'), false);
  now = 1000;
  assert.equal(mayLog('a'), true);
  assert.equal(mayLog('a'), false);
});

test('the rate limit holds a bounded number of keys', () => {
  const mayLog = createRateLimit(1000, () => 0);
  const passed = Array.from({ length: 1000 }, (_, index) => mayLog(`key ${index}`));
  assert.ok(passed.every(Boolean));
  assert.equal(mayLog('key 0'), false);
  assert.equal(mayLog('one more'), true);
  // Forgotten with all the others.
  assert.equal(mayLog('key 0'), true);
});
