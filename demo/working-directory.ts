/**
 * A folder for the files of one run. Runs at the same time must not write into each other's logs and spans, so a folder
 * is claimed by a lock file with the process id; the next run takes the folder of the same name with a number behind.
 * What a killed run has claimed is free again.
 */

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isProcessAlive } from './is-process-alive.ts';

/** A claimed folder. */
export type WorkingDirectory = {
  readonly path: string;
  /** Lets the next run have it; the files stay. */
  release(): Promise<void>;
};

const LOCK = 'lock';

/** Claims `path`, or `path-2`, `path-3` and so on when the ones before are in use; makes it if it is not there. */
export async function claimDirectory(path: string): Promise<WorkingDirectory> {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? path : `${path}-${number}`;
    await mkdir(candidate, { recursive: true });
    const lock = join(candidate, LOCK);
    if ((await takeLock(lock)) || ((await removeStaleLock(lock)) && (await takeLock(lock)))) {
      return { path: candidate, release: () => rm(lock, { force: true }) };
    }
  }
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeStaleLock(lock: string): Promise<boolean> {
  const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
  // An empty file is one that its owner is about to write.
  if (!Number.isInteger(owner) || owner === 0 || isProcessAlive(owner)) return false;
  await rm(lock, { force: true });
  return true;
}
