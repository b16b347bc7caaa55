/** What twinspan's admin interface answers, as far as the demo reads it: `/status` and `/v1/pairs`. */

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

/** Nothing is under way any more and the books agree. */
export function isQuiet({ exchanges, shadow, spans, balance }: Status): boolean {
  const underWay = exchanges.in_flight + shadow.in_flight + spans.queued;
  return underWay === 0 && balance.exchanges && balance.shadow && balance.spans;
}
