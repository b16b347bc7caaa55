/**
 * The header fields that a route compares, and the trailer fields of the same names; with `*` all that do not change
 * with each message. Names have no case; repeated
 * fields are one list (RFC 9110 section 5.3), whose values are compared as they are; only `content-type` is
 * compared by meaning.
 */
import type { HeaderList } from '../base/header-list.ts';
import type { Difference, DifferenceKind } from './comparison.ts';
import { maxDigested, scalarDigest } from './digest.ts';
import type { Findings } from './findings.ts';
import { parseMediaType, sameMediaType } from './media-type.ts';
import { escapeSegment, maskKey } from './pointer.ts';
import { isSecretName, shownText } from './redaction.ts';
import type { Rules } from './rules.ts';

interface Sections {
  readonly headers: HeaderList;
  readonly trailers: HeaderList;
}

/** Compares the fields of `rules.headers` in both sections. */
export function compareHeaders(
  live: Sections,
  shadow: Sections,
  rules: Rules,
  findings: Findings,
): void {
  for (const name of namesIn(live.headers, shadow.headers, rules)) {
    const one = fieldOf(live.headers, name);
    const other = fieldOf(shadow.headers, name);
    if (one === other) continue;
    if (name === 'content-type') {
      if (!sameContentType(one, other)) {
        findings.differs('headers', true, (position) =>
          describe('content_type', 'header', name, one, other, rules, position),
        );
      }
      continue;
    }
    const kind =
      other === undefined ? 'header_missing' : one === undefined ? 'header_extra' : 'header_value';
    findings.differs('headers', false, (position) =>
      describe(kind, 'header', name, one, other, rules, position),
    );
  }
  if (live.trailers.length === 0 && shadow.trailers.length === 0) return;
  for (const name of namesIn(live.trailers, shadow.trailers, rules)) {
    const one = fieldOf(live.trailers, name);
    const other = fieldOf(shadow.trailers, name);
    if (one === other || (name === 'content-type' && sameContentType(one, other))) continue;
    findings.differs('headers', false, (position) =>
      describe('trailer', 'trailer', name, one, other, rules, position),
    );
  }
}

/**
 * Fields about one message, one connection or one moment, identity that is new for each client, and what is compared as
 * the body. They are compared only where a route names them.
 */
const volatileFields = new Set(
  `age alt-svc baggage cf-ray connection content-encoding content-length date etag expires keep-alive
  last-modified server-timing set-cookie traceparent tracestate trailer transfer-encoding via x-amzn-trace-id
  x-correlation-id x-process-time x-request-id x-response-time x-runtime`.split(/\s+/),
);
const volatilePrefixes = ['x-b3-', 'x-envoy-'];

function namesIn(live: HeaderList, shadow: HeaderList, rules: Rules): Iterable<string> {
  if (!rules.allHeaders) return rules.headers;
  const names = new Set(rules.headers);
  for (const section of [live, shadow]) {
    for (const [name] of section) if (!isVolatile(name)) names.add(name);
  }
  return names;
}

function isVolatile(name: string): boolean {
  return volatileFields.has(name) || volatilePrefixes.some((prefix) => name.startsWith(prefix));
}

/** One value for a field however many lines it has; undefined when it has none. */
function fieldOf(section: HeaderList, name: string): string | undefined {
  const first = section.get(name);
  if (first === undefined) return undefined;
  const values = section.getAll(name);
  if (values.length === 1) return first.trim();
  // Cookies have commas of their own (RFC 6265 section 3).
  return values.map((value) => value.trim()).join(name === 'set-cookie' ? '\n' : ', ');
}

function sameContentType(live: string | undefined, shadow: string | undefined): boolean {
  if (live === undefined || shadow === undefined) return false;
  return sameMediaType(parseMediaType(live), parseMediaType(shadow));
}

function describe(
  kind: DifferenceKind,
  section: 'header' | 'trailer',
  name: string,
  live: string | undefined,
  shadow: string | undefined,
  rules: Rules,
  position: number,
): Omit<Difference, 'contract'> {
  const shownName = rules.headers.includes(name) ? name : maskKey(name);
  const pointer = `/${escapeSegment(shownName)}`;
  const group = `${section}:${shownName}`;
  if (rules.show === 'pointers') {
    if (position >= maxDigested || isHidden(name)) return { kind, pointer, group };
    const digests = {
      ...(live !== undefined && { live: scalarDigest('string', live, rules.hash) }),
      ...(shadow !== undefined && { shadow: scalarDigest('string', shadow, rules.hash) }),
    };
    return { kind, pointer, group, digests };
  }
  const one = shownValue(name, live);
  const other = shownValue(name, shadow);
  return {
    kind,
    pointer,
    group,
    ...(one !== undefined && { live: one }),
    ...(other !== undefined && { shadow: other }),
  };
}

/** Fields that carry credentials or say who somebody is, beside those whose name says so by a part of it. */
const secretFields = new Set([
  'dpop',
  'forwarded',
  'from',
  'idempotency-key',
  'baggage',
  'sec-websocket-key',
  'www-authenticate',
  'proxy-authenticate',
]);

function isHidden(name: string): boolean {
  return secretFields.has(name) || isSecretName(name);
}

function shownValue(name: string, value: string | undefined): string | undefined {
  if (value === undefined || isHidden(name)) return undefined;
  // The query of a redirect is where OAuth puts its codes and signed URLs their signature.
  const shown = name === 'location' || name === 'referer' ? value.replace(/[?#].*$/s, '') : value;
  return shownText(JSON.stringify(shown));
}
