/**
 * What the counts of a group of differences say of the values behind them: whether they have the form of something that
 * is new in each answer, how close numbers are, whether null and a missing key stand for each other.
 */
import type { GroupSide } from './report.ts';

/** Of the values that differ, how many must look volatile: the first of a place never does. */
export const leastVolatile = 0.9;
/** Requests that are under way at once are counted in another order than they begin. */
const leastRising = 0.8;

/** A rule that passes over these differences alone and still checks the form. */
export function ruleOfForm(side: GroupSide): 'unordered' | 'timestamp' | 'uuid' | undefined {
  const kinds = kindsOf(side);
  if (kinds === 'order') return 'unordered';
  if (kinds !== 'value') return undefined;
  for (const form of ['timestamp', 'uuid'] as const) {
    if (shareOfValues(side, side.volatility[form]) >= leastVolatile) return form;
  }
  return undefined;
}

/** Whether the values are ids or counters, which no rule but `ignore` passes over. */
export function isVolatile(side: GroupSide): boolean {
  const { identifier, counter } = side.volatility;
  if (kindsOf(side) !== 'value') return false;
  return (
    shareOfValues(side, identifier) >= leastVolatile || shareOfValues(side, counter) >= leastRising
  );
}

function shareOfValues({ values }: GroupSide, count = 0): number {
  return values === 0 ? 0 : count / values;
}

/** The tolerance within which all numbers here are, when they are close. */
export function closenessOf(side: GroupSide, largest: number): number | undefined {
  const { values, measured, maxRelativeDistance: distance } = side;
  if (kindsOf(side) !== 'value' || measured < values) return undefined;
  return distance === null || distance > largest ? undefined : roundedUp(distance);
}

/** Half of the last digit of single precision (IEEE 754), as a share of the number, rounded up: 2^-24. */
const singlePrecision = 6e-8;
/** What additions in another order leave in double precision is below this by far, and so is what anybody looks for. */
const doublePrecision = 1e-12;

/**
 * To one digit, or to what the rounding does that it looks like: the largest of some distances is seldom the largest
 * that there can be.
 */
function roundedUp(distance: number): number {
  if (distance <= doublePrecision / 10) return doublePrecision;
  if (distance <= singlePrecision && distance >= singlePrecision / 10) return singlePrecision;
  const unit = 10 ** Math.floor(Math.log10(distance));
  return Number((Math.ceil(distance / unit - 1e-9) * unit).toPrecision(1));
}

/** Whether a key is only ever missing where the other side has null. */
export function isNullOrMissing({ kinds, lone, loneNull }: GroupSide): boolean {
  const others = Object.keys(kinds).filter((kind) => kind !== 'missing' && kind !== 'extra');
  return others.length === 0 && lone > 0 && loneNull === lone;
}

const durations = new Set(['took', 'elapsed', 'duration', 'latency', 'runtime']);
const units = new Set(['ns', 'us', 'ms', 'nanos', 'micros', 'millis', 'seconds', 'secs']);

/** Whether a field that differs by value is, by its name, the time that something took. */
export function isDuration(place: string, side: GroupSide): boolean {
  if (kindsOf(side) !== 'value') return false;
  const words = place
    .slice(place.lastIndexOf('/') + 1)
    .split(/[-_]|(?<=[a-z])(?=[A-Z])/)
    .map((word) => word.toLowerCase());
  return words.some((word) => durations.has(word)) || units.has(words.at(-1)!);
}

function kindsOf({ kinds }: GroupSide): string {
  return Object.keys(kinds).join();
}
