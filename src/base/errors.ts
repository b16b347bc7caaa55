/**
 * Errors that are meant for a person. Each has a stable code and a message that says what is wrong, where,
 * and what to do; anything caught passes through `messageOf` before it is shown.
 */
export type ErrorCode =
  | 'usage'
  | 'configuration'
  | 'address_in_use'
  | 'unreadable_file'
  | 'node_too_old'
  | 'self_test_failed'
  | 'unreachable'
  | 'internal';

export class TwinspanError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TwinspanError';
    this.code = code;
  }

  /** Exit code of the command line (design: 2 for usage and configuration, 1 for the rest). */
  get exitCode(): 1 | 2 {
    return this.code === 'usage' || this.code === 'configuration' ? 2 : 1;
  }
}

/** One line about anything that was thrown. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  return String(thrown);
}

/** Why a `fetch` failed: it hides the system's reason in `cause`. */
export function reasonOfFetch(thrown: unknown): string {
  const hidden = thrown instanceof Error ? thrown.cause : undefined;
  return messageOf(hidden === undefined ? thrown : hidden);
}

/** Node's error code (`ECONNREFUSED`, `EADDRINUSE`) of anything that was thrown, if it has one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') {
    return thrown.code;
  }
  return undefined;
}
