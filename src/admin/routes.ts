/**
 * The HTTP window on a running twinspan, as functions from request to response, so that the whole of it is
 * tested without a port. Two sets of routes: the admin one holds customers' data (redacted pairs) and can only
 * reduce what twinspan does; the ops one holds what machines must reach and nothing of customers.
 */
import { timingSafeEqual } from 'node:crypto';

export interface AdminRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly host: string | undefined;
  readonly authorization: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}

export interface AdminResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Answer = (request: AdminRequest) => Promise<AdminResponse>;

export interface PairQuery {
  readonly route?: string;
  readonly result?: string;
  readonly requestId?: string;
  readonly limit: number;
}

/** What the window looks at. */
export interface View {
  readonly ready: () => boolean;
  readonly metrics: () => Promise<{ contentType: string; text: string }>;
  readonly status: () => unknown;
  readonly pairs: (query: PairQuery) => unknown;
  readonly pause: () => void;
  readonly resume: () => void;
}

export interface AdminPolicy {
  /** `host:port` values that the Host header may have; asked at each request, since port 0 is bound late. */
  readonly hosts: () => ReadonlySet<string>;
  /** Asked for as `Authorization: Bearer`, except on `/healthz` and `/readyz`. */
  readonly token?: string;
}

/** Machines' routes: no token, no Host check, no customer data. */
export function opsRoutes(view: View): Answer {
  return async (request) => {
    const path = pathOf(request.target);
    if (path === '/healthz' || path === '/readyz')
      return onlyRead(request, () => health(view, path));
    if (path === '/metrics') return onlyRead(request, () => metrics(view));
    return notFound(path);
  };
}

export function adminRoutes(view: View, policy: AdminPolicy): Answer {
  const machines = opsRoutes(view);
  return async (request) => {
    // A page on another site that has its own name resolve to loopback must not read this (DNS rebinding).
    if (!policy.hosts().has((request.host ?? '').toLowerCase())) {
      return problem(
        421,
        'this Host is not served here: use the bound address, localhost, or list it in admin.hosts',
      );
    }
    const path = pathOf(request.target);
    if (path === '/healthz' || path === '/readyz') return machines(request);
    if (policy.token !== undefined && !bearerMatches(request.authorization, policy.token)) {
      return {
        ...problem(401, 'send the token of admin.tokenFile as "Authorization: Bearer TOKEN"'),
        headers: { 'www-authenticate': 'Bearer' },
      };
    }
    switch (path) {
      case '/status':
        return onlyRead(request, () => json(200, view.status()));
      case '/v1/pairs':
        return onlyRead(request, () => pairs(view, request.target));
      case '/v1/pause':
        return onlyChange(request, () => {
          view.pause();
          return json(200, { paused: true });
        });
      case '/v1/resume':
        return onlyChange(request, () => {
          view.resume();
          return json(200, { paused: false });
        });
      default:
        return machines(request);
    }
  };
}

function pairs(view: View, target: string): AdminResponse {
  const query = new URLSearchParams(target.includes('?') ? target.slice(target.indexOf('?')) : '');
  const limitText = query.get('limit') ?? '50';
  const limit = Number(limitText);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    return problem(400, `limit is "${limitText}", it must be a whole number from 1 to 1000`);
  }
  const known = new Set(['route', 'result', 'request_id', 'limit']);
  const unknown = [...query.keys()].find((key) => !known.has(key));
  if (unknown !== undefined) {
    return problem(400, `unknown parameter "${unknown}"; known are ${[...known].join(', ')}`);
  }
  const route = query.get('route');
  const result = query.get('result');
  const requestId = query.get('request_id');
  return json(200, {
    pairs: view.pairs({
      limit,
      ...(route !== null && { route }),
      ...(result !== null && { result }),
      ...(requestId !== null && { requestId }),
    }),
  });
}

function health(view: View, path: '/healthz' | '/readyz'): AdminResponse {
  if (path === '/healthz' || view.ready()) return text(200, 'ok\n');
  return text(503, 'not ready\n');
}

async function metrics(view: View): Promise<AdminResponse> {
  const rendered = await view.metrics();
  return { status: 200, contentType: rendered.contentType, body: rendered.text };
}

function onlyRead(
  request: AdminRequest,
  answer: () => AdminResponse | Promise<AdminResponse>,
): AdminResponse | Promise<AdminResponse> {
  if (request.method === 'GET' || request.method === 'HEAD') return answer();
  return {
    ...problem(405, 'only GET and HEAD are answered here'),
    headers: { allow: 'GET, HEAD' },
  };
}

function onlyChange(request: AdminRequest, answer: () => AdminResponse): AdminResponse {
  if (request.method !== 'POST') {
    return { ...problem(405, 'only POST is answered here'), headers: { allow: 'POST' } };
  }
  if (isForeign(request)) return problem(403, 'a page of another origin may not change anything');
  return answer();
}

/** A browser tells where a request comes from by Origin and by Sec-Fetch-Site; other clients send neither. */
function isForeign({ origin, host, fetchSite }: AdminRequest): boolean {
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') return true;
  return origin !== undefined && origin !== `http://${host}`;
}

function bearerMatches(authorization: string | undefined, token: string): boolean {
  const given = Buffer.from(/^Bearer +(.*)$/i.exec(authorization ?? '')?.[1] ?? '');
  const expected = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

function json(status: number, value: unknown): AdminResponse {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

function text(status: number, body: string): AdminResponse {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

function problem(status: number, message: string): AdminResponse {
  return json(status, { error: message });
}

function notFound(path: string): AdminResponse {
  // What the caller sent is not echoed: it may hold anything.
  return path === '/'
    ? problem(404, 'nothing is served at /; see /status and /metrics')
    : problem(404, 'no such path');
}
