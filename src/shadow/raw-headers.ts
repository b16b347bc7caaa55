/**
 * Header fields as the HTTP client's parser leaves them (name, value, name, value as bytes) as a HeaderList:
 * order and duplicates kept, one character per byte.
 */
import { HeaderList } from '../base/header-list.ts';

/** Anything but an array has no fields: an answer without trailers. */
export function headerListOf(raw: unknown): HeaderList {
  if (!Array.isArray(raw) || raw.length === 0) return HeaderList.empty;
  const flat: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    flat.push(textOf(raw[index]).toLowerCase(), withoutTrailingSpace(textOf(raw[index + 1])));
  }
  return new HeaderList(flat);
}

function textOf(bytes: unknown): string {
  return Buffer.isBuffer(bytes) ? bytes.toString('latin1') : String(bytes);
}

/**
 * Whitespace around a value is no part of it (RFC 9110 section 5.5). Envoy takes it off the live side, the
 * parser only at the front. Not `trimEnd`, which would take obs-text such as 0xa0 with it.
 */
function withoutTrailingSpace(value: string): string {
  let end = value.length;
  while (end > 0 && (value[end - 1] === ' ' || value[end - 1] === '\t')) end -= 1;
  return end === value.length ? value : value.slice(0, end);
}
