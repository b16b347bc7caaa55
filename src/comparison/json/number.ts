/**
 * Equality of JSON numbers by the value that is written, without loss: `1.0` equals `1`, `1e2` equals `100`, `-0`
 * equals `0`, and 9007199254740993 does not equal 9007199254740992, although a double holds both as the same. The
 * same holds for how far two numbers are from each other.
 */

/** Bounds, 0 or more, within which two numbers are taken for the same. */
export interface Tolerance {
  /** A share of the larger number. */
  readonly relative: number;
  readonly absolute: number;
}

export const noTolerance: Tolerance = Object.freeze({ relative: 0, absolute: 0 });

/** Takes the texts of two numbers. `NaN` and the infinities equal only themselves. */
export function sameNumber(live: string, shadow: string): boolean {
  if (live === shadow) return true;
  // Reading a number as a double loses digits but is a function of its value, so unequal doubles settle it.
  if (Number(live) !== Number(shadow)) return false;
  const one = decimalOf(live);
  const other = decimalOf(shadow);
  if (one === undefined || other === undefined) return false;
  if (one.digits === '' || other.digits === '') return one.digits === other.digits;
  return (
    one.negative === other.negative &&
    one.digits === other.digits &&
    one.exponent === other.exponent
  );
}

/** Doubles are off by at most this share of the numbers that they stand for; with room for three roundings. */
const doubleError = 2 ** -50;

/**
 * Whether |a-b| <= max(absolute, relative * max(|a|, |b|)), where the bounds are the decimals that they are written
 * as, so that 0.4 and 0.3 are within 0.1. Numbers beyond the range of a double are within no tolerance of others.
 */
export function withinTolerance(live: string, shadow: string, tolerance: Tolerance): boolean {
  if (tolerance.relative === 0 && tolerance.absolute === 0) return sameNumber(live, shadow);
  const one = Number(live);
  const other = Number(shadow);
  if (!Number.isFinite(one) || !Number.isFinite(other)) return false;
  const larger = Math.max(Math.abs(one), Math.abs(other));
  const distance = Math.abs(one - other);
  const bound = Math.max(tolerance.absolute, tolerance.relative * larger);
  const unsure = doubleError * (larger + bound);
  if (distance > bound + unsure) return false;
  if (distance < bound - unsure) return true;
  return withinExactly(live, shadow, tolerance);
}

function withinExactly(live: string, shadow: string, { relative, absolute }: Tolerance): boolean {
  const decimals = [live, shadow, String(relative), String(absolute)].map(finiteDecimalOf);
  const least = decimals.reduce(
    (exponent, { exponent: own }) => (own < exponent ? own : exponent),
    0n,
  );
  const scale = 10n ** -least;
  const [one, other, share, amount] = decimals.map((decimal) => scaled(decimal, least)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const larger = magnitude(one) > magnitude(other) ? magnitude(one) : magnitude(other);
  const distance = magnitude(one - other);
  return distance <= amount || distance * scale <= share * larger;
}

/** Of a number that a double holds; what is too small for it is zero. */
function finiteDecimalOf(text: string): Decimal {
  const decimal = Number(text) === 0 ? undefined : decimalOf(text);
  return decimal ?? { negative: false, digits: '', exponent: 0n };
}

function scaled({ negative, digits, exponent }: Decimal, least: bigint): bigint {
  const value = BigInt(digits) * 10n ** (exponent - least);
  return negative ? -value : value;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** A text that is the same exactly for numbers that are equal. */
export function canonicalNumber(text: string): string {
  const decimal = decimalOf(text);
  if (decimal === undefined) return text;
  const { negative, digits, exponent } = decimal;
  return digits === '' ? '0' : `${negative ? '-' : ''}${digits}e${exponent}`;
}

/** `digits` x 10^`exponent`, where `digits` neither begins nor ends with a zero and is empty for zero. */
interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  /** An exponent is written with as many digits as one likes. */
  readonly exponent: bigint;
}

function decimalOf(text: string): Decimal | undefined {
  const negative = text.startsWith('-');
  const lower = (negative ? text.slice(1) : text).toLowerCase();
  const [mantissa = '', exponent = '0'] = lower.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const written = whole + fraction;
  // Only the bare words have anything but digits here.
  if (!/^\d/.test(written)) return undefined;
  let first = 0;
  while (written[first] === '0') first++;
  let end = written.length;
  while (end > first && written[end - 1] === '0') end--;
  return {
    negative,
    digits: written.slice(first, end),
    exponent: BigInt(exponent) - BigInt(fraction.length) + BigInt(written.length - end),
  };
}
