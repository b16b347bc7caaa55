/** How the counts of `/status` grew between two readings of it. */

import type { Outcomes, Status } from './twinspan-admin.ts';

/** How the outcomes grew; those that did not are left out. Without `before` they grew from nothing. */
export function outcomesSince(before: Outcomes | undefined, after: Outcomes): Outcomes {
  const growth = Object.entries(after).map(
    ([outcome, number]) => [outcome, number - (before?.[outcome] ?? 0)] as const,
  );
  return Object.fromEntries(growth.filter(([, number]) => number > 0));
}

/** The later reading with what has come since the earlier one: exchanges and requests to the shadow. */
export function statusSince(before: Status, after: Status): Status {
  const { exchanges, shadow } = after;
  return {
    ...after,
    exchanges: {
      ...exchanges,
      seen: exchanges.seen - before.exchanges.seen,
      outcomes: outcomesSince(before.exchanges.outcomes, exchanges.outcomes),
    },
    shadow: {
      ...shadow,
      sent: shadow.sent - before.shadow.sent,
      answered: shadow.answered - before.shadow.answered,
      failed: shadow.failed - before.shadow.failed,
    },
  };
}
