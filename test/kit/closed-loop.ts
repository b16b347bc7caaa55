/** A number of customers who each ask again as soon as they have an answer, so that they never pile up. */
import type { Lifetime } from './http-service.ts';

export interface ClosedLoop {
  /** Begun so far. */
  readonly begun: number;
  /** Why one failed, an entry each. */
  readonly failures: readonly string[];
  /** Begins no more; resolves when all have ended. */
  stop(): Promise<void>;
  /** Resolves when all have ended and no more begin. */
  readonly ended: Promise<unknown>;
}

export interface ClosedLoopOptions {
  readonly customers: number;
  /** How many in all; without it until it is stopped or the test ends. */
  readonly times?: number;
}

export function closedLoop(
  lifetime: Lifetime,
  { customers, times = Number.POSITIVE_INFINITY }: ClosedLoopOptions,
  act: () => Promise<unknown>,
): ClosedLoop {
  const failures: string[] = [];
  let begun = 0;
  let stopped = false;
  const customer = async (): Promise<void> => {
    while (!stopped && begun < times) {
      begun += 1;
      try {
        await act();
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const running = Promise.all(Array.from({ length: customers }, customer));
  const stop = async (): Promise<void> => {
    stopped = true;
    await running;
  };
  lifetime.after(stop);
  return {
    get begun() {
      return begun;
    },
    failures,
    stop,
    ended: running,
  };
}
