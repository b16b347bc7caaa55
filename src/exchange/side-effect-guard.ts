/**
 * Whether a request that a route would repeat has side effects after all, by what its head shows: it asks for
 * another method than its own, or for a GraphQL mutation, or has a query key or a path that the route keeps out.
 */
import { compileFoldedSearch, foldsTo } from '../base/header-name.ts';
import { overrideHeaders, overrideParameters } from '../base/method-override.ts';
import { mayWrite } from './graphql-operation.ts';
import type { RequestHead } from './message-head.ts';

export interface SideEffectGuard {
  readonly queryKeys: readonly string[];
  readonly paths: readonly string[];
}

const hasOverride = compileFoldedSearch(overrideHeaders);
/** PHP reads these as `_method` too. */
const mangledOverride = /^[.[]method$/;

/** Frameworks take no more either (1,000 in PHP and in Node's querystring). */
const maxParameters = 1000;
const upToSeparator = /[^&;]*/y;

/** What the route's own template names was meant: a guarded path keeps out what a wider template lets in. */
export function compileSideEffectGuard(
  guard: SideEffectGuard,
  template: string,
): (head: RequestHead) => boolean {
  const keys = new Set([...overrideParameters, ...guard.queryKeys.map((key) => key.toLowerCase())]);
  const meant = template.toLowerCase();
  const paths = guard.paths
    .map((path) => path.toLowerCase())
    .filter((path) => !namesPath(meant, path));
  return ({ headers, path }) => {
    if (hasOverride(headers)) return true;
    const query = path.indexOf('?');
    const resource = decoded(query === -1 ? path : path.slice(0, query));
    if (paths.some((guarded) => namesPath(resource, guarded))) return true;
    return query !== -1 && isGuardedQuery(path, query + 1, keys);
  };
}

/**
 * Whether the query of `path`, which begins at `start`, has a guarded parameter, or more parameters than are
 * looked at. `;` separates them like `&`, since some servers take it so.
 */
function isGuardedQuery(path: string, start: number, keys: ReadonlySet<string>): boolean {
  let count = 0;
  let documentEnd = start;
  let begin = start;
  while (begin < path.length) {
    count += 1;
    if (count > maxParameters) return true;
    upToSeparator.lastIndex = begin;
    upToSeparator.test(path);
    const end = upToSeparator.lastIndex;
    const name = path.slice(begin, end).split('=', 1)[0]!;
    const { whole, stem } = keyOf(name);
    if (keys.has(whole) || keys.has(stem) || mangledOverride.test(stem)) return true;
    if (overrideHeaders.some((header) => foldsTo(whole, header) || foldsTo(stem, header)))
      return true;
    if (stem === 'query') {
      // Which of several documents between two `&` a server takes is anyone's guess.
      if (begin < documentEnd) return true;
      // To other servers `;` is a part of the value.
      const ampersand = path.indexOf('&', end);
      documentEnd = ampersand === -1 ? path.length : ampersand;
      const value = path.slice(begin + name.length + 1, documentEnd);
      if (mayWrite(decoded(value.replaceAll('+', ' ')))) return true;
    }
    begin = end + 1;
  }
  return false;
}

/** `stem` is without what makes it a key of a list or a NUL, where some frameworks end a name. */
function keyOf(name: string): { whole: string; stem: string } {
  const whole = decoded(name.replaceAll('+', ' ')).trim();
  return { whole, stem: /.[[\0]/s.test(whole) ? whole.replace(/(?!^)[[\0].*$/s, '') : whole };
}

/** Whether whole segments of `path` are those of `guarded`; `/reset` is in `/a/reset.php`, and not in `/resets`. */
function namesPath(path: string, guarded: string): boolean {
  for (let at = path.indexOf(guarded); at !== -1; at = path.indexOf(guarded, at + 1)) {
    const next = path[at + guarded.length];
    if (next === undefined || guarded.endsWith('/') || !/[\p{L}\p{N}_-]/u.test(next)) return true;
  }
  return false;
}

/** What a server may understand, in lower case. Each escape is decoded by itself: a bad one hides none of the others. */
function decoded(text: string): string {
  if (!/[%\u0080-\u00ff]/.test(text)) return text.toLowerCase();
  const bytes = text.replace(/%[0-9a-f]{2}/gi, (escape) =>
    String.fromCharCode(Number.parseInt(escape.slice(1), 16)),
  );
  return Buffer.from(bytes, 'latin1').toString().toLowerCase();
}
