/** A fault-free phase: what the faults are measured beside, and the proof that twinspan follows again after each. */
import { runLoad } from './load.ts';
import { brokenForCustomers } from './promises.ts';
import { sampleResources, type Resources } from './resources.ts';
import { settle } from './row.ts';
import type { Suite } from './suite.ts';

export interface Quiet {
  readonly latenciesMs: readonly number[];
  readonly resources: Resources;
  /** What is broken, a sentence each. */
  readonly broken: readonly string[];
}

export async function runQuiet(
  suite: Suite,
  options: { readonly seconds: number; readonly rate: number; readonly prefix: string },
): Promise<Quiet> {
  const { twinspan, customers: address, expected } = suite;
  const matches = async (): Promise<number> =>
    (await twinspan.status()).exchanges.outcomes['match'] ?? 0;
  const before = await matches();
  const sampling = sampleResources(suite);
  const load = await runLoad({ ...options, address, expected });
  const resources = await sampling.stop();
  await settle(suite);
  const compared = (await matches()) - before;
  return {
    latenciesMs: load.latenciesMs,
    resources,
    broken: [
      ...brokenForCustomers(load).map(
        (sentence) => `in the fault-free phase after it, ${sentence}`,
      ),
      ...(compared === 0 ? ['in the fault-free phase after it, nothing was compared'] : []),
    ],
  };
}
