/**
 * How many characters of one text have to be put in, left out or replaced to get the other (Levenshtein distance), 32
 * of them at a time: the columns of the usual table as differences of one bit (Myers 1999, Journal of the ACM 46(3);
 * in the form of Hyyrö 2003 for texts of more than one word). Characters are UTF-16 code units.
 */

/** Steps that `editDistance` takes for texts of these lengths. */
export function editSteps(one: string, other: string): number {
  return Math.ceil(one.length / 32) * other.length;
}

export function editDistance(one: string, other: string): number {
  if (one.length === 0) return other.length;
  const blocks = Math.ceil(one.length / 32);
  const places = placesOf(one, blocks);
  const nowhere = new Int32Array(blocks);
  // Where the column rises, and where it falls, from one character of `one` to the next.
  const rises = new Int32Array(blocks).fill(-1);
  const falls = new Int32Array(blocks);
  const lastBit = 1 << ((one.length - 1) % 32);
  let distance = one.length;
  for (let column = 0; column < other.length; column++) {
    const equal = places.get(other.charCodeAt(column)) ?? nowhere;
    // The first row of the table rises by one with each column.
    let carry = 1;
    for (let block = 0; block < blocks; block++) {
      const rise = rises[block]!;
      const fall = falls[block]!;
      let match = equal[block]!;
      const vertical = match | fall;
      if (carry < 0) match |= 1;
      const horizontal = (((match & rise) + rise) ^ rise) | match;
      let up = fall | ~(horizontal | rise);
      let down = rise & horizontal;
      const top = block === blocks - 1 ? lastBit : 1 << 31;
      const next = (up & top) === 0 ? ((down & top) === 0 ? 0 : -1) : 1;
      up = (up << 1) | (carry > 0 ? 1 : 0);
      down = (down << 1) | (carry < 0 ? 1 : 0);
      rises[block] = down | ~(vertical | up);
      falls[block] = up & vertical;
      carry = next;
    }
    distance += carry;
  }
  return distance;
}

/** By character, the places where it stands, a bit each. */
function placesOf(text: string, blocks: number): Map<number, Int32Array> {
  const places = new Map<number, Int32Array>();
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    let bits = places.get(unit);
    if (bits === undefined) {
      bits = new Int32Array(blocks);
      places.set(unit, bits);
    }
    bits[index >>> 5]! |= 1 << (index & 31);
  }
  return places;
}
