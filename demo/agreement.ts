/**
 * How far the two models agree, from observations alone: the answers that customers got, the results of the pairs (on
 * the pair spans), and the differing values (in `/v1/pairs`). A pair that matched has no values of its own: the shadow
 * then said what the customer was answered. Every prediction of a batch counts for itself.
 */

import type { Attributes } from './otlp-trace.ts';
import type { PairRow } from './twinspan-admin.ts';

/** The observations. */
export type Observations = {
  /** What each request was answered by the live model, by request id. */
  readonly answered: ReadonlyMap<string, readonly string[]>;
  /** Attributes of the pair spans. */
  readonly pairSpans: readonly Attributes[];
  /** Rows of `/v1/pairs` whose answers differ, by request id. */
  readonly mismatches: ReadonlyMap<string, PairRow>;
};

/** Counts of predictions, live by shadow. */
export type Agreement = {
  readonly labels: readonly string[];
  /** `counts[live][shadow]`, indexes as in `labels`. */
  readonly counts: readonly (readonly number[])[];
  readonly equal: number;
  readonly total: number;
  /** Pairs that were compared but whose predictions are not known to us, so they are not in the counts. */
  readonly unknownPairs: number;
};

const PREDICTION_POINTER = /^\/predictions\/(\d+)$/;

/** Counts every compared pair of a request whose live answer is known. */
export function measureAgreement(observations: Observations): Agreement {
  const { answered, pairSpans, mismatches } = observations;
  const observed: { live: string; shadow: string }[] = [];
  let unknownPairs = 0;
  for (const attributes of pairSpans) {
    const requestId = attributes['twinspan.request.id'];
    const result = attributes['twinspan.comparison.result'];
    if (typeof requestId !== 'string') continue;
    const live = answered.get(requestId);
    if (live === undefined || (result !== 'match' && result !== 'mismatch')) continue;
    const shadow = result === 'match' ? live : shadowPredictions(live, mismatches.get(requestId));
    if (shadow === undefined) unknownPairs += 1;
    else live.forEach((label, index) => observed.push({ live: label, shadow: shadow[index]! }));
  }
  return { ...tabulate(observed), unknownPairs };
}

function tabulate(observed: readonly { live: string; shadow: string }[]) {
  const labels = [...new Set(observed.flatMap(({ live, shadow }) => [live, shadow]))].toSorted();
  const counts = labels.map((live) =>
    labels.map(
      (shadow) => observed.filter((pair) => pair.live === live && pair.shadow === shadow).length,
    ),
  );
  const equal = observed.filter((pair) => pair.live === pair.shadow).length;
  return { labels, counts, equal, total: observed.length };
}

/** The live predictions with the differing ones replaced; `undefined` when they differ in another way. */
function shadowPredictions(
  live: readonly string[],
  row: PairRow | undefined,
): readonly string[] | undefined {
  if (row === undefined) return undefined;
  const shadow = [...live];
  for (const difference of row.differences) {
    const index = Number(PREDICTION_POINTER.exec(difference.pointer)?.[1] ?? Number.NaN);
    const said = labelIn(difference.live);
    const other = labelIn(difference.shadow);
    if (difference.kind !== 'value' || said !== live[index] || other === undefined) {
      return undefined;
    }
    shadow[index] = other;
  }
  return shadow;
}

function labelIn(json: string | undefined): string | undefined {
  if (json === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
