/**
 * Intruders at the ext_proc port. Each is proven by twinspan's own counts of what came, or, of frames that it does not
 * count, by its acknowledgements or by the connections that it cut.
 */
import { setTimeout } from 'node:timers/promises';

import { sendIntruder, type Errand, type Sighting } from './intruder-errand.ts';
import { aside, atLeast, outcome, type Evidence, type Proof } from './proof.ts';
import type { Observed, Row, Seen } from './row.ts';
import type { Suite } from './suite.ts';

/** Of what an intruder set out to send: less comes of it where a machine is busy. */
const share = 0.5;
const maxExchanges = 10_000;
const newEnvoyMs = 10_000;
/** More than the places that twinspan has for connections. */
const silentConnections = 1030;

export const intruderRows: readonly Row[] = [
  {
    ...intrusion('idle streams', 2000, 5, 'ext_proc: 2,000 idle streams', (seen) => [
      seenBeside(seen, 2000 * 0.95),
      outcome(seen, ['live_incomplete', 'live_aborted'], 2000 * share),
    ]),
    shortSeconds: 1,
  },
  intrusion(
    'idle streams',
    20_000,
    5,
    'ext_proc: 20,000 streams, beyond capture.maxExchanges',
    (seen) => [
      seenBeside(seen, 20_000 * 0.95),
      outcome(seen, ['over_capacity'], (20_000 - maxExchanges) * share),
    ],
  ),
  {
    ...intrusion('reset flood', 2000, 5, 'ext_proc: HTTP/2 resets, 2,000/s', (seen) => [
      atLeast(2000 * seen.seconds * share, seen.observed['sent'], 'calls reset by the intruder'),
      atLeast(2000 * seen.seconds * share, seen.streams['empty'], 'empty RPCs counted by twinspan'),
    ]),
    shortSeconds: 1.5,
  },
  acknowledged('ping flood', 'ext_proc: HTTP/2 pings, 5,000/s'),
  unread('ping flood, answers unread', 'ext_proc: HTTP/2 pings, 50,000/s, answers unread'),
  acknowledged('settings flood', 'ext_proc: HTTP/2 settings, 5,000/s'),
  unread('settings flood, answers unread', 'ext_proc: HTTP/2 settings, 50,000/s, answers unread'),
  {
    ...intrusion('malformed gRPC', 0, 5, 'ext_proc: malformed gRPC', ({ observed, streams }) => [
      atLeast((observed['sent'] ?? 1) * share, streams['undecodable'], 'undecodable RPCs counted'),
      atLeast((observed['sent'] ?? 1) * 0.95, observed['ended'], 'RPCs ended with OK'),
    ]),
    shortSeconds: 2,
  },
  {
    ...intrusion(
      'messages that never end',
      1000,
      8,
      'ext_proc: 1,000 messages that never end',
      (seen) => [
        atLeast(1000, seen.observed['sent'], 'messages of 2 MiB without their last byte'),
        atLeast(64, seen.observed['sentMiB'], 'MiB of them sent'),
        atLeast(250, turnedAway(seen), 'of these RPCs ended without a message'),
      ],
    ),
    // The bytes in flight may all be theirs, as much again is on the way to be discarded.
    rssGrowthMiB: 192,
  },
  {
    name: 'ext_proc: 1,030 silent connections, and an Envoy that is new',
    seconds: 13,
    act: newEnvoyBeside,
    proof: ({ observed, load, seen }) => [
      atLeast(silentConnections, observed['connections'], 'silent connections'),
      atLeast(1, load.sent - seen, 'exchanges not seen while they took all places'),
      aside(observed['unseenMs'], 'ms until those of the new Envoy were seen'),
    ],
    check: ({ observed }) =>
      (observed['unseenMs'] ?? Number.POSITIVE_INFINITY) <= newEnvoyMs
        ? []
        : [`twinspan did not see the new Envoy within ${newEnvoyMs / 1000} s`],
  },
];

function intrusion(
  kind: Errand['kind'],
  count: number,
  seconds: number,
  name: string,
  proof: Proof,
): Row {
  const act = async ({ twinspan }: Suite, forSeconds: number): Promise<Observed> =>
    observedOf(await sendIntruder({ address: twinspan.address, kind, seconds: forSeconds, count }));
  return { name, seconds, act, proof };
}

function observedOf({ cutAfter, ...numbers }: Sighting): Observed {
  return {
    ...numbers,
    cuts: cutAfter.length,
    ...(cutAfter.length > 0 && {
      cutAfterLeast: Math.min(...cutAfter),
      cutAfterMost: Math.max(...cutAfter),
    }),
  };
}

function acknowledged(kind: Errand['kind'], name: string): Row {
  const rate = 5000;
  return intrusion(kind, rate, 4, name, ({ observed, seconds }) => [
    atLeast(rate * seconds * share, observed['sent'], 'frames sent'),
    atLeast(rate * seconds * share, observed['acknowledged'], 'acknowledged by twinspan'),
  ]);
}

/**
 * Somebody who makes twinspan answer and reads nothing. What the sockets of both sides do not hold waits in memory, up to
 * nghttp2's bound: 1,000 acknowledgements, then the connection is cut. At 50,000 frames a second that is within a second.
 */
function unread(kind: Errand['kind'], name: string): Row {
  const rate = 50_000;
  // The intruder waits for each connection's end and for its own socket.
  const shareUnread = 0.1;
  return intrusion(kind, rate, 4, name, ({ observed, seconds }) => [
    atLeast(rate * seconds * shareUnread, observed['sent'], 'frames sent'),
    atLeast(
      1,
      observed['cuts'],
      `connections cut, each after ${observed['cutAfterLeast']} to ${observed['cutAfterMost']} frames`,
    ),
  ]);
}

/** Of exchanges that twinspan has seen, those that are no customer's. */
function seenBeside({ seen, load }: Seen, least: number): Evidence {
  return atLeast(least, seen - load.sent, "streams beside the customers' seen by twinspan");
}

/** RPCs of which nothing was seen: there was no room for their message, or its end never came. */
function turnedAway({ streams }: Seen): number {
  return (streams['bytes_exhausted'] ?? 0) + (streams['empty'] ?? 0);
}

/**
 * Customers move to an Envoy that has no connection yet, while the silent ones are there. The old one stays, because the
 * places of its connections would be the new one's.
 */
async function newEnvoyBeside(suite: Suite, seconds: number): Promise<Observed> {
  const { twinspan } = suite;
  const seen = async (): Promise<number> => (await twinspan.status()).exchanges.seen;
  let intruder: Promise<Sighting> | undefined;
  let began = 0;
  let unseenMs: number | undefined;
  await suite.replaceEnvoy({
    async started() {
      await new Promise<void>((resolve, reject) => {
        const { address } = twinspan;
        const kind = 'silent connections';
        const errand = { address, kind, seconds: seconds - 2, count: silentConnections } as const;
        intruder = sendIntruder(errand, resolve);
        intruder.catch(reject);
      });
      began = performance.now();
    },
    async moved() {
      // What the old one had to tell has come by now.
      const before = await seen();
      while (unseenMs === undefined && performance.now() - began < newEnvoyMs) {
        if ((await seen()) > before) unseenMs = performance.now() - began;
        else await setTimeout(50);
      }
    },
  });
  const { connections } = await intruder!;
  return { connections, ...(unseenMs !== undefined && { unseenMs }) };
}
