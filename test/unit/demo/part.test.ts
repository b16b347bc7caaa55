import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  ProcessFailure,
  type ProcessEnd,
  type RunningProcess,
} from '../../../demo/child-process.ts';
import { startPart, type Part } from '../../../demo/part.ts';

const KILLED: ProcessEnd = { code: undefined, signal: 'SIGKILL' };
const STOPPED: ProcessEnd = { code: 0, signal: undefined };

/** A process that ends when it is told to; the number is which one of its part it is. */
function fakeProcess(number: number): RunningProcess<number> & { crash(): void } {
  const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
  const end = (how: ProcessEnd) => {
    resolve(how);
    return promise;
  };
  return {
    name: `process ${number}`,
    logPath: 'log',
    ready: number,
    ended: promise,
    stop: () => end(STOPPED),
    kill: () => end(KILLED),
    crash: () => void end({ code: 1, signal: undefined }),
  };
}

type Theatre = {
  readonly part: Part<number>;
  readonly processes: ReturnType<typeof fakeProcess>[];
  readonly previous: (number | undefined)[];
  /** Names of the processes whose end was told as unexpected. */
  readonly told: string[];
};

async function startTheatre(): Promise<Theatre> {
  const processes: ReturnType<typeof fakeProcess>[] = [];
  const previous: (number | undefined)[] = [];
  const told: string[] = [];
  const part = await startPart<number>({
    start: (before) => {
      previous.push(before);
      const process = fakeProcess(processes.length + 1);
      processes.push(process);
      return Promise.resolve(process);
    },
    onUnexpectedEnd: (process) => told.push(process.name),
  });
  return { part, processes, previous, told };
}

test('an end that nobody caused is told', async () => {
  const { processes, told } = await startTheatre();
  processes[0]?.crash();
  await processes[0]?.ended;
  assert.deepEqual(told, ['process 1']);
});

test('a kill and a stop are no unexpected ends', async () => {
  const { part, told } = await startTheatre();
  await part.kill();
  await part.restart();
  assert.deepEqual(await part.stop(), { end: STOPPED, logPath: 'log' });
  assert.deepEqual(told, []);
});

test('a kill resolves when the process is gone', async () => {
  const { part, processes } = await startTheatre();
  await part.kill();
  assert.deepEqual(await processes[0]?.ended, KILLED);
});

test('what starts again knows what the first process said, and its own end is watched', async () => {
  const { part, processes, previous, told } = await startTheatre();
  await part.kill();
  await part.restart();
  await part.stop();
  assert.equal(await part.restart(), 3);
  assert.deepEqual(previous, [undefined, 1, 1]);
  assert.equal(part.ready, 1);
  processes[2]?.crash();
  await processes[2]?.ended;
  assert.deepEqual(told, ['process 3']);
});

test('without a process there is nothing to stop', async () => {
  const { part } = await startTheatre();
  await part.kill();
  assert.equal(await part.stop(), undefined);
  assert.equal(await part.stop(), undefined);
});

test('a stop during a restart stops what was being started', async () => {
  const process = fakeProcess(2);
  const restarting = Promise.withResolvers<RunningProcess<number>>();
  const part = await startPart<number>({
    start: (previous) =>
      previous === undefined ? Promise.resolve(fakeProcess(1)) : restarting.promise,
    onUnexpectedEnd: () => assert.fail('it was stopped'),
  });
  await part.kill();
  const restarted = part.restart();
  const stopped = part.stop();
  restarting.resolve(process);
  await restarted;
  assert.deepEqual(await stopped, { end: STOPPED, logPath: 'log' });
});

test('a restart that fails says so, and leaves nothing to stop', async () => {
  const part = await startPart<number>({
    start: (previous) =>
      previous === undefined
        ? Promise.resolve(fakeProcess(1))
        : Promise.reject(new ProcessFailure('the port is taken')),
    onUnexpectedEnd: () => assert.fail('it was killed'),
  });
  await part.kill();
  await assert.rejects(part.restart(), { message: 'the port is taken' });
  assert.equal(await part.stop(), undefined);
});
