/**
 * JSON log lines by pino on standard output: state changes and first occurrences of trouble, never a line
 * a request. Every line has an `event` from a closed set of words, so that logs can be queried like metrics. A log that
 * cannot be written loses lines, and holds up nothing.
 */
import { pino, type Logger } from 'pino';

import { LogOutput, openWithoutBlocking } from './log-output.ts';

export type Log = Logger;

export interface LogOptions {
  readonly level?: string;
  /** Takes whole lines; default: standard output. */
  readonly destination?: { write(line: string): unknown };
}

export function createLog({
  level = 'info',
  destination = standardOutput(),
}: LogOptions = {}): Log {
  const settings = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(settings, destination);
}

/** How long the end of the process waits for a reader of its last words who is slow. */
const lastWordsMs = 500;

let output: LogOutput | undefined;

/** The same one at every call. */
export function standardOutput(): LogOutput {
  if (output !== undefined) return output;
  const fd = openWithoutBlocking(1);
  // Node's own stream makes a pipe or a socket one that never blocks.
  if (fd === undefined) void process.stdout;
  const opened = new LogOutput(fd ?? 1, { notice: linesLostNotice });
  process.on('exit', () => opened.flush(lastWordsMs));
  output = opened;
  return opened;
}

function linesLostNotice(lines: number): string {
  const time = new Date().toISOString();
  const msg = 'lines of this log are missing here: it could not be written';
  return `${JSON.stringify({ level: 'warn', time, event: 'log_lines_lost', lines, msg })}\n`;
}

/** Returns true at most once per `periodMs` for a key: the gate before a log line that could repeat. */
export function createRateLimit(periodMs: number, now: () => number): (key: string) => boolean {
  const last = new Map<string, number>();
  return (key) => {
    const instant = now();
    const before = last.get(key);
    if (before !== undefined && instant - before < periodMs) return false;
    // Keys come from closed sets; the bound is a belt against one that does not.
    if (last.size >= 1000) last.clear();
    last.set(key, instant);
    return true;
  };
}
