/**
 * Which pairs are exported, decided when they are over: every mismatch, error and pair that could not be
 * compared, and matches by the draw that the shadow's `traceparent` already carries; all together at most
 * `maxPairsPerSecond`, shared so that a flood of one kind on one route leaves room for the others.
 */
import type { Clock } from '../base/clock.ts';
import type { FinishedPair, PairResult } from '../comparison/finished-pair.ts';

export type SamplingDecision = 'keep' | 'sampled_out' | 'rate_limited';

export interface SamplingOptions {
  readonly clock: Clock;
  /** Read at every decision; 0 exports nothing, below 1 it is a pair every so many seconds. */
  readonly maxPairsPerSecond: () => number;
}

export type Decide = (finished: FinishedPair, result: PairResult) => SamplingDecision;

export function createSampling(options: SamplingOptions): Decide {
  const rate = new FairRate(options.clock);
  return (finished, result) => {
    const { trace } = finished;
    const joined = trace.parentSpanId !== undefined;
    if (!trace.sampled && (joined || result.name === 'match')) return 'sampled_out';
    const kind = `${finished.exchange.route.name} ${kindOf(finished, result)}`;
    return rate.admit(kind, options.maxPairsPerSecond()) ? 'keep' : 'rate_limited';
  };
}

/** A closed vocabulary: result, reason, and of a mismatch the kinds of its differences. */
function kindOf({ comparison }: FinishedPair, { name, reason }: PairResult): string {
  if (name !== 'mismatch' || comparison === undefined) return `${name} ${reason ?? ''}`;
  const kinds = new Set(comparison.differences.map(({ kind }) => kind));
  return `${name} ${[...kinds].sort().join('+')}`;
}

const oneSecondMs = 1000;
const fewestSlots = 20;
const shareOfFree = 4;

/**
 * At most `perSecond` admissions in any one second, and of these a kind only as many as its share allows. The
 * share follows what is free (the dynamic thresholds of shared-memory switches, Choudhury and Hahne 1998): a
 * kind may hold up to `shareOfFree` times the slots that nobody holds. One flood alone gets 4/5 of the
 * slots, n floods 4/(4n+1) each, and the rest stays free for whatever comes rarely.
 */
export class FairRate {
  readonly #clock: Clock;
  /** What was admitted within the horizon, oldest first. */
  readonly #admitted: { readonly at: number; readonly kind: string }[] = [];
  /** How many of `#admitted` are of a kind; holds no kind that is not in it. */
  readonly #held = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  admit(kind: string, perSecond: number): boolean {
    if (perSecond <= 0) return false;
    const now = this.#clock.now();
    const windowMs = oneSecondMs * Math.max(1, 1 / perSecond);
    const windowSlots = Math.max(1, Math.floor(perSecond));
    // With few slots a second there is nothing to share within one: the shares are of a longer time then.
    const horizonMs = Math.max(windowMs, (fewestSlots / perSecond) * oneSecondMs);
    const slots = Math.floor((perSecond * horizonMs) / oneSecondMs);
    this.#forget(now - horizonMs);
    const firstOfFullWindow = this.#admitted[this.#admitted.length - windowSlots];
    if (firstOfFullWindow !== undefined && firstOfFullWindow.at > now - windowMs) return false;
    const held = this.#held.get(kind) ?? 0;
    if (held >= shareOfFree * (slots - this.#admitted.length)) return false;
    this.#admitted.push({ at: now, kind });
    this.#held.set(kind, held + 1);
    return true;
  }

  #forget(until: number): void {
    for (let first = this.#admitted[0]; first !== undefined; first = this.#admitted[0]) {
      if (first.at > until) return;
      this.#admitted.shift();
      const held = this.#held.get(first.kind)!;
      if (held === 1) this.#held.delete(first.kind);
      else this.#held.set(first.kind, held - 1);
    }
  }
}
