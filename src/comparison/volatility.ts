/**
 * Whether two values that differ look like values that are new in each answer, whichever version gives it: an id, the
 * time, a counter. It is a hint for people who write rules, and decides nothing. Forms alone do not do, since an id may
 * also name a thing that is there to stay: both sides must have moved on since the answer before.
 */
import type { Volatility } from './comparison.ts';
import { isEpoch, isInstant, isUuid } from './value-form.ts';

/** Where and when two values stand. */
export interface Sighting {
  readonly lastSeen: LastSeen;
  readonly group: string;
  /** Unix milliseconds at which live was asked. */
  readonly requestedAtUnixMs: number;
}

interface Seen {
  readonly requestedAtUnixMs: number;
  readonly live: string;
  readonly shadow: string;
}

/** Places are keys of answers, so there is a bound to how many are remembered. */
const maxGroups = 200;
const maxGroupLength = 256;

/**
 * Requests that are under way at once are not counted in the order in which they begin, so that a counter is seen to
 * rise only over some of them.
 */
const maxSeen = 8;

/** The last ids and integers at each place of the answers of a route. They do not leave the comparison. */
export class LastSeen {
  readonly #byGroup = new Map<string, Seen[]>();

  /** Remembers what is there now, and answers what was there before, the oldest first. */
  add(group: string, seen: Seen): readonly Seen[] {
    const before = this.#byGroup.get(group);
    if (before === undefined) {
      const isFull = this.#byGroup.size >= maxGroups || group.length > maxGroupLength;
      if (!isFull) this.#byGroup.set(group, [seen]);
      return [];
    }
    const answered = [...before];
    before.push(seen);
    if (before.length > maxSeen) before.shift();
    return answered;
  }
}

/** No text of one of the forms is longer. */
const maxFormLength = 80;

/** Takes two texts that differ. */
export function volatilityOfTexts(
  live: string,
  shadow: string,
  sighting: Sighting,
): Volatility | undefined {
  if (live.length > maxFormLength || shadow.length > maxFormLength) return undefined;
  if (isInstant(live) && isInstant(shadow)) {
    return isNow(Date.parse(live), sighting) && isNow(Date.parse(shadow), sighting)
      ? 'timestamp'
      : undefined;
  }
  const form = isUuid(live) && isUuid(shadow) ? 'uuid' : 'identifier';
  const prefix = prefixOf(live);
  if (form === 'identifier' && (prefix === undefined || prefix !== prefixOf(shadow))) {
    return undefined;
  }
  const before = seenBefore(live, shadow, sighting);
  const isKnown = before.some((seen) => seen.live === live || seen.shadow === shadow);
  return before.length > 0 && !isKnown ? form : undefined;
}

/** An integer that a double holds. */
const integer = /^-?\d{1,15}$/;

/** Takes two numbers, as they are written, that differ. */
export function volatilityOfNumbers(
  live: string,
  shadow: string,
  sighting: Sighting,
): Volatility | undefined {
  const [one, other] = [Number(live), Number(shadow)];
  if (isEpoch(one) && isEpoch(other)) {
    if (isNow(unixMsOf(one), sighting) && isNow(unixMsOf(other), sighting)) return 'timestamp';
  }
  if (!integer.test(live) || !integer.test(shadow)) return undefined;
  const [before] = seenBefore(live, shadow, sighting);
  if (before === undefined) return undefined;
  // Answers end in another order than they begin.
  const sign = before.requestedAtUnixMs <= sighting.requestedAtUnixMs ? 1 : -1;
  const rise = sign * (one - Number(before.live));
  const otherRise = sign * (other - Number(before.shadow));
  return rise > 0 && otherRise > 0 ? 'counter' : undefined;
}

/**
 * |a-b| / max(|a|, |b|) of two numbers as they are written, rounded up to two digits; undefined for those that are no
 * finite doubles, and for two integers: these count or name something, and are not near to each other.
 */
export function relativeDistance(live: string, shadow: string): number | undefined {
  const [one, other] = [Number(live), Number(shadow)];
  if (Number.isInteger(one) && Number.isInteger(other)) return undefined;
  const larger = Math.max(Math.abs(one), Math.abs(other));
  const distance = Math.abs(one - other) / larger;
  return Number.isFinite(distance) ? roundedUp(distance) : undefined;
}

function roundedUp(value: number): number {
  if (value === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  // A quotient of doubles may be a hair above the integer that is meant.
  return Number((Math.ceil(value / unit - 1e-9) * unit).toPrecision(2));
}

function seenBefore(
  live: string,
  shadow: string,
  { lastSeen, group, requestedAtUnixMs }: Sighting,
): readonly Seen[] {
  return lastSeen.add(group, { requestedAtUnixMs, live, shadow });
}

/** Clocks of two machines, and answers that took their time. */
const maxDistanceMs = 10 * 60_000;

function isNow(unixMs: number, { requestedAtUnixMs }: Sighting): boolean {
  return Math.abs(unixMs - requestedAtUnixMs) <= maxDistanceMs;
}

/** Below it a number that `isEpoch` are seconds. */
const leastMilliseconds = 1e11;

function unixMsOf(epoch: number): number {
  return epoch < leastMilliseconds ? epoch * 1000 : epoch;
}

/** At least 16 letters and digits, with a digit among them, behind a word that says of what; ULID and hexadecimal too. */
const identifier = /^([A-Za-z]{1,16}[-_])?(?=[A-Za-z]*\d)[0-9A-Za-z]{16,64}$/;

function prefixOf(text: string): string | undefined {
  const found = identifier.exec(text);
  return found === null ? undefined : (found[1] ?? '');
}
