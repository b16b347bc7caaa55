/** A lifetime as long as the file of tests, or the suite, in which it is made: what was started last ends first. */
import { after } from 'node:test';

import type { Lifetime } from './http-service.ts';

export function suiteLifetime(): Lifetime {
  const stops: (() => Promise<void>)[] = [];
  after(async () => {
    for (const stop of stops.toReversed()) await stop();
  });
  return { after: (stop) => void stops.push(stop) };
}
