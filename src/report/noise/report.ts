/**
 * The JSON of `/v1/noise`: what was counted, with intervals, beside the rules in force. Every key is there, and null is
 * what is not known.
 */
import type { DifferenceKind, Volatility } from '../../comparison/comparison.ts';
import type { OffsetSummary } from './offsets.ts';
import { wilsonInterval } from '../agreement/proportion.ts';

export interface NoiseReport {
  readonly schema: 'twinspan.noise/1';
  readonly routes: readonly RouteNoise[];
}

export interface RouteNoise {
  readonly route: string;
  /** ISO 8601: counts begin anew when the rules of the route change. */
  readonly since: string;
  readonly compare: CompareRules;
  readonly prediction: PredictionPlaces | null;
  readonly control: SideNoise;
  readonly shadow: SideNoise;
  /** Where live differs from itself most comes first. */
  readonly groups: readonly GroupNoise[];
  /** Differences in groups that are not among them, because there are too many. */
  readonly groupsBeyond: number;
  /** What the rules in force took out, by the name that `ignored` of `/v1/pairs` gives them. */
  readonly rules: readonly RuleNoise[];
}

export interface SideNoise {
  /** Pairs that were compared; the others are `incomparable`. */
  readonly pairs: number;
  readonly differing: number;
  readonly incomparable: number;
  /** Pairs with more differences than are kept, of which some groups may not have been seen. */
  readonly cut: number;
  /** The other side's service time minus live's. */
  readonly latencyOffset: OffsetSummary | null;
}

export interface GroupNoise {
  readonly group: string;
  readonly control: GroupSide;
  readonly shadow: GroupSide;
  /** The shadow's share minus the control's, with a 95 % interval; null unless both have pairs. */
  readonly excess: Share | null;
}

export interface GroupSide extends Omit<GroupCell, 'maxRelativeDistance'> {
  /** Of the pairs, with a 95 % interval; null without pairs. */
  readonly share: Share | null;
  readonly maxRelativeDistance: number | null;
}

export interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** In how many pairs a rule took a difference out. */
export interface RuleNoise {
  readonly rule: string;
  readonly control: number;
  readonly shadow: number;
}

/** What was seen of one group on one side. */
export interface GroupCell {
  /** Pairs with a difference that no rule took out. */
  differed: number;
  /** Pairs in which the API or data structure differed. */
  contract: number;
  readonly kinds: Partial<Record<DifferenceKind, number>>;
  /** Differences of values, each one; the hints below are about these. */
  values: number;
  readonly volatility: Partial<Record<Volatility, number>>;
  /** How many were of numbers whose distance may be told, and the largest of these distances. */
  measured: number;
  maxRelativeDistance: number;
  /** Differences of kind `missing` or `extra` of which it is known what the one side has, and how many of these are null. */
  lone: number;
  loneNull: number;
  /** Pairs in which all values that differ can be told apart, and in how many of these they only changed places, by array. */
  placed: number;
  readonly moved: Record<string, number>;
}

/** A route of the configuration: `compare` with all its defaults. */
export interface RouteRules {
  readonly name: string;
  readonly compare: CompareRules;
  readonly prediction?: PredictionPlaces | undefined;
}

export interface CompareRules {
  readonly ignore: readonly string[];
  readonly unordered: readonly string[];
  readonly keyed: Readonly<Record<string, string>>;
  readonly tolerance: Bounds & { readonly paths: Readonly<Record<string, Bounds>> };
  readonly nullEqualsMissing: readonly string[];
  readonly normalize: Readonly<
    Record<'timestamp' | 'uuid' | 'lowercase' | 'trim', readonly string[]>
  >;
  readonly headers: readonly string[];
  readonly conditional: string;
  readonly show: string;
}

export interface Bounds {
  readonly relative: number;
  readonly absolute: number;
}

/** Where the answers of a route predict something. */
export interface PredictionPlaces {
  readonly preset?: string;
  readonly label?: string;
  readonly score?: string;
  readonly ranking?: string;
}

export function groupCell(): GroupCell {
  return {
    differed: 0,
    contract: 0,
    kinds: {},
    values: 0,
    volatility: {},
    measured: 0,
    maxRelativeDistance: 0,
    lone: 0,
    loneNull: 0,
    placed: 0,
    moved: {},
  };
}

export function reportCell(cell: GroupCell, pairs: number): GroupSide {
  const { maxRelativeDistance, ...counts } = cell;
  return {
    ...counts,
    share: shareOf(cell.differed, pairs) ?? null,
    maxRelativeDistance: cell.measured === 0 ? null : maxRelativeDistance,
  };
}

interface Counted {
  readonly raw: number;
  readonly of: number;
}

/** The difference of two independent shares; its interval is Newcombe's (1998, method 10), made of Wilson's. */
export function reportExcess(shadow: Counted, control: Counted): Share | null {
  const one = shareOf(shadow.raw, shadow.of);
  const other = shareOf(control.raw, control.of);
  if (one === undefined || other === undefined) return null;
  const value = one.value - other.value;
  return {
    value: rounded(value),
    low: rounded(value - Math.hypot(one.value - one.low, other.high - other.value)),
    high: rounded(value + Math.hypot(one.high - one.value, other.value - other.low)),
  };
}

/** Wilson's interval (1927), which holds also near 0 and 1. */
function shareOf(count: number, of: number): Share | undefined {
  if (of === 0) return undefined;
  const { low, high } = wilsonInterval(count / of, of);
  return { value: rounded(count / of), low: rounded(low), high: rounded(high) };
}

/** To a millionth, which no number of pairs tells. */
function rounded(share: number): number {
  return Math.round(share * 1e6) / 1e6;
}
