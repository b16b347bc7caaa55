/**
 * JSON Pointers (RFC 6901) into a body, and the groups by which differences are counted. A key can be data (a
 * name, an address), so a key that does not look like an identifier leaves only where the route shows values.
 */

/** One step into a body: the unescaped key of an object, or the index in an array. */
export type Segment = string | number;

/** What stands for a key that is no identifier. */
const maskedKey = '{key}';
const identifier = /^[A-Za-z_][\w-]{0,63}$/;

/** Beyond it a pointer ends at the innermost container that fits: keys and nesting are the sender's choice. */
const maxPointerLength = 2048;

/** The exact pointer, or one in which keys that are no identifiers are `{key}`. */
export function pointerOf(path: readonly Segment[], keys: 'exact' | 'masked'): string {
  return join(path, (segment) => {
    if (typeof segment === 'number') return String(segment);
    return keys === 'exact' ? escapeSegment(segment) : maskKey(segment);
  });
}

/** The pointer with array indexes as `*` and keys that are no identifiers as `{key}`; `body` for the whole. */
export function groupOf(path: readonly Segment[]): string {
  if (path.length === 0) return 'body';
  return join(path, (segment) => (typeof segment === 'number' ? '*' : maskKey(segment)));
}

/** RFC 6901 section 3: `~` becomes `~0`, `/` becomes `~1`. */
export function escapeSegment(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** RFC 6901 section 4: `~1` first, or `~01` would become a slash. */
export function unescapeSegment(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** A key that can be shown anywhere. */
export function maskKey(key: string): string {
  return identifier.test(key) ? key : maskedKey;
}

function join(path: readonly Segment[], write: (segment: Segment) => string): string {
  const parts: string[] = [];
  let length = 0;
  for (const segment of path) {
    const part = `/${write(segment)}`;
    length += part.length;
    if (length > maxPointerLength) break;
    parts.push(part);
  }
  // At once: of a text that grows with each level V8 keeps an object a level, for as long as the pointer is kept.
  return parts.join('');
}
