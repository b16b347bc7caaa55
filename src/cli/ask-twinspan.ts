/** How commands ask a running twinspan: the token, the question, and what an answer that is none may mean. */
import { readFileSync } from 'node:fs';

import { reasonOfFetch, TwinspanError } from '../base/errors.ts';
import { readText } from '../base/read-text.ts';
import { reasonWithAdvice } from '../base/system-advice.ts';

export interface Question {
  readonly url: URL;
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Whose addresses `--url` may name, for whoever meets a 404 there. */
  readonly notFound: string;
}

/** @throws TwinspanError `unreachable` without an answer that can be read */
export async function askTwinspan({ url, token, ...bounds }: Question): Promise<string> {
  try {
    const response = await fetch(url, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(bounds.timeoutMs),
      redirect: 'error',
    });
    const { status } = response;
    if (!response.ok) throw new Error(`it answered ${status}${adviceOn(status, bounds.notFound)}`);
    const text = await readText(response, bounds.maxBytes);
    if (text === undefined) throw new Error('it answered more than was asked for');
    return text;
  } catch (error) {
    throw new TwinspanError('unreachable', `${cannotRead(url)}: ${reasonOfFetch(error)}`, {
      cause: error,
    });
  }
}

/** How an error begins that is about what came from there. */
export function cannotRead(url: URL): string {
  return `cannot read ${url.origin}${url.pathname}`;
}

/** @throws TwinspanError `usage` when the file cannot be read */
export function readTokenFile(command: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new TwinspanError(
      'usage',
      `${command}: --token-file: cannot read ${path}: ${reasonWithAdvice(cause)}`,
      { cause },
    );
  }
}

function adviceOn(status: number, notFound: string): string {
  switch (status) {
    case 401:
      return ': give the token of admin.tokenFile with --token-file';
    case 404:
      return `: ${notFound}`;
    case 421:
      return ': list the name in admin.hosts, or use the address that is bound';
    default:
      return '';
  }
}
