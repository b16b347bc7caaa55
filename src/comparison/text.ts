/**
 * Where two texts part: the first line that is not the same, byte for byte. The line itself is never shown, since
 * a text has no names by which to tell a secret.
 */

/** Compared at once by the runtime before the exact place is looked for byte by byte. */
const blockBytes = 4096;
const lineFeed = 0x0a;

/** The index of the first line that differs, 0 for the first one. The texts must differ. */
export function firstDifferingLine(live: Buffer, shadow: Buffer): number {
  const end = firstDifferingByte(live, shadow);
  let line = 0;
  for (let position = live.indexOf(lineFeed); position >= 0 && position < end;) {
    line++;
    position = live.indexOf(lineFeed, position + 1);
  }
  return line;
}

function firstDifferingByte(live: Buffer, shadow: Buffer): number {
  const shorter = Math.min(live.length, shadow.length);
  let position = 0;
  while (position + blockBytes <= shorter) {
    const end = position + blockBytes;
    if (live.compare(shadow, position, end, position, end) !== 0) break;
    position = end;
  }
  while (position < shorter && live[position] === shadow[position]) position++;
  return position;
}
