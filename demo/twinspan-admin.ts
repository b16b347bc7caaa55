/** What twinspan's admin interface answers, as far as the demo reads it: `/status` and `/v1/pairs`. */

import { getJson } from './http-json.ts';

/** `/status`. */
export type Status = {
  readonly exchanges: {
    readonly seen: number;
    readonly in_flight: number;
    readonly outcomes: Readonly<Record<string, number>>;
  };
  readonly shadow: {
    readonly sent: number;
    readonly in_flight: number;
    readonly answered: number;
    readonly failed: number;
  };
  readonly spans: { readonly created: number; readonly exported: number; readonly queued: number };
  /** Whether the books agree: exchanges, requests to the shadow, spans. */
  readonly balance: {
    readonly exchanges: boolean;
    readonly shadow: boolean;
    readonly spans: boolean;
  };
};

/** One row of `/v1/pairs`. */
export type PairRow = {
  readonly requestId: string;
  readonly route: string;
  readonly result: string;
  readonly traceId: string;
  readonly differences: readonly PairDifference[];
};

/** A difference; `live` and `shadow` are JSON texts, present where the route shows values. */
export type PairDifference = {
  readonly pointer: string;
  readonly kind: string;
  readonly live?: string;
  readonly shadow?: string;
};

/** Asks for `/status`; throws when it is not answered. */
export async function readStatus(adminUrl: string): Promise<Status> {
  return (await getJson(`${adminUrl}/status`)) as Status;
}

/** How many of the outcomes were pairs that were compared. */
export function comparedCount(outcomes: Status['exchanges']['outcomes']): number {
  return ['match', 'mismatch', 'incomparable'].reduce(
    (sum, outcome) => sum + (outcomes[outcome] ?? 0),
    0,
  );
}

/** The books that do not balance, by name. */
export function unbalancedBooks(status: Status): string[] {
  return Object.entries(status.balance)
    .filter(([, balanced]) => !balanced)
    .map(([books]) => books);
}

/** Nothing is under way any more and the books agree. */
export function isQuiet({ exchanges, shadow, spans, balance }: Status): boolean {
  const underWay = exchanges.in_flight + shadow.in_flight + spans.queued;
  return underWay === 0 && balance.exchanges && balance.shadow && balance.spans;
}
