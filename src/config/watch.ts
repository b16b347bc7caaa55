/**
 * Tells when the content of the configuration file has become another, however it was replaced: written in
 * place, renamed over (editors), or by the swap of a symbolic link (a ConfigMap's `..data`). The directory is
 * watched, since the file itself may be replaced; a slow poll catches what the directory does not tell, such
 * as a link into another directory, a network file system, or a machine without free watches.
 *
 * The file may be the switch that stops everything, so it is looked at with the first sign. But the beginning of a
 * file can be a valid file, one without its last line `paused: true`: a content counts once two looks in a row have
 * found it, and the very bytes that were found are handed on.
 */
import { createHash } from 'node:crypto';
import { constants, watch, type FSWatcher } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

import { maxFileBytes } from './load.ts';

export interface WatchOptions {
  /** Ends the watching. */
  readonly signal: AbortSignal;
  /** `fileDigest` of what was loaded; without it, what the file holds now. */
  readonly digest?: string;
  /** How often the file is read when nothing was told. */
  readonly pollMs?: number;
  /** How long a new content must stand still, and the least time between two looks. */
  readonly settleMs?: number;
}

/**
 * Calls `onChange` once for each new content, with its bytes (the first `maxFileBytes` and one more). Keeps no process
 * alive and never throws; a file that is gone or cannot be read has not changed.
 */
export function watchConfig(
  path: string,
  onChange: (content: Buffer) => void,
  { signal, digest, pollMs = 5000, settleMs = 20 }: WatchOptions,
): void {
  let known = digest;
  let looking = false;
  let missed = false;

  const look = async (): Promise<void> => {
    if (looking) {
      missed = true;
      return;
    }
    looking = true;
    do {
      missed = false;
      let content = await read(path);
      known ??= content && digestOf(content);
      while (isNew(content)) {
        const before = content;
        await pause(settleMs);
        content = await read(path);
        if (content === undefined || !content.equals(before)) continue;
        if (signal.aborted) return;
        known = digestOf(content);
        onChange(content);
      }
      // Also a directory in which much is written is read at a bounded rate.
      await pause(settleMs);
    } while (missed && !signal.aborted);
    looking = false;
  };
  const isNew = (content: Buffer | undefined): content is Buffer =>
    !signal.aborted && content !== undefined && digestOf(content) !== known;

  const watcher = watchDirectory(dirname(path), () => void look());
  const poll = setInterval(() => void look(), pollMs).unref();
  signal.addEventListener(
    'abort',
    () => {
      watcher?.close();
      clearInterval(poll);
    },
    { once: true },
  );
  void look();
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

function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, forMs).unref());
}

/** Undefined of what is no readable regular file. */
async function read(path: string): Promise<Buffer | undefined> {
  try {
    // Opening a pipe would wait for its writer, and reading it as well.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) return undefined;
    const chunks: Buffer[] = [];
    for await (const chunk of file.createReadStream({ end: maxFileBytes, autoClose: false })) {
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}

/** Hexadecimal SHA-256, as `fileDigest`. */
function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
