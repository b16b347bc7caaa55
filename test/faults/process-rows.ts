/**
 * Faults of twinspan itself, of its machine and of Envoy, and customers who break off. Each is proven from outside: by a
 * port that did not answer for that long, by another process id, by the second Envoy's own count.
 */
import { setTimeout } from 'node:timers/promises';

import { breakOff } from './aborts.ts';
import { aside, atLeast, missedByStandingStill, outcome, that, type Proof } from './proof.ts';
import type { Observed, Row } from './row.ts';
import type { Suite } from './suite.ts';
import { refuses, watchAnswers } from './watch.ts';

const blockedMs = 500;
/** Of a pause that was made, the part that must be seen from outside. */
const shareSeen = 0.8;
/** For so long Envoy keeps an exchange that its customer gave up (`deferred_close_timeout`). */
const deferredCloseSeconds = 5;

export const processRows: readonly Row[] = [
  { name: 'twinspan stopped (SIGSTOP) for 10 s', seconds: 13, ...stopped(10_000) },
  { name: 'twinspan stopped (SIGSTOP) for 2 s', seconds: 4, shortSeconds: 3, ...stopped(2000) },
  {
    name: 'twinspan killed (SIGKILL), started again 1 s later',
    seconds: 6,
    shortSeconds: 3,
    async act({ twinspan }) {
      await setTimeout(500);
      const { pid } = twinspan;
      await twinspan.kill();
      await setTimeout(1000);
      const refused = await refuses(twinspan.address);
      const began = performance.now();
      await twinspan.start();
      const readyMs = performance.now() - began;
      return { refused: Number(refused), replaced: Number(twinspan.pid !== pid), readyMs };
    },
    proof: startedAnew,
  },
  {
    name: 'twinspan ends (SIGTERM) under load, started again',
    seconds: 6,
    shortSeconds: 3,
    act: drainUnderLoad,
    proof: startedAnew,
    check: ({ observed }) =>
      observed['exitCode'] === 0 && observed['unbalanced'] === 0 && observed['leftOpen'] === 0
        ? []
        : [`the drain lost something: ${JSON.stringify(observed)}`],
  },
  {
    name: "twinspan's event loop blocked for 500 ms, again and again",
    seconds: 6,
    async act({ twinspan }, seconds) {
      const watch = watchAnswers(twinspan.healthUrl);
      const until = performance.now() + seconds * 1000 - blockedMs;
      let asked = 0;
      for (; performance.now() < until; asked += 1) {
        twinspan.signal('SIGWINCH');
        await setTimeout(1200);
      }
      const tookMs = await watch.stop();
      return { asked, pauses: tookMs.filter((ms) => ms >= blockedMs * shareSeen).length };
    },
    proof: (seen) => [
      atLeast(seen.observed['asked'] ?? 1, seen.observed['pauses'], 'pauses of /healthz'),
      missedByStandingStill(seen),
    ],
  },
  {
    name: 'disk of the log is full',
    seconds: 5,
    shadow: 'refuses',
    // A process of its own, whose log is gone for good.
    sections: {},
    async act({ twinspan }, seconds) {
      twinspan.signal('SIGURG');
      await setTimeout(500);
      const until = performance.now() + seconds * 1000 - 1000;
      let lines = 0;
      for (; performance.now() < until; lines += 2) {
        await twinspan.order('pause');
        await twinspan.order('resume');
        await setTimeout(100);
      }
      return { lines, full: Number(twinspan.standardOutput() === '/dev/full') };
    },
    proof: ({ observed, logLinesLost }) => [
      that(observed['full'] === 1, 'standard output goes to a full device'),
      atLeast(observed['lines'] ?? 1, logLinesLost, 'log lines lost'),
    ],
  },
  {
    name: 'Envoy replaced: customers move, the old one ends',
    seconds: 6,
    async act(suite, seconds) {
      const until = performance.now() + seconds * 1000;
      await setTimeout(500);
      const old = suite.customers();
      await suite.replaceEnvoy();
      const oldRefuses = Number(await refuses(old));
      await setTimeout(until - performance.now());
      return { oldRefuses, atSecond: await suite.requestsAtEnvoy() };
    },
    proof: ({ observed, load }) => [
      atLeast(load.sent / 4, observed['atSecond'], 'requests counted by the second Envoy'),
      that(observed['oldRefuses'] === 1, 'the first one refuses'),
    ],
  },
  breakingOff(500, 5),
  breakingOff(100, 3),
];

/** The pause is proven by a port that did not answer for so long, and by what twinspan let go because of it. */
function stopped(forMs: number): Pick<Row, 'act' | 'proof' | 'heldByEnvoy'> {
  return {
    async act({ twinspan, envoyCuts }) {
      const before = await envoyCuts();
      await setTimeout(500);
      const watch = watchAnswers(twinspan.healthUrl);
      await setTimeout(100);
      twinspan.signal('SIGSTOP');
      await setTimeout(forMs);
      twinspan.signal('SIGCONT');
      await setTimeout(500);
      const pauseMs = Math.max(...(await watch.stop()));
      return { pauseMs, cuts: (await envoyCuts()) - before };
    },
    proof: (seen) => [
      atLeast(forMs * shareSeen, seen.observed['pauseMs'], 'ms without an answer of /healthz'),
      missedByStandingStill(seen),
      aside(seen.observed['cuts'], 'connections to twinspan cut by Envoy (outbound floods)'),
    ],
    // Nothing ends an exchange at Envoy while twinspan stands still.
    heldByEnvoy: (rate) => (rate * forMs) / 1000,
  };
}

function startedAnew({ observed }: Parameters<Proof>[0]): ReturnType<Proof> {
  return [
    that(observed['refused'] === 1, 'its port refused while it was gone'),
    that(observed['replaced'] === 1, 'counts are those of a new process'),
    aside(observed['readyMs'], 'ms from its start to ready'),
    ...(observed['seenBefore'] === undefined
      ? []
      : [atLeast(1, observed['seenBefore'], 'exchanges in the last words of the one before')]),
  ];
}

async function drainUnderLoad({ twinspan }: Suite): Promise<Observed> {
  await setTimeout(500);
  const { pid } = twinspan;
  const end = await twinspan.stop();
  const words = await twinspan.lastWords();
  const refused = await refuses(twinspan.address);
  const began = performance.now();
  await twinspan.start();
  return {
    refused: Number(refused),
    replaced: Number(twinspan.pid !== pid),
    readyMs: performance.now() - began,
    exitCode: end.code ?? -1,
    seenBefore: words?.exchanges.seen ?? 0,
    leftOpen: words?.exchanges.in_flight ?? -1,
    unbalanced: Object.values(words?.balance ?? { none: false }).filter((holds) => !holds).length,
  };
}

function breakingOff(rate: number, seconds: number): Row {
  return {
    name: `customers break off, ${rate} a second`,
    seconds,
    act: async (suite, forSeconds) => ({
      brokeOff: await breakOff(suite.customers, { rate, seconds: forSeconds }),
    }),
    proof: (seen) => {
      const sent = seen.observed['brokeOff'] ?? rate * seen.seconds;
      // On a slow machine some answers come before their customers go.
      const what = `of ${sent} who broke off seen as aborted`;
      return [outcome(seen, ['live_aborted', 'live_incomplete'], sent / 2, what)];
    },
    heldByEnvoy: () => rate * Math.min(seconds, deferredCloseSeconds),
  };
}
