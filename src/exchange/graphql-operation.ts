/**
 * Whether a GraphQL document does more than read. In doubt it does: a text that speaks of a mutation or a
 * subscription and cannot be read to its end counts as one.
 */

/** A longer document is not read: customers decide how long it is. */
const maxLength = 16_384;

/** An ignored comment, the begin of a string, a name, or one other character (GraphQL, section 2.1). */
const token = /#[^\n\r\u2028\u2029]*|"""|"|[a-z_]\w*|[^\s,\ufeff]/iy;
const ignored = /[\s,\ufeff]*/y;
const restOfString = /(?:[^"\\\n\r]|\\.)*"/y;
/** `\"""` stands for three quotes inside a block string. */
const restOfBlockString = /(?:[^"\\]|\\"""|\\(?!""")|"(?!""))*"""/y;

/** What stands before a name that only happens to be that of an operation type. */
const beforeNames = new Set(['query', 'fragment', 'on', '$', '@']);

/**
 * True when one of the document's operations is a mutation or a subscription, whichever of them is to be
 * executed. `document` may be any text, for instance one that is searched for.
 */
export function mayWrite(document: string): boolean {
  // No operation without a selection set.
  if (!/mutation|subscription/i.test(document) || !document.includes('{')) return false;
  if (document.length > maxLength) return true;
  let depth = 0;
  let before = '';
  let at = after(ignored, document, 0)!;
  while (at < document.length) {
    token.lastIndex = at;
    const [found] = token.exec(document)!;
    let end: number | undefined = token.lastIndex;
    if (found === '"') end = after(restOfString, document, end);
    else if (found === '"""') end = after(restOfBlockString, document, end);
    else if (/^[{([]$/.test(found)) depth += 1;
    else if (/^[})\]]$/.test(found)) depth -= 1;
    else if (depth === 0 && /^(?:mutation|subscription)$/i.test(found)) {
      if (!beforeNames.has(before)) return true;
    }
    if (end === undefined || depth < 0) return true;
    if (!found.startsWith('#')) before = found.toLowerCase();
    at = after(ignored, document, end)!;
  }
  return depth > 0;
}

/** Where a match of `pattern` (sticky) that begins at `at` ends. */
function after(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
