/**
 * Which routes are judged alone: those with at least a twentieth of the traffic, with margins of their own, or with
 * predictions. The others are judged together, as `~other`. It follows from the traffic, never from the answers.
 */
import { unreadRoute } from '../exchange/outcome.ts';
import {
  emptyRouteTally,
  plainCells,
  valuesOf,
  type Fixed,
  type RouteTally,
  type Tally,
} from '../report/tally.ts';
import { totalOf } from './evidence.ts';
import type { Margins, RouteVerdictSettings, VerdictSettings } from './settings.ts';

/** A route as it is judged. */
export interface JudgedRoute {
  readonly name: string;
  readonly tally: RouteTally | undefined;
  readonly margins: Margins;
  readonly labels?: readonly string[];
  /** Exchanges that were counted. */
  readonly traffic: number;
  /** Pairs of answers that were compared, neither of them an error. */
  readonly comparable: number;
}

/** The name under which small routes are judged together. */
export const otherRoute = '~other';
/** Share of the traffic from which on a route is judged alone. */
const gatingShare = 0.05;

/** Those that are judged, in the order of the configuration, `~other` last; without traffic only those judged alone. */
export function judgedRoutes(tally: Tally, settings: VerdictSettings): JudgedRoute[] {
  const known = new Map(settings.routes.map((route) => [route.name, route]));
  const traffic = new Map(
    Object.entries(tally.routes)
      .filter(([name]) => name !== unreadRoute)
      .map(([name, route]) => [name, trafficOf(route)]),
  );
  const total = [...traffic.values()].reduce((sum, count) => sum + count, 0);
  const isAlone = ({ name, alone }: RouteVerdictSettings): boolean =>
    settings.routes.length === 1 || alone || isLarge(traffic.get(name) ?? 0, total);
  const single = settings.routes
    .filter(isAlone)
    .map((route) => judged(route.name, tally.routes[route.name], route.margins, route.labels));
  const others = Object.entries(tally.routes)
    .filter(([name]) => {
      const route = known.get(name);
      const isSmall = route === undefined || !isAlone(route);
      // Counters are there as 0 before any exchange: a route without traffic is none of the others yet.
      return isSmall && (traffic.get(name) ?? 0) > 0;
    })
    .map(([, route]) => route);
  if (others.length === 0) return single;
  return [...single, judged(otherRoute, poolRoutes(others), settings.margins)];
}

/**
 * Small routes counted as one. Each measures latency against the slow end of its own live answers, so those counts
 * add too; one that is still in its burn-in has counted none yet.
 */
function poolRoutes(routes: readonly RouteTally[]): RouteTally {
  const pool = emptyRouteTally();
  for (const cell of plainCells) {
    for (const { cells } of routes) {
      const counts = cells[cell];
      if (counts === undefined) continue;
      const sum = (pool.cells[cell] ??= counts.map(() => 0));
      counts.forEach((count, index) => (sum[index] = (sum[index] ?? 0) + count));
    }
  }
  const kindOf = (quantile: 'p95' | 'p99'): Fixed<number> => {
    const kinds = routes.map(({ threshold }) => threshold[quantile]);
    return (
      kinds.find(({ kind }) => kind === 'differing') ??
      kinds.find(({ kind }) => kind === 'fixed') ?? { kind: 'open' }
    );
  };
  pool.threshold = { p95: kindOf('p95'), p99: kindOf('p99') };
  return pool;
}

function judged(
  name: string,
  tally: RouteTally | undefined,
  margins: Margins,
  labels?: readonly string[],
): JudgedRoute {
  return {
    name,
    tally,
    margins,
    ...(labels && { labels }),
    traffic: tally === undefined ? 0 : trafficOf(tally),
    comparable: totalOf(valuesOf(tally, 'mismatch')),
  };
}

function isLarge(traffic: number, total: number): boolean {
  return traffic > 0 && traffic >= gatingShare * total;
}

/** By the cells alone, which is all that a fleet's judge has. */
function trafficOf(route: RouteTally): number {
  return Math.max(totalOf(valuesOf(route, 'errors')), totalOf(valuesOf(route, 'coverage')));
}
