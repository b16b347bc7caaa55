/**
 * Header and trailer fields that are kept for a while: what they count in the byte budget, and strings that do not
 * keep more alive than themselves. Names and values as they come from the wire are slices of the text of their whole
 * message, which lives as long as any one of them.
 */
import { HeaderList } from './header-list.ts';

/**
 * Of one message, headers and trailers together. So much takes nothing from the budget: it is a part of what each open
 * exchange counts anyway (`src/memory.ts`), and most messages never have more.
 */
export const freeHeaderBytes = 4 * 1024;

/** Two strings with their places in lists, and what frames them in a message. */
const fieldBytes = 96;
/** V8 copies a shorter slice (`SlicedString::kMinLength`). */
const shortestSlice = 13;

/** About how much memory the fields hold. */
export function headerBytes({ flat }: HeaderList): number {
  let bytes = (flat.length / 2) * fieldBytes;
  for (const text of flat) bytes += text.length;
  return bytes;
}

/** What the headers and trailers of one message take from the byte budget. */
export function headerRoom(headers: HeaderList, trailers = HeaderList.empty): number {
  return Math.max(0, headerBytes(headers) + headerBytes(trailers) - freeHeaderBytes);
}

/**
 * The same fields, with strings of their own when their message is a large one.
 * @param bytes of the whole message, where `section` is a part of it
 */
export function keptHeaders(section: HeaderList, bytes = headerBytes(section)): HeaderList {
  return bytes <= freeHeaderBytes ? section : new HeaderList(section.flat.map(ownText));
}

/** The same text (one character per byte), as a string that is no slice of a longer one. */
export function ownText(text: string): string {
  if (text.length < shortestSlice) return text;
  return Buffer.from(text, 'latin1').toString('latin1');
}
