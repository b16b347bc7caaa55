import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import {
  ProcessFailure,
  startProcess,
  unexpectedEnd,
  type ChildProcessOptions,
  type RunningProcess,
} from '../../../demo/child-process.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twinspan-child-process-'));
});
after(() => rm(folder, { recursive: true, force: true }));

function start(
  script: string,
  options: Partial<ChildProcessOptions<string>> = {},
): Promise<RunningProcess<string>> {
  return startProcess({
    name: 'the child',
    command: process.execPath,
    args: ['-e', script],
    logPath: join(folder, 'child.log'),
    ready: (line) => /^ready (.*)$/.exec(line)?.[1],
    ...options,
  });
}

const STAY = 'setInterval(() => {}, 1000);';

test('a process is ready with what its line says, and all its output is in the log', async () => {
  const child = await start(`console.error('hello'); console.log('ready at 7'); ${STAY}`);
  assert.equal(child.ready, 'at 7');
  assert.deepEqual(await child.stop(), { code: undefined, signal: 'SIGTERM' });
  assert.deepEqual((await readFile(child.logPath, 'utf8')).split('\n').toSorted(), [
    '',
    'hello',
    'ready at 7',
  ]);
});

test('stopping twice is the same as once', async () => {
  const child = await start(`console.log('ready x'); ${STAY}`);
  assert.deepEqual(await Promise.all([child.stop(), child.stop()]), [
    await child.ended,
    await child.ended,
  ]);
});

test('a process that ignores SIGTERM is killed after the timeout', async () => {
  const child = await start(`process.on('SIGTERM', () => {}); console.log('ready x'); ${STAY}`, {
    stopTimeoutMs: 50,
  });
  assert.deepEqual(await child.stop(), { code: undefined, signal: 'SIGKILL' });
});

test('a kill leaves the process no time to do anything', async () => {
  const child = await start(
    `process.on('SIGTERM', () => console.log('stopping')); console.log('ready x'); ${STAY}`,
  );
  assert.deepEqual(await child.kill(), { code: undefined, signal: 'SIGKILL' });
  assert.deepEqual(await child.stop(), { code: undefined, signal: 'SIGKILL' });
  assert.equal(await readFile(child.logPath, 'utf8'), 'ready x\n');
});

test('a log is replaced at a start, or continued when that is asked for', async () => {
  for (const { name, appendLog } of [
    { name: 'one', appendLog: false },
    { name: 'two', appendLog: false },
    { name: 'three', appendLog: true },
  ]) {
    const child = await start(`console.log('ready ${name}')`, { appendLog });
    await child.ended;
  }
  assert.equal(await readFile(join(folder, 'child.log'), 'utf8'), 'ready two\nready three\n');
});

test('a process that ends before it is ready is a failure with the end of its log', async () => {
  await assert.rejects(start(`console.error('the port is taken'); process.exit(3);`), (error) => {
    assert.ok(error instanceof ProcessFailure);
    assert.match(error.message, /^the child ended before it was ready \(exit code 3\)/);
    assert.match(error.message, /\| the port is taken$/);
    return true;
  });
});

test('a process that is not ready in time is stopped and a failure', async () => {
  await assert.rejects(start(STAY, { readyTimeoutMs: 100 }), {
    name: 'ProcessFailure',
    message: /^the child was not ready within 0\.1 s/,
  });
});

test('a program that does not exist is a failure that names it', async () => {
  await assert.rejects(start('', { command: join(folder, 'nothing') }), {
    name: 'ProcessFailure',
    message: /^the child could not be started: .*nothing/,
  });
});

test('a process that ends by itself is described with its exit code and log', async () => {
  const child = await start(
    `console.log('ready x'); console.log('giving up'); process.exitCode = 4;`,
  );
  const failure = await unexpectedEnd(child, await child.ended);
  assert.match(failure.message, /^the child ended unexpectedly \(exit code 4\)/);
  assert.match(failure.message, /\| giving up$/);
});
