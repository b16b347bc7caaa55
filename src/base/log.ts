/**
 * JSON log lines by pino on standard output: state changes and first occurrences of trouble, never a line
 * a request. Every line has an `event` from a closed set of words, so that logs can be queried like metrics.
 */
import { pino, type Logger } from 'pino';

export type Log = Logger;

export function createLog(options?: { level?: string; destination?: NodeJS.WritableStream }): Log {
  const settings = {
    level: options?.level ?? 'info',
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Written before the call returns: the last words of a process that ends at once are neither lost nor out of order.
  return pino(settings, options?.destination ?? pino.destination({ dest: 1, sync: true }));
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
