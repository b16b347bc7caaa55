/** The promises that every row is held against, whatever its fault: what is broken, a sentence each. */
import { abortPrefix } from './aborts.ts';
import type { LoadResult } from './load.ts';
import type { Seen } from './row.ts';

/** What of P1 a load shows to be broken. */
export function brokenForCustomers({ failures, differing }: LoadResult): string[] {
  return [
    ...(failures.length > 0 ? [`${failures.length} customers got no answer: ${failures[0]}`] : []),
    ...(differing.length > 0
      ? [`${differing.length} answers were not those of live: ${differing[0]}`]
      : []),
  ];
}

/** P2: a request of a customer may reach the shadow once, and nothing else may. */
export function brokenAtMostOnce(ids: readonly string[], prefix: string, sent: number): string[] {
  const times = new Map<string, number>();
  for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1);
  const repeated = [...times].filter(([, count]) => count > 1);
  const unknown = [...times.keys()].filter((id) => {
    const number = id.startsWith(`${prefix}-`) ? Number(id.slice(prefix.length + 1)) : Number.NaN;
    return !(number >= 0 && number < sent) && !id.startsWith(abortPrefix);
  });
  return [
    ...(repeated.length > 0
      ? [
          `${repeated.length} exchanges reached the shadow more than once: ${repeated[0]!.join(' x ')}`,
        ]
      : []),
    ...(unknown.length > 0
      ? [`${unknown.length} requests at the shadow were no customer's: ${unknown[0]}`]
      : []),
  ];
}

/** P5: sums that do not agree, and what never ended. */
export function brokenBooks({ balance, settled }: Seen): string[] {
  const wrong = Object.entries(balance).filter(([, holds]) => !holds);
  return [
    ...wrong.map(([name]) => `the sums of ${name} do not agree`),
    ...(settled ? [] : [`exchanges were still open long after the load`]),
  ];
}
