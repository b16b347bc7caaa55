/** Faults of the shadow. Each is proven by the outcome that belongs to it, and by what the shadow itself has had. */
import { atLeast, outcome, that } from './proof.ts';
import type { Row } from './row.ts';
import type { ShadowMode } from './shadow-modes.ts';

/** As many as the breaker lets pass before it opens. */
const beforeBreaker = 5;

interface Illness {
  readonly shadow: ShadowMode;
  readonly outcome: string;
  /** Exchanges that must have that outcome. Default: `beforeBreaker`. */
  readonly least?: number;
  readonly inShort?: boolean;
  readonly rssGrowthMiB?: number;
}

const illnesses: readonly Illness[] = [
  { shadow: 'hangs on accept', outcome: 'shadow_timeout', inShort: true },
  { shadow: 'hangs on headers', outcome: 'shadow_timeout' },
  { shadow: 'hangs mid-body', outcome: 'shadow_timeout' },
  { shadow: 'drips a byte a second', outcome: 'shadow_timeout' },
  { shadow: 'resets the connection', outcome: 'shadow_reset', inShort: true },
  { shadow: 'resets mid-body', outcome: 'shadow_reset' },
  { shadow: 'refuses', outcome: 'shadow_connect' },
  { shadow: 'answers garbage', outcome: 'shadow_malformed' },
  // Unpacked up to the limit of the comparison, by a worker that is started for it.
  { shadow: 'answers a gzip bomb', outcome: 'incomparable', inShort: true, rssGrowthMiB: 192 },
  // Most of them end by their timeout: a machine has to be fast to have 64 MiB of each in a second.
  { shadow: 'answers 100 MB', outcome: 'shadow_too_large', least: 1, rssGrowthMiB: 192 },
  { shadow: 'answers 100 k headers', outcome: 'shadow_too_large' },
  { shadow: 'redirects to itself', outcome: 'mismatch' },
];

export const shadowRows: readonly Row[] = [
  ...illnesses.map(rowOf),
  {
    name: "shadow's name does not resolve",
    seconds: 5,
    // RFC 6761: a name that never does.
    sections: { shadow: { url: 'http://shadow.invalid:80' } },
    proof: (seen) => [
      outcome(seen, ['shadow_connect'], beforeBreaker),
      that(seen.shadowRequests === 0, 'no request at the shadow'),
    ],
  },
];

function rowOf({ shadow, outcome: name, least, inShort, rssGrowthMiB }: Illness): Row {
  const due = least ?? beforeBreaker;
  return {
    name: `shadow ${shadow}`,
    seconds: 5,
    ...(inShort === true && { shortSeconds: 1.5 }),
    ...(rssGrowthMiB !== undefined && { rssGrowthMiB }),
    shadow,
    proof: (seen) => [
      outcome(seen, [name], due),
      shadow === 'refuses'
        ? that(seen.shadowRequests === 0, 'no request at the shadow')
        : atLeast(due, seen.shadowRequests, 'requests at the shadow'),
    ],
  };
}
