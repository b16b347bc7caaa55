/**
 * How late the event loop is right now. A histogram (`monitorEventLoopDelay`) tells what was; admission has to
 * know at the moment when a blocked loop comes back and finds everything that waited at its door.
 */
import type { Clock } from './clock.ts';

const periodMs = 20;

export interface LoopDelay {
  /** Milliseconds by which the loop is behind, or was at its last turn. */
  current(): number;
  stop(): void;
}

export function watchLoopDelay(clock: Clock): LoopDelay {
  let expectedAt = clock.now() + periodMs;
  let lastMs = 0;
  const handle = setInterval(() => {
    const now = clock.now();
    lastMs = Math.max(0, now - expectedAt);
    expectedAt = now + periodMs;
  }, periodMs);
  handle.unref();
  return {
    current: () => Math.max(lastMs, clock.now() - expectedAt),
    stop: () => clearInterval(handle),
  };
}
