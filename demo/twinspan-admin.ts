/** What twinspan's admin interface answers, as far as the demo reads it. */

import type { AgreementDescription } from '../src/report/agreement/agreement-description.ts';
import type { Verdict } from '../src/verdict/verdict.ts';
import { getJson } from './http-json.ts';

/** `/status`. */
export type Status = {
  readonly exchanges: {
    readonly seen: number;
    readonly in_flight: number;
    readonly outcomes: Outcomes;
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

/** How often each outcome occurred. */
export type Outcomes = Readonly<Record<string, number>>;

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

/** Path of the verdict on that version of the shadow. */
export function verdictPath(shadowVersion: string): string {
  return `/v1/verdict?shadow=${encodeURIComponent(shadowVersion)}`;
}

/** Path of the agreement of that route, in the experiment that runs now. */
export function agreementPath(route: string): string {
  return `/v1/agreement?route=${encodeURIComponent(route)}`;
}

/** Asks for `/status`; throws when it is not answered. */
export async function readStatus(adminUrl: string): Promise<Status> {
  return (await getJson(`${adminUrl}/status`)) as Status;
}

/** Asks for the verdict on a version of the shadow; throws when it is not answered. */
export async function readVerdict(adminUrl: string, shadowVersion: string): Promise<Verdict> {
  return (await getJson(adminUrl + verdictPath(shadowVersion))) as Verdict;
}

/** Asks for the agreement of a route; `undefined` when nothing of it was compared. Throws when it is not answered. */
export async function readAgreement(
  adminUrl: string,
  route: string,
): Promise<AgreementDescription | undefined> {
  const [found] = (await getJson(adminUrl + agreementPath(route))) as AgreementDescription[];
  return found;
}

/** The newest pairs whose answers differ; throws when they are not answered. */
export async function readMismatches(adminUrl: string): Promise<readonly PairRow[]> {
  const url = `${adminUrl}/v1/pairs?result=mismatch`;
  return ((await getJson(url)) as { pairs: PairRow[] }).pairs;
}

/** How many of the outcomes were pairs that were compared. */
export function comparedCount(outcomes: Outcomes): number {
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
