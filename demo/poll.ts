/** Reading something again and again until it is as awaited. */

import { setTimeout } from 'node:timers/promises';

/** What to read and when it is enough. */
export type PollOptions<Value> = {
  readonly read: () => Promise<Value>;
  readonly isEnough: (value: Value) => boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

const EVERY_MS = 50;

/**
 * The first value that is enough, or after the time the one that there is then. Throws what `read` throws and, when
 * the signal is aborted, its reason.
 */
export async function poll<Value>(options: PollOptions<Value>): Promise<Value> {
  const { read, isEnough, timeoutMs, signal } = options;
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    signal.throwIfAborted();
    if (isEnough(value) || performance.now() > deadlineMs) return value;
    await setTimeout(EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
