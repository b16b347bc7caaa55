/**
 * What two answers to the same request have in common and where they differ: the noun that leaves the last
 * station that may see a body. It holds pointers, kinds and lengths; values only where the route says
 * `show: values`.
 */
import type { Compared } from '../exchange/outcome.ts';
import type { Digest } from './digest.ts';
import type { ComparisonNote } from './text-notes.ts';

export type { ComparisonNote };
import type { PredictionComparison } from './prediction.ts';

/** The closed vocabulary of differences. */
export type DifferenceKind =
  | 'status'
  | 'content_type'
  | 'header_missing'
  | 'header_extra'
  | 'header_value'
  | 'missing'
  | 'extra'
  | 'type'
  | 'value'
  | 'length'
  | 'order'
  | 'text'
  | 'bytes'
  | 'trailer';

/** Why a value may be new in each answer, whichever version gives it. */
export type Volatility = 'uuid' | 'timestamp' | 'counter' | 'identifier';

export interface Difference {
  readonly kind: DifferenceKind;
  /**
   * JSON Pointer (RFC 6901). The kind says into what: the fields of the header or trailer section (`/content-type`),
   * else the body; the empty pointer is the whole of it, and the status.
   */
  readonly pointer: string;
  /**
   * What a person counts by, unambiguous over all kinds: a body pointer with array indexes as `*` and keys that
   * are no identifiers as `{key}` (keys can be data), or `status`, `header:NAME`, `trailer:NAME`, `body` (its whole).
   */
  readonly group: string;
  /** An API or data structure changed: status class, content type, missing, extra, type. */
  readonly contract: boolean;
  /** Only where the route shows values: JSON text, at most 256 characters, of either side. */
  readonly live?: string;
  readonly shadow?: string;
  /** Of values that are not shown, of the first 20 differences; not under a name that hides values. */
  readonly digests?: { readonly live?: Digest; readonly shadow?: Digest };
  /** Of a `value`, as far as this pair and the one before tell. */
  readonly volatility?: Volatility;
  /** Of two numbers, not both integers: |a-b| / max(|a|, |b|), rounded up to two digits; not under a name that hides values. */
  readonly relativeDistance?: number;
}

/** A difference that a rule took out: ignored is not equal, so it is kept and counted. */
export interface Ignored {
  readonly pointer: string;
  /** The rule as it stands in the configuration. */
  readonly rule: string;
}

export type IncomparableReason =
  'decode_error' | 'decode_limit' | 'compare_timeout' | 'truncated' | 'degraded' | 'conditional';

export interface Comparison {
  readonly result: Compared;
  /** Only of `incomparable`. */
  readonly reason?: IncomparableReason;
  /** Any contract difference among all that were found, also those beyond the kept ones. */
  readonly contract: boolean;
  /** Which parts differ; differences that were ignored do not count. */
  readonly differs: { readonly status: boolean; readonly headers: boolean; readonly body: boolean };
  /** At most 100, in the order in which they were found. */
  readonly differences: readonly Difference[];
  /** How many there are, kept or not. */
  readonly differenceCount: number;
  readonly ignored: readonly Ignored[];
  readonly ignoredCount: number;
  /** Oddities of the texts that were compared; absent when there are none. */
  readonly notes?: readonly ComparisonNote[];
  /** Only where the route names a prediction and at least one answer holds one. */
  readonly prediction?: PredictionComparison;
  /**
   * One value for each configured segment: a listed one in clear, another as `h:` and a keyed hash, `~none` when the
   * request has none.
   */
  readonly segments?: Readonly<Record<string, string>>;
}
