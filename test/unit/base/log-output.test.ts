import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { LogOutput, openWithoutBlocking } from '../../../src/base/log-output.ts';
import { namedPipe, readPipe, type NamedPipe } from '../../kit/named-pipe.ts';
import { temporaryFolder } from '../../kit/serve.ts';
import { until } from '../../kit/until.ts';

const notice = (lines: number): string => `lost ${lines}\n`;
/** Tried again by `flush` alone. */
const never = 2 ** 30;
/** More than a pipe takes at once. */
const long = 'x'.repeat(100_000);

function open(t: TestContext, path: string, flags: string): number {
  const fd = openSync(path, flags);
  t.after(() => closeSync(fd));
  return fd;
}

async function outputToPipe(
  t: TestContext,
  options: { maxWaitingBytes?: number; retryMs?: number } = {},
): Promise<{ pipe: NamedPipe; reader: number; output: LogOutput }> {
  const pipe = await namedPipe(t);
  const reader = pipe.open('read');
  return {
    pipe,
    reader,
    output: new LogOutput(pipe.open('write'), { notice, retryMs: never, ...options }),
  };
}

/** Everything that the pipe and the output still hold. */
function readAll(reader: number, output: LogOutput): string {
  let text = '';
  for (let part = readPipe(reader); part !== ''; part = readPipe(reader)) {
    text += part;
    output.flush(0);
  }
  return text;
}

test('a line is in the file before the call returns', async (t) => {
  const path = join(await temporaryFolder(t), 'log');
  const output = new LogOutput(open(t, path, 'w'), { notice });
  output.write('one\n');
  assert.equal(readFileSync(path, 'utf8'), 'one\n');
  output.write('two\n');
  assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
  assert.equal(output.linesLost, 0);
});

test('what a reader does not take waits in order, within its bound, and the rest is lost, counted and told of', async (t) => {
  const { reader, output } = await outputToPipe(t, { maxWaitingBytes: 10_000 });
  const written = 2000;
  for (let index = 0; index < written; index += 1) output.write(`${index}`.padEnd(99, '.') + '\n');
  const { linesLost } = output;
  // A pipe takes 64 KiB at most, and 10,000 bytes wait.
  assert.ok(linesLost >= written - 656 - 100 && linesLost < written, String(linesLost));
  const first = readPipe(reader);
  output.flush(0);
  output.write('after\n');
  const lines = (first + readAll(reader, output)).split('\n');
  const kept = written - linesLost;
  assert.deepEqual(
    lines.slice(0, kept).map((line) => Number.parseInt(line, 10)),
    Array.from({ length: kept }, (_, index) => index),
  );
  assert.deepEqual(lines.slice(kept), [`lost ${linesLost}`, 'after', '']);
  assert.equal(output.linesLost, linesLost);
});

test('what waits is written by itself when somebody reads again', async (t) => {
  const { reader, output } = await outputToPipe(t, { retryMs: 1 });
  output.write(`${long}\n`);
  output.write('next\n');
  let text = '';
  await until('the rest of the lines', () => {
    text += readPipe(reader);
    return text.endsWith('next\n') ? true : undefined;
  });
  assert.equal(text, `${long}\nnext\n`);
  assert.equal(output.linesLost, 0);
});

test('a write that fails loses its line and nothing else', (t) => {
  const output = new LogOutput(open(t, '/dev/full', 'w'), { notice });
  for (let count = 1; count <= 5; count += 1) {
    output.write('a\n');
    assert.equal(output.linesLost, count);
  }
  output.flush(0);
});

test('once writing works again, the log tells how many lines are missing, where they are missing', async (t) => {
  const { pipe, reader, output } = await outputToPipe(t);
  output.write('one\n');
  assert.equal(readPipe(reader), 'one\n');
  pipe.close(reader);
  output.write('two\n');
  output.write('three\n');
  assert.equal(output.linesLost, 2);
  const again = pipe.open('read');
  output.write('four\n');
  output.write('five\n');
  assert.equal(readPipe(again), 'lost 2\nfour\nfive\n');
});

test('of a line that was cut by a failure the next one stands apart', async (t) => {
  const { pipe, reader, output } = await outputToPipe(t);
  output.write(`${long}\n`);
  pipe.close(reader);
  output.flush(0);
  assert.equal(output.linesLost, 1);
  const again = pipe.open('read');
  output.write('next\n');
  const [cut = '', ...rest] = readAll(again, output).split('\n');
  assert.ok(cut.length < long.length && long.startsWith(cut));
  assert.deepEqual(rest, ['lost 1', 'next', '']);
});

test('flush waits for a slow reader, and no longer than it may for one that stands still', async (t) => {
  const { pipe, output } = await outputToPipe(t);
  const kept = join(await temporaryFolder(t), 'kept');
  for (const line of [long, long, 'last words']) output.write(`${line}\n`);
  // Returns, with nothing read.
  output.flush(20);
  const reader = spawn('cat', [pipe.path], { stdio: ['ignore', open(t, kept, 'w'), 'inherit'] });
  const ended = once(reader, 'close');
  output.flush(60_000);
  output.flush(0);
  await until('the last words', () =>
    readFileSync(kept, 'utf8').endsWith('last words\n') ? true : undefined,
  );
  reader.kill();
  await ended;
  assert.equal(readFileSync(kept, 'utf8'), `${long}\n${long}\nlast words\n`);
});

test('a pipe whose writes would block is opened anew, so that they do not; a file stays what it is', async (t) => {
  const pipe = await namedPipe(t);
  const fd = openWithoutBlocking(pipe.open('both', 'blocking'));
  assert.ok(fd !== undefined);
  t.after(() => closeSync(fd));
  const output = new LogOutput(fd, { notice, retryMs: never });
  output.write(`${long}\n`);
  const path = join(await temporaryFolder(t), 'log');
  assert.equal(openWithoutBlocking(open(t, path, 'w')), undefined);
});
