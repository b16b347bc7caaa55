/** Waiting for something that can only be asked for. */
import { setTimeout } from 'node:timers/promises';

const everyMs = 5;
/** Nothing that a test waits for takes so long; what does not come must not keep the test from failing. */
const patienceMs = 60_000;

/** The first value that is not undefined. Rejects after a minute; `what` says what did not come. */
export async function until<Value>(
  what: string,
  ask: () => Value | undefined | Promise<Value | undefined>,
): Promise<Value> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    if (performance.now() > deadlineMs) throw new Error(`waited in vain for ${what}`);
    await setTimeout(everyMs);
  }
}
