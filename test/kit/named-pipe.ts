/** A named pipe, and both of its ends, none of which waits for the other. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

import type { Lifetime } from './http-service.ts';
import { temporaryFolder } from './serve.ts';

export interface NamedPipe {
  readonly path: string;
  /** Closed with the test. */
  open(access: 'read' | 'write' | 'both', blocking?: 'blocking'): number;
  close(fd: number): void;
}

export async function namedPipe(lifetime: Lifetime): Promise<NamedPipe> {
  const path = join(await temporaryFolder(lifetime), 'pipe');
  execFileSync('mkfifo', [path]);
  const opened = new Set<number>();
  const close = (fd: number): void => {
    if (opened.delete(fd)) closeSync(fd);
  };
  lifetime.after(async () => {
    for (const fd of opened) close(fd);
  });
  const flags = { read: constants.O_RDONLY, write: constants.O_WRONLY, both: constants.O_RDWR };
  return {
    path,
    open(access, blocking) {
      const fd = openSync(path, flags[access] | (blocking ? 0 : constants.O_NONBLOCK));
      opened.add(fd);
      return fd;
    },
    close,
  };
}

/** What is in the pipe now. */
export function readPipe(fd: number): string {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65_536);
  for (;;) {
    let length: number;
    try {
      length = readSync(fd, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      break;
    }
    if (length === 0) break;
    chunks.push(Buffer.from(chunk.subarray(0, length)));
  }
  return Buffer.concat(chunks).toString();
}
