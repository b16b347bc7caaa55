/**
 * Which route a request belongs to, from the raw bytes of its path. Templates are matched without regular
 * expressions: a segment is literals around placeholders, found from left to right, so that no path can make
 * the match slow.
 */
import type { HeaderList } from '../base/header-list.ts';

export interface RouteMatch {
  /** Path template: `{x}` stands for one segment or a part of one (never empty), a final `/**` for the rest. */
  readonly path: string;
  /** Host names without port, lower case; `*.internal` stands for any name below `internal`. Empty: any. */
  readonly hosts: readonly string[];
  /** Header name (lower case) → exact value. */
  readonly headers: Readonly<Record<string, string>>;
}

export type MatchRoute = (path: string, authority: string, headers: HeaderList) => boolean;

export function compileRouteMatch(match: RouteMatch): MatchRoute {
  const matchPath = compilePathTemplate(match.path);
  const hosts = match.hosts.map(compileHost);
  const required = Object.entries(match.headers);
  return (path, authority, headers) =>
    matchPath(path) &&
    (hosts.length === 0 || hosts.some((matchHost) => matchHost(hostOf(authority)))) &&
    required.every(([name, value]) => headers.getAll(name).includes(value));
}

/** `/a/{b}:go/**` → a predicate over raw paths; what follows the first `?` is not looked at. */
export function compilePathTemplate(template: string): (path: string) => boolean {
  const open = template.endsWith('/**');
  const fixed = open ? template.slice(0, -'/**'.length) : template;
  const segments = fixed.split('/').map(compileSegment);
  return (path) => {
    const end = path.indexOf('?');
    const parts = (end === -1 ? path : path.slice(0, end)).split('/');
    if (open ? parts.length < segments.length : parts.length !== segments.length) return false;
    return segments.every((matchSegment, index) => matchSegment(parts[index]!));
  };
}

function compileSegment(segment: string): (part: string) => boolean {
  const literals = segment.split(/\{[^{}]*\}/);
  const first = literals[0]!;
  if (literals.length === 1) return (part) => part === first;
  const last = literals.at(-1)!;
  const middle = literals.slice(1, -1);
  return (part) => {
    if (!part.startsWith(first) || !part.endsWith(last)) return false;
    // Each placeholder takes at least one character; the leftmost place for a literal never excludes a match.
    let from = first.length;
    const until = part.length - last.length;
    for (const literal of middle) {
      const found = part.indexOf(literal, from + 1);
      if (found === -1) return false;
      from = found + literal.length;
    }
    return until - from >= 1;
  };
}

function compileHost(pattern: string): (host: string) => boolean {
  const lower = pattern.toLowerCase();
  if (!lower.startsWith('*.')) return (host) => host === lower;
  const suffix = lower.slice(1);
  return (host) => host.length > suffix.length && host.endsWith(suffix);
}

function hostOf(authority: string): string {
  // An IPv6 literal keeps its brackets: `[::1]:8080` → `[::1]`.
  return authority.replace(/:\d*$/, '').toLowerCase();
}
