/**
 * The HTTP window on a running twinspan, as functions from request to response, so that the whole of it is
 * tested without a port. Two sets of routes: the admin one holds customers' data (redacted pairs) and can only
 * reduce what twinspan does; the ops one holds what machines must reach and nothing of customers.
 */
import { timingSafeEqual } from 'node:crypto';

import { json, notFound, onlyRead, pathOf, problem, queryOf, text } from './answers.ts';
import { flaggerAnswer, type FlaggerView } from './flagger.ts';
import { verdictQuery, type VerdictAnswer, type VerdictQuery } from './verdict-query.ts';

export interface AdminRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly host: string | undefined;
  readonly authorization: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** The body, undefined when it is larger; absent where nobody sent one. */
  readonly readBody?: (maxBytes: number) => Promise<string | undefined>;
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

/** Of one route, or of all. */
export interface RouteQuery {
  readonly route?: string;
}

/** What the window looks at. */
export interface View {
  readonly ready: () => boolean;
  readonly metrics: () => Promise<{ contentType: string; text: string }>;
  readonly status: () => unknown;
  readonly pairs: (query: PairQuery) => unknown;
  /** How much live differs from itself, and what the rules say of it. */
  readonly noise: (query: RouteQuery) => unknown;
  /** How far predictions and segments of the current experiment agree: a list, one item a route. */
  readonly agreement: (query: RouteQuery) => unknown;
  /** `twinspan.verdict/1`; for an experiment that is not known, or counts that cannot be had, it is collecting. */
  readonly verdict: (query: VerdictQuery) => VerdictAnswer | Promise<VerdictAnswer>;
  /** Names of a Flagger Canary that this twinspan answers for. */
  readonly canaries: () => readonly string[];
  readonly pause: () => void;
  /** Returns whether exchanges are followed again: not while the configuration says `paused: true`. */
  readonly resume: () => boolean;
}

export interface AdminPolicy {
  /** `host:port` values that the Host header may have; asked at each request, since port 0 is bound late. */
  readonly hosts: () => ReadonlySet<string>;
  /** Asked for as `Authorization: Bearer`, except on `/healthz` and `/readyz`. */
  readonly token?: string;
}

/** What a rollout asks, of one twinspan or of the judge of a fleet: health, the verdict, Flagger's hooks. */
export function judgeRoutes(view: Pick<View, 'ready'> & FlaggerView): Answer {
  return async (request) => {
    const path = pathOf(request.target);
    if (path === '/healthz' || path === '/readyz')
      return onlyRead(request, () => health(view, path));
    if (path === '/v1/verdict') return onlyRead(request, () => verdict(view, request.target));
    if (path.startsWith('/flagger/')) return flaggerAnswer(view, request);
    return notFound(path);
  };
}

/** Machines' routes: no token, no Host check, no customer data. */
export function opsRoutes(view: View): Answer {
  const judge = judgeRoutes(view);
  return async (request) =>
    pathOf(request.target) === '/metrics' ? onlyRead(request, () => metrics(view)) : judge(request);
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
      case '/v1/noise':
        return onlyRead(request, () => ofRoute(view.noise, request.target));
      case '/v1/agreement':
        return onlyRead(request, () => ofRoute(view.agreement, request.target));
      case '/v1/pause':
        return onlyChange(request, () => {
          view.pause();
          return json(200, { paused: true });
        });
      case '/v1/resume':
        return onlyChange(request, () => {
          if (view.resume()) return json(200, { paused: false });
          const error =
            'the configuration says paused: true: nothing is sent until a file without it is taken over';
          return json(409, { paused: true, heldBy: 'file', error });
        });
      default:
        // Flagger's hooks carry no token.
        return path.startsWith('/flagger/') ? notFound(path) : machines(request);
    }
  };
}

function pairs(view: View, target: string): AdminResponse {
  const query = queryOf(target, ['route', 'result', 'request_id', 'limit']);
  if (typeof query === 'string') return problem(400, query);
  const limitText = query.get('limit') ?? '50';
  const limit = Number(limitText);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    return problem(400, `limit is "${limitText}", it must be a whole number from 1 to 1000`);
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

function ofRoute(view: (query: RouteQuery) => unknown, target: string): AdminResponse {
  const query = queryOf(target, ['route']);
  if (typeof query === 'string') return problem(400, query);
  const route = query.get('route');
  return json(200, view(route === null ? {} : { route }));
}

async function verdict(view: Pick<View, 'verdict'>, target: string): Promise<AdminResponse> {
  const query = queryOf(target, ['experiment', 'route', 'shadow']);
  if (typeof query === 'string') return problem(400, query);
  return json(200, await view.verdict(verdictQuery(query)));
}

function health(view: Pick<View, 'ready'>, path: '/healthz' | '/readyz'): AdminResponse {
  if (path === '/healthz' || view.ready()) return text(200, 'ok\n');
  return text(503, 'not ready\n');
}

async function metrics(view: View): Promise<AdminResponse> {
  const rendered = await view.metrics();
  return { status: 200, contentType: rendered.contentType, body: rendered.text };
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
