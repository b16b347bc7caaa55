/**
 * What a log may say of an error that nobody expected: enough to find where it happened, and nothing of a customer's.
 * Engines and libraries put what they could not handle into their messages, in quotes or behind a colon as a rule.
 */
import { systemCodeOf, TwinspanError } from './errors.ts';

export interface FaultDescription {
  /** Name and message, without what it quotes. */
  readonly error: string;
  readonly code?: string;
  /** Where it was thrown, the innermost first. */
  readonly at?: readonly string[];
  readonly cause?: FaultDescription;
}

const maxMessageLength = 200;
const maxFrames = 16;
/** Longer chains are loops or noise. */
const maxCauses = 4;

/** From the first quote to the last one: what is quoted may have quotes in it. */
const quoted = /["'`][^]*["'`]/;
const named = /: [^]*/;
const frame = /^ {4}at .*$/gm;

/** Never throws. */
export function describeFault(thrown: unknown, causes = maxCauses): FaultDescription {
  // A thrown text or object may be anything.
  if (!(thrown instanceof Error)) return { error: `a thrown ${typeof thrown}` };
  const code = systemCodeOf(thrown);
  const at = framesOf(thrown);
  return {
    error: `${thrown.name}: ${safeMessageOf(thrown)}`,
    ...(code !== undefined && { code }),
    ...(at.length > 0 && { at }),
    ...(thrown.cause !== undefined &&
      causes > 0 && { cause: describeFault(thrown.cause, causes - 1) }),
  };
}

function safeMessageOf(error: Error): string {
  // These are written here, for people.
  if (error instanceof TwinspanError) return error.message;
  // Parsers and assertions are about nothing but the input, and quote it in ways of their own.
  if (error instanceof SyntaxError || error.name === 'AssertionError') return '(withheld)';
  const unquoted = error.message.replace(quoted, '"…"');
  // Those of the system name files and addresses of ours.
  const message = 'syscall' in error ? unquoted : unquoted.replace(named, ': …');
  return message.slice(0, maxMessageLength);
}

/** The stack begins with the message, which may have lines that look like frames. */
function framesOf({ stack = '', message }: Error): string[] {
  const afterMessage = stack.indexOf(message) + message.length;
  return [...stack.slice(afterMessage).matchAll(frame)]
    .slice(0, maxFrames)
    .map(([line]) => line.trim().slice('at '.length));
}
