import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { systemClock } from '../../../src/base/clock.ts';
import { WorkerPool, type WorkerPoolOptions } from '../../../src/base/worker-pool.ts';
import { moduleBeside } from '../../../src/base/worker.ts';

function start(t: TestContext, options: Partial<WorkerPoolOptions> = {}) {
  const alive = setInterval(() => {}, 1000);
  const seen = { started: 0, failures: [] as string[] };
  const pool = new WorkerPool<string, string>({
    module: moduleBeside(import.meta.url, 'obeying-worker'),
    name: 'test',
    workers: 1,
    maxHeapMebibytes: 32,
    timeoutMs: 60_000,
    maxWaitMs: 60_000,
    maxWaiting: { tasks: 10, bytes: 1000 },
    clock: systemClock,
    onStart: () => void (seen.started += 1),
    onFailure: ({ message }) => void seen.failures.push(message),
    ...options,
  });
  t.after(async () => {
    await pool.close();
    clearInterval(alive);
  });
  const run = (task: string, bytes = 1) => pool.run(bytes, () => ({ message: task, transfer: [] }));
  return { pool, run, seen };
}

test('one worker, started at the first task, answers all', async (t) => {
  const { pool, run, seen } = start(t);
  assert.equal(seen.started, 0);
  const ends = await Promise.all(['a', 'b', 'c'].map((task) => run(task)));
  assert.deepEqual(
    ends.map((end) => end.kind === 'answered' && end.answer),
    ['a!', 'b!', 'c!'],
  );
  assert.equal(seen.started, 1);
  assert.equal(pool.inFlight, 0);
});

test('a worker that hangs is replaced: its task times out, the others are answered', async (t) => {
  const { run, seen } = start(t, { timeoutMs: 300 });
  const ends = await Promise.all([run('a'), run('hang'), run('b')]);
  assert.deepEqual(
    ends.map(({ kind }) => kind),
    ['answered', 'timeout', 'answered'],
  );
  assert.ok(seen.started >= 2);
  assert.deepEqual(seen.failures, []);
});

test('a worker that breaks is replaced: its task fails, the others are answered', async (t) => {
  const { run, seen } = start(t);
  const ends = await Promise.all([run('throw'), run('a'), run('exit'), run('b')]);
  assert.deepEqual(
    ends.map(({ kind }) => kind),
    ['failed', 'answered', 'failed', 'answered'],
  );
  assert.deepEqual(seen, { started: 3, failures: ['as it was told', 'it ended with 3'] });
});

test('what cannot be made ready, and what waits for a worker that does not start, fails', async (t) => {
  const { pool } = start(t);
  const end = await pool.run(1, () => {
    throw new Error('no memory');
  });
  assert.deepEqual(end, { kind: 'failed', outOfMemory: false });
  const { run } = start(t, { module: moduleBeside(import.meta.url, 'missing-worker') });
  const ends = await Promise.all([run('a'), run('b')]);
  assert.deepEqual(
    ends.map(({ kind }) => kind),
    ['failed', 'failed'],
  );
});

test('too many or too large waiting tasks are refused, and what waits too long times out', async (t) => {
  const { run } = start(t, { maxWaitMs: 1500, maxWaiting: { tasks: 3, bytes: 100 } });
  await run('the worker is there');
  const waiting = [run('hang', 600_000), run('a', 40), run('b', 40)];
  assert.equal((await run('c', 40)).kind, 'refused');
  const last = run('d', 10);
  assert.equal((await run('e', 10)).kind, 'refused');
  const kinds = (await Promise.all([...waiting.slice(1), last])).map(({ kind }) => kind);
  assert.deepEqual(kinds, ['timeout', 'timeout', 'timeout']);
});

test('close ends what waits and what hangs, and nothing is run after it', async (t) => {
  const { pool, run } = start(t);
  const ends = [run('hang'), run('a')];
  await pool.close();
  assert.deepEqual(await Promise.all([...ends, run('b')]), [
    { kind: 'closed' },
    { kind: 'closed' },
    { kind: 'closed' },
  ]);
  assert.equal(pool.inFlight, 0);
});
