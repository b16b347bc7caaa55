/**
 * The way from finished exchanges to a verdict: each has its place in the order of dispatch, is counted when its turn
 * comes, and the counts are judged when somebody asks. Once a second what hangs is passed over and a rejection is kept,
 * so that a verdict does not depend on who looks when.
 */
import type { VerdictQuery } from './admin/verdict-query.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './config/schema.ts';
import type { ExchangeHead } from './exchange/exchange.ts';
import type { Ledger } from './exchange/ledger.ts';
import { unreadRoute } from './exchange/outcome.ts';
import type { Experiments } from './experiments.ts';
import { onceForEach, type Generation } from './generation.ts';
import { TallyBook } from './report/tally/book.ts';
import type { CountSettings } from './report/tally/count.ts';
import {
  lostEntry,
  tallyEntryOf,
  type EndedExchange,
  type TallyEntry,
} from './report/tally/entry.ts';
import type { Experiment } from './report/tally.ts';
import { Watermark } from './report/tally/watermark.ts';
import { GateEvents } from './telemetry/gate-events.ts';
import { countedValues } from './verdict/counted-values.ts';
import { verdictSettings, type VerdictSettings } from './verdict/settings.ts';
import {
  judge,
  newRejections,
  standingStates,
  type StandingState,
  type Verdict,
} from './verdict/verdict.ts';

export interface Judge {
  /**
   * Takes the next place; the returned function is to be told once what the exchange came to and in which experiment it
   * counts (`Experiments.of`): in none, or, where nobody can tell in which, in one of several.
   */
  enroll(
    head: ExchangeHead,
    generation: Generation,
  ): (ended: EndedExchange, candidates: readonly Experiment[]) => void;
  verdict(question: VerdictQuery): Verdict;
  /** Of each experiment that is known, the current one first; at most a second old. */
  standings(): readonly StandingState[];
  readonly gateEvents: Pick<GateEvents, 'forEach'>;
  stop(): void;
}

interface Place extends Pick<ExchangeHead, 'mode' | 'requestId'> {
  readonly route: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly generation: Generation;
}

interface Counted {
  /** At least one. */
  readonly candidates: readonly Experiment[];
  readonly entry: TallyEntry;
}

const tickMs = 1000;
/**
 * Exchanges of which a process that has just started measures nothing: its code is not compiled yet, so it is late with
 * what it does itself, which is the shadow's side: on a busy machine 49 of the first 50 pairs were.
 */
const warmUpExchanges = 100;
/**
 * A loop that is later than this when an exchange is dispatched, or when it ends, has seen the answers later than they came,
 * the shadow's more than live's. On a machine with three times the work that it can do (a load of 6 on two cores) a good
 * shadow was once rejected for that.
 */
const lateMs = 10;
/** A comparison may wait for a worker and take its time there (`stations.ts`). */
const comparisonMs = 15_000;

export function createJudge(options: {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly experiments: Experiments;
  /** How late the event loop is now. */
  readonly loopDelayMs: () => number;
  /** The one that holds now. */
  readonly generation: () => Generation;
}): Judge {
  const { ledger, experiments, generation, loopDelayMs } = options;
  const clock = withoutSteps(options.clock);
  const config = (): Config => generation().config;
  const settings = onceForEach(config, (current) => verdictSettings(current, 'replica'));
  const gateEvents = new GateEvents(() => countedValues(settings()));
  const book = new TallyBook({
    clock,
    settings: onceForEach(config, ({ verdict }) => countSettings(verdict.latency, settings())),
    onCounted: (...counted) => gateEvents.add(...counted),
  });
  // The widest that held at any time: what was dispatched before a reload may take as long as it was allowed then.
  let widest = { maxAgeMs: 0, maxWaiting: 0 };
  const bounds = onceForEach(config, (current) => {
    widest = {
      maxAgeMs: Math.max(widest.maxAgeMs, longestExchangeMs(current)),
      maxWaiting: Math.max(widest.maxWaiting, maxWaitingExchanges(current)),
    };
    return widest;
  });
  const watermark = new Watermark<Place, Counted>({
    clock,
    get maxAgeMs() {
      return bounds().maxAgeMs;
    },
    get maxWaiting() {
      return bounds().maxWaiting;
    },
    release: ({ at }, { candidates, entry }) => {
      // An error that is nobody's speaks against each of them.
      if (candidates.length > 1 && entry.errors === 1) {
        for (const experiment of candidates) book.countUnattributed(experiment, entry.route);
        return;
      }
      book.count(candidates[0]!, { ...entry, at });
    },
    lose: (place, why) => {
      const { route, at, mode, generation: its } = place;
      const experiment = experiments.current(its);
      if (mode !== 'canary' && its.targetOf(place) === 'shadow') {
        book.count(experiment, lostEntry(route, at));
      }
      if (why === 'crowded') book.markOverflow(experiment);
    },
  });
  let enrolled = 0;
  let known: readonly StandingState[] | undefined;

  /** Brings the counts up to now. */
  const advance = (): void => {
    watermark.advance();
    const current = experiments.current(generation());
    gateEvents.begin(current.id);
    // Versions may be known from answers alone: what was shed before any waits for the experiment that they name.
    if (book.list().some(({ tally }) => tally.experiment.id === current.id)) {
      book.countAdmissions(current, admissionsOf(ledger));
    }
    for (const [id, rejection] of newRejections(facts())) book.latch(id, rejection);
  };
  const facts = () => ({
    active: book.list(),
    settings: settings(),
    now: clock.wallNow(),
    isCountedByThese: ({ id, live, shadow }: Experiment) =>
      generation().experiment(live.version, shadow.version).id === id,
  });
  const tick = (): void => {
    advance();
    known = undefined;
    timer = clock.setTimer(tickMs, tick);
  };
  let timer = clock.setTimer(tickMs, tick);

  return {
    enroll(head, its) {
      const { mode, requestId, route, startedAt } = head;
      const at = clock.wallNow() - clock.now() + startedAt;
      const place = watermark.open({ route: route.name, at, mode, requestId, generation: its });
      const isMeasured = enrolled >= warmUpExchanges && loopDelayMs() <= lateMs;
      enrolled += 1;
      return (ended, candidates) => {
        const known = tallyEntryOf(ended);
        const entry =
          isMeasured && loopDelayMs() <= lateMs ? known : known && withoutLatency(known);
        place.settle(entry && candidates.length > 0 ? { candidates, entry } : undefined);
      };
    },
    verdict(question) {
      advance();
      return judge({ ...facts(), ...question });
    },
    standings() {
      known ??= standingStates(facts());
      return known;
    },
    gateEvents,
    stop: () => timer.clear(),
  };
}

function withoutLatency({ liveMs: _live, shadowMs: _shadow, ...entry }: TallyEntry): TallyEntry {
  return entry;
}

/**
 * The wall clock as it was at the start, carried on by the monotonic one: an experiment must not become old enough because
 * somebody corrects the clock.
 */
function withoutSteps(clock: Clock): Clock {
  const epochOffsetMs = clock.wallNow() - clock.now();
  return {
    now: () => clock.now(),
    wallNow: () => epochOffsetMs + clock.now(),
    setTimer: (delayMs, fire) => clock.setTimer(delayMs, fire),
  };
}

/** Exchanges that may wait to be counted; each is some hundred bytes (`memory.ts`). */
function maxWaitingExchanges({ capture }: Config): number {
  return 5 * capture.maxExchanges;
}

function countSettings(
  { slower }: Config['verdict']['latency'],
  { thresholdMs, routes }: VerdictSettings,
): CountSettings {
  const labels = new Map(routes.map((route) => [route.name, route.labels ?? []]));
  return { slower, thresholdMs, labels: (route) => labels.get(route) ?? [] };
}

/** From dispatch to outcome: live's answer, the wait for the shadow, its answer, the comparison. */
function longestExchangeMs({ capture, shadow }: Config): number {
  const atOnce = Math.min(shadow.concurrency, shadow.connections);
  const rounds = Math.ceil(shadow.queue.requests / atOnce) + 1;
  return capture.maxDuration + rounds * shadow.timeout + comparisonMs;
}

function admissionsOf(ledger: Ledger): { seen: number; unread: number } {
  let unread = 0;
  ledger.forEach((route, outcome, count) => {
    if (route === unreadRoute && (outcome === 'over_capacity' || outcome === 'loop_lag')) {
      unread += count;
    }
  });
  return { seen: ledger.totals().seen, unread };
}
