/**
 * The judge of a fleet: puts what all replicas have counted before the gates of a configuration. One replica's verdict is
 * not the fleet's, since asking many and taking any yes multiplies the chance of a wrong promotion. What cannot be read,
 * or cannot be true, is said in a warning and decides nothing.
 */
import type { VerdictQuery } from './admin/verdict-query.ts';
import type { Clock } from './base/clock.ts';
import type { Config } from './config/schema.ts';
import type { Fleet, FleetExperiment, FleetTrouble } from './fleet/fleet.ts';
import { experimentInfo } from './fleet/scrapes.ts';
import { compileExperiments } from './generation.ts';
import { record, type Experiment, type Rejection } from './report/tally.ts';
import { verdictSettings } from './verdict/settings.ts';
import { chosenOf } from './verdict/standing.ts';
import { judge, newRejections, type Verdict } from './verdict/verdict.ts';

export interface FleetJudgeOptions {
  readonly config: Config;
  readonly fleet: Fleet;
  readonly clock: Clock;
}

export type FleetQuery = VerdictQuery;

type Warning = Verdict['warnings'][number];

export interface FleetVerdict {
  readonly verdict: Verdict;
  /** Why it is collecting whatever was counted. */
  readonly trouble?: FleetTrouble;
}

const staleMs = 5 * 60_000;
const staleCode = 'stale_counts';

/** Answers within `withinMs` or a little more. Never rejects. */
export type FleetJudge = (query: FleetQuery, withinMs: number) => Promise<FleetVerdict>;

export function createFleetJudge({ config, fleet, clock }: FleetJudgeOptions): FleetJudge {
  const settings = verdictSettings(config, 'fleet');
  const experimentOf = compileExperiments(config);
  /** A rejection stays for as long as the judge runs. */
  const rejections: Record<string, Rejection> = record();
  return async (query, withinMs) => {
    const unread = await fleet.refresh(withinMs);
    const { own, warnings } = ownExperiments(fleet.experiments(), config);
    const unnamed = new Set(own.flatMap(({ named, tally }) => (named ? [] : tally.experiment.id)));
    const judgement = {
      active: own,
      settings,
      now: clock.wallNow(),
      // The id tells by which margins and rules it was counted; that of unknown versions tells nothing.
      isCountedByThese: ({ id, live, shadow }: Experiment) =>
        unnamed.has(id) || experimentOf(live.version, shadow.version).id === id,
      ...query,
    };
    if (unread === undefined) {
      const believed = new Set(own.filter(isBelieved).map(({ tally }) => tally.experiment.id));
      for (const [id, rejection] of newRejections(judgement)) {
        if (believed.has(id)) rejections[id] ??= rejection;
      }
    }
    for (const { tally } of own) {
      const rejected = rejections[tally.experiment.id];
      if (rejected !== undefined) tally.rejected = rejected;
    }
    const chosen = chosenOf(judgement)?.tally.experiment.id;
    const verdict = judge(judgement);
    const trouble =
      unread ??
      own.find(({ tally }) => tally.experiment.id === chosen)?.troubles[0] ??
      (verdict.state === 'reject' ? undefined : staleness(fleet.newestAt, clock.wallNow()));
    if (trouble !== undefined)
      return { verdict: inDoubt(verdict, [trouble, ...warnings]), trouble };
    return { verdict: { ...verdict, warnings: [...warnings, ...verdict.warnings] } };
  };
}

/**
 * Those of the services that the configuration names. Where no process tells which versions an experiment is of, its
 * name has to do.
 */
function ownExperiments(
  all: readonly FleetExperiment[],
  { live, shadow }: Config,
): { own: FleetExperiment[]; warnings: Warning[] } {
  const named = all.filter(({ named: isNamed }) => isNamed);
  if (named.length === 0 && all.length > 0) {
    return {
      own: [...all],
      warnings: [
        {
          code: 'unknown_versions',
          detail: `nothing tells which versions were compared: Prometheus has no ${experimentInfo}`,
        },
      ],
    };
  }
  const own = named.filter(
    ({ tally: { experiment } }) =>
      experiment.live.name === live.name && experiment.shadow.name === shadow.name,
  );
  return { own, warnings: [] };
}

/** Nobody knows what has happened since: what would withdraw a promotion may be among it. A rejection stays true. */
function staleness(newestAt: number | undefined, now: number): FleetTrouble | undefined {
  const ageMs = now - (newestAt ?? now);
  if (ageMs <= staleMs) return undefined;
  const minutes = Math.floor(ageMs / 60_000);
  return {
    kind: 'counts',
    code: staleCode,
    message: `no replica was scraped in the last ${minutes} minutes, so what has happened since is not counted`,
  };
}

function isBelieved({ troubles }: FleetExperiment): boolean {
  return troubles.length === 0;
}

/** Whatever the counts seem to say, nothing is decided by them. */
function inDoubt(
  { hold: _hold, eta: _eta, ...verdict }: Verdict,
  [trouble, ...warnings]: readonly [FleetTrouble, ...Warning[]],
): Verdict {
  const { kind, code, message } = trouble;
  return {
    ...verdict,
    state: 'collecting',
    score: 25,
    reason: `Nothing can be decided: ${message}.`,
    next:
      kind === 'source'
        ? 'See to it that Prometheus answers, and ask again.'
        : code === staleCode
          ? 'See to it that Prometheus scrapes the replicas, and ask again.'
          : 'Find out where these series come from: another program, a relabelling, or two servers that scrape the same targets.',
    warnings: [{ code, detail: message }, ...warnings, ...verdict.warnings],
  };
}
