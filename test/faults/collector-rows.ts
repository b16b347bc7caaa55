/** Faults of the collector. Each is proven by the spans that were lost for its reason, and by what the collector did. */
import { setTimeout } from 'node:timers/promises';

import { atLeast, that, type Evidence, type Proof } from './proof.ts';
import type { Observed, Row, Seen } from './row.ts';
import type { CollectorMode } from './service-orders.ts';
import type { Suite } from './suite.ts';

const seconds = 5;
/** Most of the time that the slow collector takes. */
const standstillMs = 1500;

export const collectorRows: readonly Row[] = [
  {
    name: 'collector hangs',
    seconds,
    shortSeconds: 1.5,
    collector: 'hangs',
    proof: (seen) => [lost(seen, 'export_timeout'), did(seen, 'exports', 'exports unanswered')],
  },
  {
    name: 'collector refuses',
    seconds,
    collector: 'refuses',
    proof: (seen) => [lost(seen, 'export_failed')],
  },
  ...(['answers 413', 'answers 429', 'answers 503', 'answers 507'] as const).map(answering),
  {
    name: 'disk of the span file is full',
    seconds,
    collector: 'has a full disk',
    proof: (seen) => [
      did(seen, 'lost lines', 'exports that the collector could not write'),
      refusedByKernel(seen),
    ],
  },
  {
    name: 'collector takes 2 s an export',
    seconds,
    collector: 'is slow',
    act: watchQueue,
    proof: (seen) => [
      did(seen, 'answers 200', 'late answers'),
      atLeast(standstillMs, seen.observed['standstillMs'], 'ms without an export, spans waiting'),
      atLeast(1, seen.observed['queued'], 'spans waiting at most'),
    ],
  },
];

function answering(collector: CollectorMode): Row {
  const proof: Proof = (seen) => [
    lost(seen, 'export_failed'),
    did(seen, collector, 'exports answered so'),
  ];
  return { name: `collector ${collector}`, seconds, collector, proof };
}

function lost({ dropped }: Seen, reason: string): Evidence {
  return atLeast(1, dropped[reason], `spans dropped as ${reason}`);
}

function did({ collector }: Seen, name: string, what: string): Evidence {
  return atLeast(1, collector[name], what);
}

/** ENOSPC of a file system without room, EFBIG of a file that has reached the limit of its process. */
function refusedByKernel({ collector }: Seen): Evidence {
  const code = ['ENOSPC', 'EFBIG'].find((name) => (collector[name] ?? 0) > 0);
  return that(code !== undefined, `its disk takes nothing more: ${code ?? 'ENOSPC'}`);
}

/** The longest time in which spans waited and none was exported, and how many waited at most. */
async function watchQueue({ twinspan }: Suite, forSeconds: number): Promise<Observed> {
  const until = performance.now() + forSeconds * 1000;
  let queued = 0;
  let standstillMs = 0;
  let exported = -1;
  let since = performance.now();
  while (performance.now() < until) {
    const { spans } = await twinspan.status();
    if (spans.exported !== exported || spans.queued === 0) since = performance.now();
    ({ exported } = spans);
    queued = Math.max(queued, spans.queued);
    standstillMs = Math.max(standstillMs, performance.now() - since);
    await setTimeout(50);
  }
  return { queued, standstillMs };
}
