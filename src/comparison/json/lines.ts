/**
 * JSON lines (NDJSON) as a JSON array of them, so that they are compared line by line and by the same rules. The first
 * line is `/0`; empty lines do not count.
 */
import { comma } from './lexeme.ts';
import { itemsOf, parseJson, type JsonReading } from './document.ts';

const lineFeed = 0x0a;
const space = 0x20;

/** The array of the lines; `malformed` unless each line that is not empty is one JSON text. As `parseJson`. */
export function parseJsonLines(body: Buffer, memory: Int32Array): JsonReading {
  // One byte before and one behind, and each line feed becomes a comma or a space, so that places stay what they are.
  const text = Buffer.allocUnsafe(body.length + 2);
  text[0] = 0x5b;
  body.copy(text, 1);
  text[text.length - 1] = 0x5d;
  const feeds: number[] = [];
  let hasLine = false;
  for (let start = 1; start < text.length - 1;) {
    const feed = text.indexOf(lineFeed, start);
    const end = feed < 0 ? text.length - 1 : feed;
    if (!isBlank(text, start, end)) {
      if (hasLine) text[start - 1] = comma;
      hasLine = true;
    }
    if (feed >= 0) {
      text[feed] = space;
      feeds.push(feed);
    }
    start = end + 1;
  }
  const reading = parseJson(text, memory);
  return reading.kind !== 'document' || isOneALine(reading, feeds)
    ? reading
    : { kind: 'malformed' };
}

function isBlank(text: Buffer, start: number, end: number): boolean {
  for (let position = start; position < end; position++) {
    const byte = text[position]!;
    if (byte !== space && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}

/** Whether no line has two values, and no value two lines. */
function isOneALine(
  document: Extract<JsonReading, { kind: 'document' }>,
  feeds: readonly number[],
): boolean {
  let line = 0;
  let previous = -1;
  for (const item of itemsOf(document, 0)) {
    const start = document.nodes[item + 1]!;
    while (line < feeds.length && feeds[line]! < start) line++;
    if (line === previous) return false;
    previous = line;
    if (line < feeds.length && feeds[line]! < document.nodes[item + 2]!) return false;
  }
  return true;
}
