/** What the windows share: forms of answers, and queries that are read strictly, so that a typo is told and not ignored. */
import type { AdminRequest, AdminResponse } from './routes.ts';

export function json(status: number, value: unknown): AdminResponse {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

export function text(status: number, body: string): AdminResponse {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

export function problem(status: number, message: string): AdminResponse {
  return json(status, { error: message });
}

export function notFound(path: string): AdminResponse {
  // What the caller sent is not echoed: it may hold anything.
  return path === '/'
    ? problem(404, 'nothing is served at /; see /status and /metrics')
    : problem(404, 'no such path');
}

export function onlyRead(
  request: AdminRequest,
  answer: () => AdminResponse | Promise<AdminResponse>,
): AdminResponse | Promise<AdminResponse> {
  if (request.method === 'GET' || request.method === 'HEAD') return answer();
  return {
    ...problem(405, 'only GET and HEAD are answered here'),
    headers: { allow: 'GET, HEAD' },
  };
}

export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** The parameters of a query, or a text that says which of them is not known. */
export function queryOf(target: string, known: readonly string[]): URLSearchParams | string {
  const query = new URLSearchParams(target.includes('?') ? target.slice(target.indexOf('?')) : '');
  const unknown = [...query.keys()].find((key) => !known.includes(key));
  if (unknown === undefined) return query;
  return `unknown parameter "${unknown}"; known are ${known.join(', ')}`;
}
