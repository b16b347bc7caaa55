/**
 * Tells when the content of the configuration file has become another, however it was replaced: written in
 * place, renamed over (editors), or by the swap of a symbolic link (a ConfigMap's `..data`). The directory is
 * watched, since the file itself may be replaced; a slow poll catches what the directory does not tell, such
 * as a link into another directory, a network file system, or a machine without free watches.
 */
import { createHash } from 'node:crypto';
import { createReadStream, watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { maxFileBytes } from './load.ts';

export interface WatchOptions {
  /** Ends the watching. */
  readonly signal: AbortSignal;
  /** `fileDigest` of what was loaded; without it, what the file holds now. */
  readonly digest?: string;
  /** How often the file is read when nothing was told. */
  readonly pollMs?: number;
  /** How long after a first sign the file is read, because a replacement is several steps. */
  readonly settleMs?: number;
}

/**
 * Calls `onChange` once for each new content. Keeps no process alive and never throws; a file that is gone or
 * cannot be read has not changed.
 */
export function watchConfig(
  path: string,
  onChange: () => void,
  { signal, digest, pollMs = 5000, settleMs = 100 }: WatchOptions,
): void {
  let known = digest;
  let reading = false;
  let missed = false;
  let settling: NodeJS.Timeout | undefined;

  const compare = async (): Promise<void> => {
    if (reading) {
      missed = true;
      return;
    }
    reading = true;
    do {
      missed = false;
      const current = await digestOf(path);
      if (signal.aborted) return;
      const changed = known !== undefined && current !== undefined && current !== known;
      known = current ?? known;
      if (changed) onChange();
    } while (missed);
    reading = false;
  };

  // The first sign starts the wait and later ones do not prolong it: a busy directory never starves it.
  const settle = (): void => {
    settling ??= setTimeout(() => {
      settling = undefined;
      void compare();
    }, settleMs).unref();
  };

  const watcher = watchDirectory(dirname(path), settle);
  const poll = setInterval(() => void compare(), pollMs).unref();
  signal.addEventListener(
    'abort',
    () => {
      watcher?.close();
      clearInterval(poll);
      clearTimeout(settling);
    },
    { once: true },
  );
  void compare();
}

/** Undefined when the system gives no watch (none free, no such directory): the poll remains. */
function watchDirectory(directory: string, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, onEvent);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

/** Hexadecimal SHA-256; undefined of what is no readable regular file. */
async function digestOf(path: string): Promise<string | undefined> {
  try {
    // Reading a pipe would wait for its writer.
    if (!(await stat(path)).isFile()) return undefined;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { end: maxFileBytes })) hash.update(chunk);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}
