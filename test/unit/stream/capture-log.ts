/** A log whose lines a test can read. */
import { Writable } from 'node:stream';

import { createLog, type Log } from '../../../src/base/log.ts';

export interface CapturedLog {
  readonly log: Log;
  /** What was logged so far, a parsed line each. */
  readonly lines: readonly Record<string, unknown>[];
}

export function captureLog(): CapturedLog {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  return { log: createLog({ destination }), lines };
}
