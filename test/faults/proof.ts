/**
 * Proof that a fault happened: what was seen of it by somebody else than the one who made it, or counted by the one who
 * suffered it. A row whose proof does not hold is broken, however well the customers fared.
 */
import type { Seen } from './row.ts';

export interface Evidence {
  readonly holds: boolean;
  /** What was seen, and, where it does not hold, what should have been. */
  readonly sentence: string;
}

/** Of what was seen of a row; all of it must hold. */
export type Proof = (seen: Seen) => readonly [Evidence, ...Evidence[]];

/** `what` follows the number: "12 spans dropped as export_timeout". */
export function atLeast(least: number, count: number | undefined, what: string): Evidence {
  const rounded = Math.round(count ?? 0);
  const holds = (count ?? 0) >= least;
  const sentence = `${rounded.toLocaleString('en')} ${what}`;
  const wanted = Math.ceil(least).toLocaleString('en');
  return { holds, sentence: holds ? sentence : `${sentence} (at least ${wanted} are due)` };
}

/** What is worth telling beside the evidence, and proves nothing. */
export function aside(count: number | undefined, what: string): Evidence {
  return atLeast(0, count, what);
}

/** What was seen or was not; `sentence` says that it was. */
export function that(holds: boolean, sentence: string): Evidence {
  return { holds, sentence: holds ? sentence : `not so: ${sentence}` };
}

/** So many exchanges of one of the outcomes. */
export function outcome(
  seen: Seen,
  names: readonly string[],
  least: number,
  what = names.join(' or '),
): Evidence {
  const count = names.reduce((sum, name) => sum + (seen.outcomes[name] ?? 0), 0);
  return atLeast(least, count, what);
}

/** Exchanges that twinspan let go because it had stood still: shed when it came back, or never heard of. */
export function missedByStandingStill({ load, seen, outcomes }: Seen): Evidence {
  const missed = (outcomes['loop_lag'] ?? 0) + Math.max(0, load.sent - seen);
  return atLeast(1, missed, 'exchanges shed as loop_lag or never seen');
}
