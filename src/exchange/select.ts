/**
 * Whether an exchange is followed, decided at its request headers and in a fixed order, so that each one
 * that is not has exactly one reason. In doubt it is not.
 */
import type { HeaderList } from '../base/header-list.ts';
import { compileFoldedSearch } from '../base/header-name.ts';
import type { RequestHead } from './message-head.ts';
import type { NotFollowed } from './outcome.ts';
import type { Route } from './request.ts';
import { compileRouteMatch, type RouteMatch } from './route-match.ts';
import { fractionOf } from './sample.ts';
import { compileSideEffectGuard, type SideEffectGuard } from './side-effect-guard.ts';

/** What selection needs of a configured route. Times are Unix milliseconds. */
export interface RouteSettings extends Route {
  readonly match: RouteMatch;
  readonly methods: readonly string[];
  /** The declaration that lets the route repeat methods with side effects ends here. */
  readonly until?: number;
  readonly sample: { readonly ratio: number; readonly by: string };
  readonly sideEffectGuard: SideEffectGuard;
  /** `text/event-stream` answers are followed too. */
  readonly stream: boolean;
}

export interface SelectionSettings {
  readonly routes: readonly RouteSettings[];
  /** The whole experiment ends here. */
  readonly expires?: number;
  readonly canaryClusters: ReadonlySet<string>;
}

export type Selection =
  | {
      readonly kind: 'follow';
      readonly route: RouteSettings;
      readonly mode: 'live' | 'canary';
      /** It would be followed, but not now: it ends at once, and is told of as what it would have been. */
      readonly pressure?: Pressure;
    }
  | { readonly kind: 'skip'; readonly outcome: NotFollowed; readonly route?: Route };

/** Why nothing more is taken on at this moment. */
export type Pressure = 'bytes_exhausted' | 'circuit_open' | 'over_rate';

export interface SelectionSeams {
  readonly paused: () => boolean;
  /** Unix milliseconds. */
  readonly wallNow: () => number;
  /** Asked last, of what would be followed: takes a token of the rate when it answers undefined. */
  readonly pressure: (followed: {
    readonly requestId: string;
    readonly mode: 'live' | 'canary';
  }) => Pressure | undefined;
}

export type Select = (head: RequestHead) => Selection;

/** Header that every request of ours carries: what has it is a shadow request and is never followed. */
export const shadowMarker = 'x-twinspan-shadow';

export function compileSelect(settings: SelectionSettings, seams: SelectionSeams): Select {
  const routes = settings.routes.map((route) => ({
    route,
    matches: compileRouteMatch(route.match),
    methods: new Set(route.methods),
    guarded: compileSideEffectGuard(route.sideEffectGuard, route.match.path),
  }));

  return (head) => {
    if (isShadowTraffic(head.headers)) return { kind: 'skip', outcome: 'loop_guard' };
    if (seams.paused()) return { kind: 'skip', outcome: 'paused' };
    const now = seams.wallNow();
    if (settings.expires !== undefined && now >= settings.expires) {
      return { kind: 'skip', outcome: 'expired' };
    }
    // CONNECT has no path, so no route could ever name it.
    if (head.method === 'CONNECT') return { kind: 'skip', outcome: 'upgrade' };

    let otherMethod: Route | undefined;
    const candidate = routes.find(({ route, matches, methods }) => {
      if (!matches(head.path, head.authority, head.headers)) return false;
      if (methods.has(head.method)) return true;
      otherMethod ??= route;
      return false;
    });
    if (candidate === undefined) {
      if (otherMethod === undefined) return { kind: 'skip', outcome: 'route_unmatched' };
      return { kind: 'skip', outcome: 'method_not_allowed', route: otherMethod };
    }

    const { route } = candidate;
    const outcome =
      (route.until !== undefined && now >= route.until ? 'expired' : undefined) ??
      (head.headers.has('upgrade') ? 'upgrade' : undefined) ??
      (candidate.guarded(head) ? 'side_effect_guard' : undefined) ??
      (isUnsupported(head, route) ? 'protocol_unsupported' : undefined) ??
      (isSampled(head, route) ? undefined : 'sampled_out');
    if (outcome !== undefined) return { kind: 'skip', outcome, route };
    const cluster = head.attributes.get('xds.cluster_name');
    const canary = cluster !== undefined && settings.canaryClusters.has(cluster);
    const mode = canary ? 'canary' : 'live';
    const pressure = seams.pressure({ requestId: head.requestId, mode });
    return {
      kind: 'follow',
      route,
      mode,
      ...(pressure !== undefined && { pressure }),
    };
  };
}

const isMarked = compileFoldedSearch([shadowMarker]);

/**
 * True of a request that a shadow caused: our marker on the request itself, or our baggage on what the shadow
 * asked of other services.
 */
function isShadowTraffic(headers: HeaderList): boolean {
  if (isMarked(headers)) return true;
  return headers
    .getAll('baggage')
    .some((value) =>
      /(?:^|,)\s*twinspan\.deployment\.mode\s*=\s*(?:shadow|control)\b/i.test(value),
    );
}

/** True of a response whose media type is a stream without an end of its own. */
export function isEventStream(headers: HeaderList): boolean {
  return /^\s*text\/event-stream\b/i.test(headers.get('content-type') ?? '');
}

/** True of a gRPC message, request or response. */
export function isGrpc(headers: HeaderList): boolean {
  return /^\s*application\/grpc(?:[+;-]|\s*$)/i.test(headers.get('content-type') ?? '');
}

function isUnsupported(head: RequestHead, route: RouteSettings): boolean {
  if (head.attributes.get('request.protocol') === 'HTTP/1.0') return true;
  if (isGrpc(head.headers)) return true;
  // A browser's EventSource accepts exactly this type (HTML, server-sent events).
  return !route.stream && /^\s*text\/event-stream\s*$/i.test(head.headers.get('accept') ?? '');
}

function isSampled(head: RequestHead, route: RouteSettings): boolean {
  const { ratio, by } = route.sample;
  if (ratio >= 1) return true;
  const user = by === 'request-id' ? undefined : head.headers.get(by.slice('header:'.length));
  const key = user || head.requestId;
  // All that have no identity would share one fate.
  return (key === '' ? Math.random() : fractionOf(key, route.name)) < ratio;
}
