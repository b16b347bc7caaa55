/**
 * Where the lexemes of JSON text end (RFC 8259 sections 2, 6 and 7), found on its bytes. Each function takes the
 * place at which a lexeme begins and looks at each byte once; none decodes, converts or throws.
 */
export const quote = 0x22;
export const comma = 0x2c;
export const colon = 0x3a;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const minus = 0x2d;
export const zero = 0x30;
export const nine = 0x39;
export const point = 0x2e;

const backslash = 0x5c;
const plus = 0x2b;

/** The first place at or after `position` that is no white space. */
export function skipSpace(bytes: Buffer, position: number): number {
  for (; position < bytes.length; position++) {
    const byte = bytes[position]!;
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
  }
  return position;
}

/** The end of the string whose opening quote is at `start`, negative when it has escapes; 0 when it is none. */
export function stringEnd(bytes: Buffer, start: number): number {
  let escapes = false;
  for (let position = start + 1; position < bytes.length; position++) {
    const byte = bytes[position]!;
    if (byte === quote) return escapes ? -(position + 1) : position + 1;
    if (byte < 0x20) return 0;
    if (byte === backslash) {
      escapes = true;
      position = escapeEnd(bytes, position);
      if (position === 0) return 0;
    }
  }
  return 0;
}

/** The last byte of the escape whose backslash is at `start`; 0 when it is none. */
function escapeEnd(bytes: Buffer, start: number): number {
  switch (bytes[start + 1] ?? 0) {
    case quote:
    case backslash:
    case 0x2f: // slash
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return start + 1;
    case 0x75: // u
      for (let position = start + 2; position < start + 6; position++) {
        if (!isHexadecimal(bytes[position])) return 0;
      }
      return start + 5;
    default:
      return 0;
  }
}

function isHexadecimal(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  if (byte >= zero && byte <= nine) return true;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66;
}

/** The end of the number at `start`; 0 when it is none. */
export function numberEnd(bytes: Buffer, start: number): number {
  const whole = bytes[start] === minus ? start + 1 : start;
  let position = bytes[whole] === zero ? whole + 1 : digitsEnd(bytes, whole);
  if (position === whole) return 0;
  if (bytes[position] === point) {
    const fraction = position + 1;
    position = digitsEnd(bytes, fraction);
    if (position === fraction) return 0;
  }
  if (bytes[position] === 0x65 || bytes[position] === 0x45) {
    const sign = bytes[position + 1];
    const exponent = sign === plus || sign === minus ? position + 2 : position + 1;
    position = digitsEnd(bytes, exponent);
    if (position === exponent) return 0;
  }
  return position;
}

function digitsEnd(bytes: Buffer, position: number): number {
  for (; position < bytes.length; position++) {
    const byte = bytes[position]!;
    if (byte < zero || byte > nine) break;
  }
  return position;
}

/** Whether the ASCII `word` stands at `position`. */
export function wordAt(bytes: Buffer, position: number, word: string): boolean {
  for (let index = 0; index < word.length; index++) {
    if (bytes[position + index] !== word.charCodeAt(index)) return false;
  }
  return true;
}
