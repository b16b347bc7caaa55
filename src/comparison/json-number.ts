/**
 * Equality of JSON numbers by the value that is written, without loss: `1.0` equals `1`, `1e2` equals `100`, `-0`
 * equals `0`, and 9007199254740993 does not equal 9007199254740992, although a double holds both as the same.
 */

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
