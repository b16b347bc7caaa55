/**
 * The closed list of ways in which an exchange can end. Every exchange that is seen ends in exactly one of
 * them; `ledger.ts` keeps the sums. The words are the `outcome` label of `twinspan_exchanges_total` and the
 * keys of `/status`.
 */
export const notFollowed = [
  'loop_guard',
  'route_unmatched',
  'method_not_allowed',
  'side_effect_guard',
  'upgrade',
  'local_reply',
  'protocol_unsupported',
  'sampled_out',
  'paused',
  'expired',
  'unsafe_envoy_mode',
  'header_invalid',
] as const;

export const dropped = [
  'over_capacity',
  'loop_lag',
  'bytes_exhausted',
  'queue_full',
  'over_rate',
  'circuit_open',
  'body_too_large',
  'live_upstream_failed',
  'live_aborted',
  'live_incomplete',
  'shutdown',
  'internal',
] as const;

export const failedAtShadow = [
  'shadow_connect',
  'shadow_timeout',
  'shadow_reset',
  'shadow_malformed',
  'shadow_too_large',
] as const;

export const compared = ['match', 'mismatch', 'incomparable'] as const;

export type NotFollowed = (typeof notFollowed)[number];
export type Dropped = (typeof dropped)[number];
export type FailedAtShadow = (typeof failedAtShadow)[number];
export type Compared = (typeof compared)[number];
export type Outcome = NotFollowed | Dropped | FailedAtShadow | Compared | 'control';

export const outcomes: readonly Outcome[] = [
  ...notFollowed,
  ...dropped,
  ...failedAtShadow,
  ...compared,
  'control',
];

export type OutcomeClass = 'not_followed' | 'dropped' | 'failed' | 'compared' | 'control';

const classes = new Map<Outcome, OutcomeClass>([
  ...notFollowed.map((outcome) => [outcome, 'not_followed'] as const),
  ...dropped.map((outcome) => [outcome, 'dropped'] as const),
  ...failedAtShadow.map((outcome) => [outcome, 'failed'] as const),
  ...compared.map((outcome) => [outcome, 'compared'] as const),
  ['control', 'control'] as const,
]);

export function classOf(outcome: Outcome): OutcomeClass {
  return classes.get(outcome)!;
}

/** `route` label of an exchange that was shed before anything of it was read. */
export const unreadRoute = '~unread';
/** `route` label of an exchange that ended before or without a route: loop guard, paused, no route matches. */
export const unmatchedRoute = '~unmatched';
