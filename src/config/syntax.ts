/**
 * The small syntaxes of the configuration's texts: names, path templates, host patterns, header names, JSON
 * Pointers, URLs, dates. Each reads one text and answers with its normal form, or says what is wrong.
 */
import { isIPv6 } from 'node:net';

import { problemOf, valueOf, type Reading } from './reading.ts';

export function readRouteName(text: string): Reading<string> {
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(text)) return valueOf(text);
  return problemOf(
    'must be 1 to 64 letters, digits, "_", "." or "-", the first a letter or a digit ("~" is for names of twinspan)',
  );
}

/** Names of segments, which become columns and labels. */
export function readIdentifier(text: string): Reading<string> {
  if (/^[A-Za-z_][\w-]{0,63}$/.test(text)) return valueOf(text);
  return problemOf('must be 1 to 64 letters, digits, "_" or "-", the first a letter or "_"');
}

/** Field names are tokens without regard to case (RFC 9110, section 5.1); answers in lower case. */
export function readHeaderName(text: string): Reading<string> {
  if (/^[!#$%&'*+.^_`|~\w-]{1,256}$/.test(text)) return valueOf(text.toLowerCase());
  return problemOf('must be the name of a header field, such as x-tenant');
}

/** Methods in upper case; those that no route can follow are refused. */
export function readMethod(text: string): Reading<string> {
  const method = text.toUpperCase();
  if (method === 'CONNECT' || method === 'TRACE') {
    return problemOf(`must not be ${method}, which is never followed`);
  }
  if (/^[A-Z][A-Z-]{0,31}$/.test(method)) return valueOf(method);
  return problemOf('must be an HTTP method, such as GET');
}

/**
 * `/v1/models/{model}:predict`, `/v1/**`: what `exchange/route-match.ts` understands. Bytes of a path are
 * compared as they are, so a template is what a client may send: printable ASCII.
 */
export function readPathTemplate(text: string): Reading<string> {
  if (!text.startsWith('/')) return problemOf('must start with "/"');
  if (!/^[!-~]{1,1024}$/.test(text)) {
    return problemOf('must be at most 1024 printable ASCII characters: percent-encode all others');
  }
  if (/[?#]/.test(text)) return problemOf('must not hold "?" or "#": only the path is matched');
  const fixed = text.endsWith('/**') ? text.slice(0, -'/**'.length) : text;
  if (fixed.includes('*')) {
    return problemOf(
      'must write {name} for one segment or a part of one, and "/**" only at its end, for the rest',
    );
  }
  for (const segment of fixed.split('/')) {
    const literals = segment.split(/\{[A-Za-z_][\w.-]*\}/);
    if (literals.some((literal) => /[{}]/.test(literal))) {
      return problemOf('must have placeholders of the form {name}, each within one segment');
    }
    if (literals.slice(1, -1).includes('')) {
      return problemOf('must have some text between two placeholders of a segment');
    }
  }
  return valueOf(text);
}

/** `shop.example`, `*.internal`, `[::1]`: without port, in lower case. */
export function readHostPattern(text: string): Reading<string> {
  const pattern = text.toLowerCase();
  const name = pattern.startsWith('*.') ? pattern.slice(2) : pattern;
  if (/^[a-z0-9_](?:[\w-]*[a-z0-9_])?(?:\.[\w-]+)*$/.test(name) && name.length <= 253) {
    return valueOf(pattern);
  }
  if (/^\[.*\]$/.test(pattern) && isIPv6(pattern.slice(1, -1))) return valueOf(pattern);
  if (/:\d+$/.test(pattern)) return problemOf('must be without a port');
  return problemOf('must be a host name, or "*." and a name for every host below it');
}

/** A JSON Pointer (RFC 6901), the empty one included, which is the whole document. */
export function readPointer(text: string): Reading<string> {
  if (text.length > 512) return problemOf('must have at most 512 characters');
  if (/^(?:\/(?:[^~/]|~[01])*)*$/.test(text)) return valueOf(text);
  return problemOf('must be a JSON Pointer, such as /items/0/id ("~" is written ~0, "/" ~1)');
}

/** A JSON Pointer in which `*` is any one segment and `**` any number of them. */
export function readPointerGlob(text: string): Reading<string> {
  const reading = readPointer(text);
  if (reading.kind === 'problem') {
    return problemOf(
      'must be a JSON Pointer in which * stands for one segment, such as /items/*/id',
    );
  }
  const segments = text.split('/').slice(1);
  // What the comparison can follow (comparison/pointer-glob.ts).
  if (segments.length > 30) return problemOf('must have at most 30 segments; ** stands for many');
  if (segments.some((segment) => /\*/.test(segment) && !/^\*{1,2}$/.test(segment))) {
    return problemOf('has a * inside a segment: * stands for one whole segment, ** for any number');
  }
  return reading;
}

/** A JSON Pointer in which one segment may be `*`, the items of an array. */
export function readPredictionPointer(text: string): Reading<string> {
  const reading = readPointerGlob(text);
  if (reading.kind === 'problem') return reading;
  const stars = text.split('/').filter((segment) => segment.startsWith('*'));
  if (stars.length === 0 || (stars.length === 1 && stars[0] === '*')) return reading;
  return problemOf(
    'may have one *, which stands for the instances, and no **: as in /predictions/*/label',
  );
}

/** `request-id`, or `header:NAME` with the name in lower case. */
export function readSampleKey(text: string): Reading<string> {
  if (text === 'request-id') return valueOf(text);
  if (text.startsWith('header:')) {
    const name = readHeaderName(text.slice('header:'.length));
    if (name.kind === 'value') return valueOf(`header:${name.value}`);
  }
  return problemOf('must be request-id, or header: and the name of a header, as in header:x-user');
}

/** An http or https origin in normal form (`http://host:port`, no default port, no slash at the end). */
export function readOrigin(text: string): Reading<string> {
  const reading = readUrl(text);
  if (reading.kind === 'problem') return reading;
  const { origin, pathname } = reading.value;
  if (pathname === '/') return valueOf(origin);
  return problemOf(
    `must be an origin without a path (${origin}): the path is that of the live request`,
  );
}

/** An http or https URL, with a path or without; answers without a slash at its end. */
export function readBaseUrl(text: string): Reading<string> {
  const reading = readUrl(text);
  return reading.kind === 'problem' ? reading : valueOf(reading.value.href.replace(/\/+$/, ''));
}

/**
 * A day (`2027-03-31`, which lasts until its end in UTC) or an instant with its offset
 * (`2027-03-31T18:00:00Z`). Answers with the instant from which it is over, in Unix milliseconds.
 */
export function readDate(text: string): Reading<number> {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;
  if (!day && !instant.test(text)) {
    return problemOf(
      'must be a day such as 2027-03-31, or an instant such as 2027-03-31T18:00:00Z',
    );
  }
  // Date takes 2027-02-30 for the second of March.
  const midnight = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  const exists =
    !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(text.slice(0, 10));
  const end = day ? midnight + 86_400_000 : Date.parse(text);
  return exists && !Number.isNaN(end) ? valueOf(end) : problemOf('is no date of the calendar');
}

function readUrl(text: string): Reading<URL> {
  const url = /^https?:\/\/[^/\s]/i.test(text) && !/\s/.test(text) ? URL.parse(text) : null;
  if (url === null) return problemOf('must be an http or https URL, such as http://127.0.0.1:9102');
  // The text is not repeated: it may hold a password.
  if (url.username !== '' || url.password !== '') {
    return problemOf('must not hold a user name or a password');
  }
  if (/[?#]/.test(text)) return problemOf('must not hold a query or a fragment');
  if (url.port === '0') return problemOf('must not have port 0');
  return valueOf(url);
}
