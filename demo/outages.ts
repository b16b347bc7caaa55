/**
 * The third act, the outages: what can break is broken while customers go on. First the shadow is killed and started again, then
 * twinspan itself, both with SIGKILL, which leaves a process no time to say goodbye. Each of the four phases has its
 * own customers, whose first request meets the kill or the start; a phase in which something comes back goes on until
 * pairs have been compared again.
 */

import type { ExpectedCall } from './customers.ts';
import { readUndelivered } from './envoy-stats.ts';
import { outcomesSince } from './growth.ts';
import type { Observed } from './observe.ts';
import { phaseSeconds, type Phase } from './phase.ts';
import { poll } from './poll.ts';
import type { Terminal } from './terminal.ts';
import type { Topology } from './topology.ts';
import { REQUESTS_PER_SECOND, runTraffic } from './traffic.ts';
import { comparedCount, isQuiet, readStatus, type Status } from './twinspan-admin.ts';

/** What the act is played with. */
export type OutagesOptions = {
  readonly topology: Topology;
  readonly calls: readonly ExpectedCall[];
  /** The act before, which is the quiet phase beside which the others are seen. */
  readonly observed: Observed;
  /** How long that one was to last. */
  readonly seconds: number;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
};

/** All that was observed in them. */
export type Outages = {
  /** In order; the first is the quiet one. */
  readonly phases: readonly Phase[];
  /** The books of the twinspan that was killed, as they were just before. */
  readonly killed: Status;
  /** The books of the one that took its place, at the end. */
  readonly restarted: Status;
};

/** What is done in a phase. */
type Scene = {
  readonly name: string;
  /** Why it matters, for the reader. */
  readonly text: string;
  /** Done while customers send. */
  readonly change: () => Promise<unknown>;
  /** Whether there is no twinspan to ask afterwards. */
  readonly isTwinspanAway?: boolean;
  readonly expectsPairs?: boolean;
};

/** The counts at one instant; no `status` while there is no twinspan, whose books then begin with nothing. */
type Books = { readonly status: Status | undefined; readonly undelivered: number };

/** As many as customers cause in a second: pairs are back, not one by chance. */
const PAIRS_AGAIN = REQUESTS_PER_SECOND;
/** Longer than the breaker stays open, on a slow machine too. */
const RETURN_TIMEOUT_MS = 20_000;
/** For the exchanges of a phase to end after its last answer; what died with twinspan is never accounted for. */
const SETTLE_TIMEOUT_MS = 500;
const QUIET_TIMEOUT_MS = 15_000;

/** Plays it; throws what keeps a part from starting and, when the signal is aborted, its reason. */
export async function playOutages(options: OutagesOptions): Promise<Outages> {
  const { topology, observed, terminal, signal } = options;
  const { adminUrl, parts } = topology;
  let books = await readBooks(topology, false);
  const phases: Phase[] = [
    {
      name: 'quiet',
      traffic: observed.traffic,
      outcomes: observed.status.exchanges.outcomes,
      undelivered: books.undelivered,
      expectsPairs: true,
    },
  ];
  const play = async (scene: Scene) => {
    terminal.line(`  ${scene.text}`);
    const played = await playScene(options, scene, books);
    phases.push(played.phase);
    books = played.books;
  };
  const comeBack = async (part: { restart(): Promise<unknown> }) => {
    await part.restart();
    const { outcomes } = (await readStatus(adminUrl)).exchanges;
    await poll({
      read: () => readStatus(adminUrl),
      isEnough: ({ exchanges }) =>
        comparedCount(exchanges.outcomes) >= comparedCount(outcomes) + PAIRS_AGAIN,
      timeoutMs: RETURN_TIMEOUT_MS,
      signal,
    });
  };

  terminal.heading('Third act', 'what can break is broken, and customers go on');
  await play({
    name: 'shadow killed',
    text: 'The shadow is killed now: customers must not notice.',
    change: () => parts.shadow.kill(),
  });
  await play({
    name: 'shadow back',
    text: 'The shadow starts again: pairs must come back by themselves.',
    change: () => comeBack(parts.shadow),
    expectsPairs: true,
  });
  const killed = await readStatus(adminUrl);
  await play({
    name: 'twinspan killed',
    text: 'twinspan itself is killed now: Envoy must serve on without it.',
    change: () => parts.twinspan.kill(),
    isTwinspanAway: true,
  });
  await play({
    name: 'twinspan back',
    text: 'twinspan starts again: Envoy must find it, and its new books must agree.',
    change: () => comeBack(parts.twinspan),
    expectsPairs: true,
  });
  const restarted = await poll({
    read: () => readStatus(adminUrl),
    isEnough: isQuiet,
    timeoutMs: QUIET_TIMEOUT_MS,
    signal,
  });
  return { phases, killed, restarted };
}

async function playScene(
  options: OutagesOptions,
  scene: Scene,
  before: Books,
): Promise<{ phase: Phase; books: Books }> {
  const { topology, calls, terminal, signal } = options;
  const { name, isTwinspanAway = false, expectsPairs = false } = scene;
  const startedAtMs = performance.now();
  const change = scene.change();
  const traffic = await runTraffic({
    url: topology.customersUrl,
    calls,
    requestsPerSecond: REQUESTS_PER_SECOND,
    seconds: phaseSeconds(options.seconds),
    goOnUntil: change,
    signal,
    onProgress: ({ requests, errors }) => {
      const elapsed = Math.floor((performance.now() - startedAtMs) / 1000);
      terminal.progress(`    ${name}  ${elapsed} s  ${requests} requests  ${errors} errors`);
    },
  });
  // Also after an abort: what is being started must be known to whoever stops everything.
  await change;
  const books = await poll({
    read: () => readBooks(topology, isTwinspanAway),
    isEnough: (after) =>
      accounted(before, after) >= traffic.requests &&
      (after.status?.exchanges.in_flight ?? 0) === 0,
    timeoutMs: SETTLE_TIMEOUT_MS,
    signal,
  });
  const outcomes =
    books.status &&
    outcomesSince(before.status?.exchanges.outcomes, books.status.exchanges.outcomes);
  const undelivered = books.undelivered - before.undelivered;
  return { phase: { name, traffic, outcomes, undelivered, expectsPairs }, books };
}

async function readBooks(topology: Topology, isTwinspanAway: boolean): Promise<Books> {
  const status = isTwinspanAway ? undefined : await readStatus(topology.adminUrl);
  return { status, undelivered: await readUndelivered(topology.envoyAdminUrl) };
}

/** How many requests were seen by twinspan or counted by Envoy as not shown to it. */
function accounted(before: Books, after: Books): number {
  const seenBefore = before.status?.exchanges.seen ?? 0;
  const seen = after.status === undefined ? 0 : after.status.exchanges.seen - seenBefore;
  return seen + after.undelivered - before.undelivered;
}
