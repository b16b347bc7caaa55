/** Customers who break off: each asks for a slow answer, on a connection of its own, and hangs up before it comes. */
import { request } from 'node:http';
import { setTimeout } from 'node:timers/promises';

import { slowAnswerMs, slowPath } from './answers.ts';

/** Begins the `x-request-id` of each; one that was answered before it hung up may be at the shadow. */
export const abortPrefix = 'gone-';

let aborts = 0;

/** Sends at the rate; resolves with their number when the last has hung up. */
export async function breakOff(
  address: () => string,
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
): Promise<number> {
  const began = performance.now();
  const total = rate * seconds;
  const open: Promise<void>[] = [];
  for (let number = 0; number < total; number += 1) {
    const wait = began + (number * 1000) / rate - performance.now();
    if (wait > 1) await setTimeout(wait);
    // Spread over the time before the answer, so that it hits every phase of an exchange.
    open.push(abort(address(), ((number * 7) % 100) * (slowAnswerMs / 110)));
  }
  await Promise.all(open);
  return total;
}

function abort(address: string, afterMs: number): Promise<void> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const headers = { 'x-request-id': `${abortPrefix}${(aborts += 1)}` };
    const outgoing = request({ host, port, path: slowPath, agent: false, headers });
    outgoing.on('error', () => {});
    outgoing.on('response', (response) => response.on('error', () => {}).resume());
    outgoing.once('close', resolve);
    outgoing.end();
    void setTimeout(afterMs).then(() => outgoing.destroy());
  });
}
