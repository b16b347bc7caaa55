/**
 * Something done at a constant rate whatever becomes of it, as customers do who do not know of each other: the next one
 * is due at its instant although the ones before have no answer yet.
 */
import { Agent, get } from 'node:http';
import { setTimeout } from 'node:timers/promises';

import type { Lifetime } from './http-service.ts';

export interface OpenLoop {
  /** Begun so far. */
  readonly begun: number;
  /** Why one failed, an entry each. */
  readonly failures: readonly string[];
  /** Begins no more; resolves when all have ended. */
  stop(): Promise<void>;
}

/** Does it at `rate` a second, numbered from 0, until it is stopped or the test ends. */
export function openLoop(
  lifetime: Lifetime,
  rate: number,
  act: (number: number) => Promise<unknown>,
): OpenLoop {
  const failures: string[] = [];
  const open = new Set<Promise<void>>();
  let begun = 0;
  let stopped = false;
  const observe = async (number: number): Promise<void> => {
    try {
      await act(number);
    } catch (error) {
      failures.push(String(error));
    }
  };
  const running = (async () => {
    const began = performance.now();
    while (!stopped) {
      const wait = began + (begun * 1000) / rate - performance.now();
      if (wait > 1) await setTimeout(wait);
      const one = observe(begun);
      begun += 1;
      open.add(one);
      void one.then(() => open.delete(one));
    }
    await Promise.all(open);
  })();
  const stop = (): Promise<void> => {
    stopped = true;
    return running;
  };
  lifetime.after(stop);
  return {
    get begun() {
      return begun;
    },
    failures,
    stop,
  };
}

/** A customer's way to ask `host:port` over kept connections; rejects unless the answer is 200 and whole. */
export function customersOf(lifetime: Lifetime, address: string): (path: string) => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  lifetime.after(async () => agent.destroy());
  return (path) =>
    new Promise((resolve, reject) => {
      const request = get(`http://${address}${path}`, { agent }, (response) => {
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`${path} was answered with ${response.statusCode}`));
        });
        response.resume();
      });
      request.on('error', reject);
    });
}
