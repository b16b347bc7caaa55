/**
 * Why there is no answer: the one table from what Node, OpenSSL and the HTTP client report to the kinds of
 * failure that are counted. What is not listed is judged by how far the request had come, so that every
 * error has a kind and none is thrown further.
 */
import { messageOf, systemCodeOf } from '../base/errors.ts';
import type { FailedAtShadow } from '../exchange/outcome.ts';

export interface Failure {
  readonly kind: FailedAtShadow;
  /** `error.type`: an error code or class name, or `_OTHER` as in the OpenTelemetry semantic conventions. */
  readonly errorType: string;
}

/** How far a request had come: no connection yet, handed to one, response headers seen. */
export type Progress = 'connecting' | 'sent' | 'responding';

const kindByLabel = new Map<string, FailedAtShadow>([
  // Our own request, refused by the client before a byte was written.
  ['UND_ERR_INVALID_ARG', 'shadow_malformed'],
  ['UND_ERR_NOT_SUPPORTED', 'shadow_malformed'],
  ['UND_ERR_HEADERS_TIMEOUT', 'shadow_timeout'],
  ['UND_ERR_HEADERS_OVERFLOW', 'shadow_too_large'],
  // A status below 100, which the client's own checks do not believe.
  ['ERR_ASSERTION', 'shadow_malformed'],
]);

/** `UND_ERR_SOCKET` says too little: with these messages it is a response that nobody asked for. */
const unaskedResponses = new Set(['bad response', 'bad upgrade']);

/** The kind and `error.type` of anything that the client reports. */
export function failureOf(error: unknown, progress: Progress): Failure {
  const label = systemCodeOf(error) ?? (error instanceof Error ? error.name : '');
  return {
    kind: kindOf(label, messageOf(error), progress),
    // A slash stands in codes of OpenSSL (`ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE`).
    errorType: /^[A-Za-z][\w/]{0,63}$/.test(label) && label !== 'Error' ? label : '_OTHER',
  };
}

function kindOf(label: string, message: string, progress: Progress): FailedAtShadow {
  const listed = kindByLabel.get(label);
  if (listed !== undefined) return listed;
  // Refused, unreachable, no such host, no valid certificate, connect timeout, no descriptors left.
  if (progress === 'connecting') return 'shadow_connect';
  switch (label) {
    case 'HTTPParserError':
      // The connection ended inside a body whose end was to be marked.
      return message.includes('Invalid EOF state') ? 'shadow_reset' : 'shadow_malformed';
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      // Before the headers are complete it stands for any fault beside a content-length; after, for a cut body.
      return progress === 'sent' ? 'shadow_malformed' : 'shadow_reset';
    case 'UND_ERR_SOCKET':
      return unaskedResponses.has(message) ? 'shadow_malformed' : 'shadow_reset';
    default:
      return 'shadow_reset';
  }
}
