import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import {
  answerTasks,
  moduleBeside,
  startWorker,
  type WorkerFailure,
} from '../../../src/base/worker.ts';

const obeying = moduleBeside(import.meta.url, 'obeying-worker');

/** Starts a worker, posts the tasks, and resolves with its end or its last answer. */
async function perform(
  t: TestContext,
  module: URL,
  tasks: readonly string[],
): Promise<{ answers: string[]; failure?: WorkerFailure }> {
  // A worker alone does not keep the process alive.
  const alive = setInterval(() => {}, 1000);
  t.after(() => clearInterval(alive));
  const answers: string[] = [];
  return new Promise((resolve) => {
    const worker = startWorker<string, string>({
      module,
      name: 'test',
      maxHeapMebibytes: 32,
      onReady: () => {
        for (const task of tasks) worker.post(task, []);
      },
      onAnswer: (answer) => {
        answers.push(answer);
        if (answers.length === tasks.length) void worker.terminate();
      },
      onExit: (failure) => resolve({ answers, ...(failure && { failure }) }),
    });
  });
}

test('a module beside another has the same extension', () => {
  assert.equal(moduleBeside('file:///a/b/c.ts', 'd').href, 'file:///a/b/d.ts');
  assert.equal(moduleBeside('file:///a.b/dist/c.js', 'd').href, 'file:///a.b/dist/d.js');
});

test('tasks are answered in their order, and a worker that is asked to end has no failure', async (t) => {
  const { answers, failure } = await perform(t, obeying, ['a', 'b', 'c']);
  assert.deepEqual(answers, ['a!', 'b!', 'c!']);
  assert.equal(failure, undefined);
});

test('what a worker throws, its exit and the end of its memory are data', async (t) => {
  const thrown = await perform(t, obeying, ['throw']);
  assert.deepEqual(thrown.failure, { message: 'as it was told', outOfMemory: false });
  const exited = await perform(t, obeying, ['exit']);
  assert.deepEqual(exited.failure, { message: 'it ended with 3', outOfMemory: false });
  const grown = await perform(t, obeying, ['grow']);
  assert.equal(grown.failure?.outOfMemory, true);
});

test('a module that cannot be loaded ends the worker with a message', async (t) => {
  const missing = await perform(t, moduleBeside(import.meta.url, 'missing-worker'), ['a']);
  assert.match(missing.failure?.message ?? '', /missing-worker/);
  const foreign = await perform(t, new URL('https://example.test/a.js'), ['a']);
  assert.ok(foreign.failure);
});

test('a thread that is no worker has no tasks to answer', () => {
  assert.throws(() => answerTasks(() => undefined), /worker thread only/);
});
