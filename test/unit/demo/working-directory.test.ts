import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import { isProcessAlive } from '../../../demo/is-process-alive.ts';
import { claimDirectory } from '../../../demo/working-directory.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twinspan-working-directory-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('runs at the same time have folders of their own, the first the plain one', async () => {
  const path = join(folder, 'demo');
  const claimed = await Promise.all([1, 2, 3].map(() => claimDirectory(path)));
  assert.deepEqual(claimed.map((directory) => directory.path).toSorted(), [
    path,
    `${path}-2`,
    `${path}-3`,
  ]);
});

test('a released folder is taken again, and its files are still there', async () => {
  const path = join(folder, 'demo');
  const first = await claimDirectory(path);
  await writeFile(join(path, 'spans.jsonl'), '');
  await first.release();
  assert.deepEqual(await readdir(path), ['spans.jsonl']);
  assert.equal((await claimDirectory(path)).path, path);
});

test('what a killed run has claimed is free', async () => {
  const path = join(folder, 'demo');
  await mkdir(path);
  // No process can have this id: Linux and macOS end far below.
  await writeFile(join(path, 'lock'), '2147483646');
  assert.equal(isProcessAlive(2_147_483_646), false);
  assert.equal((await claimDirectory(path)).path, path);
});

test('the folder of a run that lives is left alone', async () => {
  const path = join(folder, 'demo');
  await mkdir(path);
  await writeFile(join(path, 'lock'), String(process.ppid));
  assert.equal(isProcessAlive(process.ppid), true);
  assert.equal((await claimDirectory(path)).path, `${path}-2`);
});
