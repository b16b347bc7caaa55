/**
 * The faults, in the order of the table: an ill shadow, an ill collector, an ill twinspan, an Envoy that is replaced,
 * rude customers, intruders at the ext_proc port, and everything at once for long.
 */
import { setTimeout } from 'node:timers/promises';

import { breakOff } from './aborts.ts';
import { sendIntruder, type Errand } from './intruder-errand.ts';
import type { Row, RowResult } from './row.ts';
import type { ShadowMode } from './shadow-modes.ts';
import type { CollectorMode } from './service-orders.ts';
import type { Suite } from './suite.ts';

const illShadows: readonly (readonly [ShadowMode, outcome: string, inShort: boolean])[] = [
  ['hangs on accept', 'shadow_timeout', true],
  ['hangs on headers', 'shadow_timeout', false],
  ['hangs mid-body', 'shadow_timeout', false],
  ['drips a byte a second', 'shadow_timeout', false],
  ['resets the connection', 'shadow_reset', true],
  ['resets mid-body', 'shadow_reset', false],
  ['refuses', 'shadow_connect', false],
  ['answers garbage', 'shadow_malformed', false],
  ['answers a gzip bomb', 'incomparable', true],
  ['answers 100 MB', 'shadow_too_large', false],
  ['answers 100 k headers', 'shadow_too_large', false],
  ['redirects to itself', 'mismatch', false],
];

const illCollectors: readonly (readonly [CollectorMode, name: string, inShort: boolean])[] = [
  ['hangs', 'collector hangs', true],
  ['refuses', 'collector refuses', false],
  ['answers 413', 'collector answers 413', false],
  ['answers 429', 'collector answers 429', false],
  ['answers 503', 'collector answers 503', false],
  ['answers 507', 'disk of the span file is full: the collector answers 507', false],
  ['is slow', 'collector takes 2 s an export', false],
];

const shadowRows: readonly Row[] = [
  ...illShadows.map(([shadow, outcome, inShort]) => ({
    name: `shadow ${shadow}`,
    seconds: 5,
    ...(inShort && { shortSeconds: 1.5 }),
    shadow,
    outcomes: [outcome],
  })),
  {
    name: "shadow's name does not resolve",
    seconds: 5,
    // RFC 6761: a name that never does.
    sections: { shadow: { url: 'http://shadow.invalid:80' } },
    outcomes: ['shadow_connect'],
  },
];

const collectorRows: readonly Row[] = illCollectors.map(([collector, name, inShort]) => ({
  name,
  seconds: 5,
  ...(inShort && { shortSeconds: 1.5 }),
  collector,
  outcomes: ['match'],
}));

const processRows: readonly Row[] = [
  {
    name: 'twinspan stopped (SIGSTOP) for 10 s',
    seconds: 13,
    act: (suite) => standStill(suite, 10_000),
  },
  {
    name: 'twinspan stopped (SIGSTOP) for 2 s',
    seconds: 4,
    shortSeconds: 3,
    act: (suite) => standStill(suite, 2000),
  },
  {
    name: 'twinspan killed (SIGKILL), started again 1 s later',
    seconds: 6,
    shortSeconds: 3,
    async act({ twinspan }) {
      await setTimeout(500);
      await twinspan.kill();
      await setTimeout(1000);
      const began = performance.now();
      await twinspan.start();
      const seconds = (performance.now() - began) / 1000;
      return `ready ${seconds.toFixed(1)} s after its start; counts are those of the new process`;
    },
  },
  {
    name: 'twinspan ends (SIGTERM) under load, started again',
    seconds: 6,
    shortSeconds: 3,
    act: drainUnderLoad,
  },
  {
    name: "twinspan's event loop blocked for 500 ms, again and again",
    seconds: 6,
    async act({ twinspan }, seconds) {
      const until = performance.now() + seconds * 1000 - 500;
      let times = 0;
      for (; performance.now() < until; times += 1) {
        twinspan.signal('SIGWINCH');
        await setTimeout(1200);
      }
      return `blocked ${times} times`;
    },
    outcomes: ['match'],
  },
  {
    name: 'Envoy replaced: customers move, the old one ends',
    seconds: 6,
    async act(suite) {
      await setTimeout(500);
      await suite.replaceEnvoy();
      return '';
    },
    outcomes: ['match'],
  },
  {
    name: 'customers break off, 500 a second',
    seconds: 5,
    act: async (suite, seconds) => breakOff(suite.customers, { rate: 500, seconds }),
    outcomes: ['live_aborted', 'live_incomplete'],
  },
  {
    name: 'customers break off, 100 a second',
    seconds: 3,
    act: async (suite, seconds) => breakOff(suite.customers, { rate: 100, seconds }),
    outcomes: ['live_aborted', 'live_incomplete'],
  },
];

const intruderRows: readonly Row[] = [
  {
    ...intruder('idle streams', 2000, 'ext_proc: 2,000 idle streams', 5),
    shortSeconds: 1,
    outcomes: ['live_incomplete', 'live_aborted'],
  },
  {
    ...intruder('idle streams', 20_000, 'ext_proc: 20,000 streams, beyond capture.maxExchanges', 5),
    outcomes: ['over_capacity'],
  },
  { ...intruder('reset flood', 2000, 'ext_proc: HTTP/2 resets, 2,000/s', 5), shortSeconds: 1.5 },
  intruder('ping flood', 5000, 'ext_proc: HTTP/2 pings, 5,000/s', 4),
  unread('ping flood, answers unread', 'ext_proc: HTTP/2 pings, 50,000/s, answers unread'),
  intruder('settings flood', 5000, 'ext_proc: HTTP/2 settings, 5,000/s', 4),
  unread('settings flood, answers unread', 'ext_proc: HTTP/2 settings, 50,000/s, answers unread'),
  {
    ...intruder('malformed gRPC', 0, 'ext_proc: malformed gRPC', 5),
    shortSeconds: 2,
    async act({ twinspan }, seconds) {
      const undecodable = (): Promise<number> =>
        twinspan.counter('twinspan_ext_proc_streams_total', 'result="undecodable"');
      const before = await undecodable();
      const { address } = twinspan;
      const { sent, ended, connections } = await sendIntruder({
        address,
        kind: 'malformed gRPC',
        seconds,
        count: 0,
      });
      const counted = (await undecodable()) - before;
      if (counted === 0) throw new Error('twinspan counted no RPC as undecodable');
      return `${sent} RPCs, ${ended} ended with OK, ${counted} undecodable, ${connections} connections`;
    },
  },
];

/** The claim of P4: with nothing that can be delivered, memory does not grow. */
const overloadRow: Row = {
  name: 'overload: the shadow never answers, the collector is dead',
  seconds: 300,
  shortSeconds: 3,
  load: 1.5,
  shadow: 'never answers',
  collector: 'refuses',
  // The breaker would take the load away.
  sections: {
    shadow: { concurrency: 64, breaker: { failures: 10_000, window: '1s', open: '500ms' } },
  },
  outcomes: ['shadow_timeout', 'queue_full'],
  check: flatMemory,
};

/** In the order in which they run. */
export const rows: readonly Row[] = [
  ...shadowRows,
  ...collectorRows,
  ...processRows,
  ...intruderRows,
  overloadRow,
];

const slopeMiBPerMinute = 1;
const slopeFromSeconds = 240;

function flatMemory({ resources, seconds }: RowResult): readonly string[] {
  const slope = resources.rssSlopeMiBPerMinute;
  // Shorter than this a slope says nothing but where the garbage collector stood.
  if (seconds < slopeFromSeconds || slope < slopeMiBPerMinute) return [];
  return [`RSS grew by ${slope.toFixed(2)} MiB a minute over the last half`];
}

async function standStill({ twinspan, envoyCuts }: Suite, forMs: number): Promise<string> {
  const before = await envoyCuts();
  await setTimeout(500);
  twinspan.signal('SIGSTOP');
  await setTimeout(forMs);
  twinspan.signal('SIGCONT');
  await setTimeout(500);
  return `Envoy cut ${(await envoyCuts()) - before} connections to twinspan (outbound floods)`;
}

async function drainUnderLoad({ twinspan }: Suite): Promise<string> {
  await setTimeout(500);
  const end = await twinspan.stop();
  const words = await twinspan.lastWords();
  const balanced = words !== undefined && Object.values(words.balance).every(Boolean);
  await twinspan.start();
  if (end.code !== 0 || !balanced || words.exchanges.in_flight !== 0) {
    throw new Error(`the drain lost something: ${JSON.stringify({ end, words })}`);
  }
  return `exit 0; of ${words.exchanges.seen} exchanges seen before, each had its outcome`;
}

function intruder(kind: Errand['kind'], count: number, name: string, seconds: number): Row {
  return {
    name,
    seconds,
    async act({ twinspan }, forSeconds) {
      const { address } = twinspan;
      const { sent, ended, open, connections } = await sendIntruder({
        address,
        kind,
        seconds: forSeconds,
        count,
      });
      return kind === 'idle streams'
        ? `${sent} streams, ${ended} ended by twinspan, ${open} open at the end`
        : `${sent} frames over ${connections} connections`;
    },
  };
}

/**
 * Somebody who makes twinspan answer and reads nothing. What the sockets of both sides do not hold waits in memory, up to
 * nghttp2's bound: 1,000 acknowledgements, then the connection is cut. At 50,000 frames a second that is within a second.
 */
function unread(kind: Errand['kind'], name: string): Row {
  return {
    name,
    seconds: 4,
    async act({ twinspan }, forSeconds) {
      const { address } = twinspan;
      const { sent, cutAfter } = await sendIntruder({
        address,
        kind,
        seconds: forSeconds,
        count: 50_000,
      });
      if (cutAfter.length === 0) throw new Error(`twinspan took ${sent} frames and never cut`);
      const range = `${Math.min(...cutAfter)} to ${Math.max(...cutAfter)}`;
      return `${sent} frames; cut ${cutAfter.length} times, each after ${range} frames`;
    },
  };
}
