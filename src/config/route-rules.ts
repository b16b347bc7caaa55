/**
 * The rules that span several keys of one route, or a route and the rest of the configuration.
 */
import { isLoopbackHost } from './listen-address.ts';
import type { Path } from './path.ts';
import type { Breach } from './breach.ts';
import type { StatedConfig } from './schema.ts';

type StatedRoute = StatedConfig['routes'][number];

interface RouteRule {
  /** Keys of the route, dotted. */
  readonly uses: readonly string[];
  /** Keys of the configuration, dotted. */
  readonly and: readonly string[];
  /** `at` is where the route stands. */
  readonly check: (route: StatedRoute, config: StatedConfig, at: Path) => Breach | undefined;
}

export const routeRules: readonly RouteRule[] = [
  {
    uses: ['name'],
    and: [],
    check({ name }, { routes }, at) {
      const first = routes.findIndex((other) => other?.name === name);
      if (first === at[1]) return undefined;
      return {
        path: [...at, 'name'],
        message: `is the name of routes[${first}] too: names are unique`,
      };
    },
  },
  {
    uses: ['match.methods', 'effects'],
    and: [],
    check(route, _config, at) {
      const writing = undeclaredMethods(route);
      if (writing.length === 0) return undefined;
      return {
        path: [...at, 'match', 'methods'],
        message: `lists ${writing.join(', ')} without effects: the shadow would repeat what live has already done, writes included. State effects: none if the requests change nothing (a pure prediction), or effects: isolated if the shadow writes to places of its own`,
      };
    },
  },
  {
    uses: ['match.methods', 'effects', 'name'],
    and: ['shadow.dispatch'],
    check(route, { shadow }, _at) {
      if (shadow.dispatch !== 'with-request' || undeclaredMethods(route).length === 0) {
        return undefined;
      }
      return {
        path: ['shadow', 'dispatch'],
        message: `must not be with-request while route ${route.name} has methods other than GET and HEAD without effects: the shadow could write before live does`,
      };
    },
  },
  {
    uses: ['headers.grant', 'headers.allowPlainHttp'],
    and: ['shadow.url', 'control'],
    check({ headers: { grant, allowPlainHttp } }, { shadow, control }, at) {
      const open = [shadow.url, control?.url].find((url) => url !== undefined && isOpen(url));
      if (grant.length === 0 || allowPlainHttp || open === undefined) return undefined;
      return {
        path: [...at, 'headers', 'grant'],
        message: `would send ${grant.join(', ')} to ${open} without TLS: use https or a shadow on this machine, or state headers.allowPlainHttp: true`,
      };
    },
  },
  {
    uses: ['prediction'],
    and: [],
    check({ prediction }, _config, at) {
      if (prediction === undefined) return undefined;
      const { preset, label, score, ranking } = prediction;
      const pointers = [label, score, ranking].filter((pointer) => pointer !== undefined);
      const path = [...at, 'prediction'];
      if (pointers.length > 0 === (preset !== undefined)) {
        return { path, message: 'needs either preset, or some of label, score and ranking' };
      }
      const many = pointers.filter((pointer) => pointer.split('/').includes('*'));
      if (many.length === 0 || many.length === pointers.length) return undefined;
      return {
        path,
        message: `has a * in ${many[0]} and none in another pointer: either each instance has all that is named, or the answer is one instance`,
      };
    },
  },
];

function undeclaredMethods(route: StatedRoute): string[] {
  if (route.effects !== undefined) return [];
  return route.match.methods.filter((method) => method !== 'GET' && method !== 'HEAD');
}

function isOpen(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !isLoopbackHost(hostname.replace(/^\[(.*)\]$/, '$1'));
}
