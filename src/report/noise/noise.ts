/**
 * How much live differs from itself, and what of the shadow's differences is above that: counts per route and group of
 * differences, of the pairs with the control (live against live) and of those with the shadow. A pair counts once in a
 * group however often it differs there. Bounded in routes, groups and rules; what is beyond is counted. It holds no
 * value: what is in it has already left the comparison.
 */
import type { Comparison, Difference, Ignored } from '../../comparison/comparison.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { ShadowResponse } from '../../shadow/shadow-response.ts';
import { addToCell } from './cell.ts';
import {
  groupCell,
  reportCell,
  reportExcess,
  type GroupCell,
  type RouteNoise,
  type NoiseReport,
  type RouteRules,
  type SideNoise,
} from './report.ts';
import { Offsets } from './offsets.ts';

/** A pair of which both sides have answered. */
export interface ComparedPair {
  readonly exchange: Exchange;
  readonly shadow: ShadowResponse;
  readonly comparison: Comparison;
}

interface Side {
  pairs: number;
  differing: number;
  incomparable: number;
  cut: number;
  readonly offsets: Offsets;
}

type Sides<Of> = Readonly<Record<'control' | 'shadow', Of>>;

interface RouteTally {
  readonly sinceUnixMs: number;
  readonly sides: Sides<Side>;
  readonly groups: Map<string, Sides<GroupCell>>;
  /** In how many pairs a rule took something out. */
  readonly rules: Map<string, { control: number; shadow: number }>;
  beyond: number;
}

const maxRoutes = 1000;
/** Keys can be data, so that a route may have any number of groups; these are enough to write rules by. */
const maxGroupsOfRoute = 200;
const maxGroups = 4000;
const maxGroupLength = 256;
const maxRulesOfRoute = 200;

export class Noise {
  readonly #wallNow: () => number;
  readonly #byRoute = new Map<string, RouteTally>();
  #groups = 0;

  /** @param wallNow Unix milliseconds */
  constructor(wallNow: () => number) {
    this.#wallNow = wallNow;
  }

  add({ exchange, shadow, comparison }: ComparedPair): void {
    // A canary is another version than the live one that the control is an instance of.
    if (exchange.mode === 'canary') return;
    const route = this.#routeOf(exchange.route.name);
    if (route === undefined) return;
    const { target } = shadow.duplicate;
    const side = route.sides[target];
    const { result, differences, differenceCount, ignored, ignoredCount } = comparison;
    if (result === 'incomparable') {
      side.incomparable += 1;
      return;
    }
    side.pairs += 1;
    if (result === 'mismatch') side.differing += 1;
    if (differences.length < differenceCount || ignored.length < ignoredCount) side.cut += 1;
    const { request, response } = exchange;
    if (request !== undefined && response !== undefined) {
      const live = Math.max(0, response.endedAt - request.endedAt);
      side.offsets.add(shadow.endedAt - shadow.sentAt - live);
    }
    if (differences.length > 0) this.#addDifferences(route, target, differences);
    if (ignored.length > 0) addIgnored(route, target, ignored);
  }

  /** The counts of a route begin anew, as when its rules have changed or it is no more. */
  forget(route: string): void {
    this.#groups -= this.#byRoute.get(route)?.groups.size ?? 0;
    this.#byRoute.delete(route);
  }

  /** @param routes those of the configuration, in its order */
  report(routes: readonly RouteRules[], filter: { readonly route?: string } = {}): NoiseReport {
    return {
      schema: 'twinspan.noise/1',
      routes: routes
        .filter(({ name }) => filter.route === undefined || filter.route === name)
        .map((route) => this.#report(route)),
    };
  }

  #report({ name, compare, prediction }: RouteRules): RouteNoise {
    const tally = this.#byRoute.get(name) ?? emptyTally(this.#wallNow());
    const { control, shadow } = tally.sides;
    const groups = [...tally.groups]
      .map(([group, cells]) => {
        const { differed: noise } = cells.control;
        const { differed: raw } = cells.shadow;
        return {
          group,
          control: reportCell(cells.control, control.pairs),
          shadow: reportCell(cells.shadow, shadow.pairs),
          excess: reportExcess({ raw, of: shadow.pairs }, { raw: noise, of: control.pairs }),
        };
      })
      .sort(
        (one, other) =>
          other.control.differed - one.control.differed ||
          other.shadow.differed - one.shadow.differed ||
          (one.group < other.group ? -1 : 1),
      );
    return {
      route: name,
      since: new Date(tally.sinceUnixMs).toISOString(),
      compare,
      prediction: prediction ?? null,
      control: reportSide(control),
      shadow: reportSide(shadow),
      groups,
      groupsBeyond: tally.beyond,
      rules: [...tally.rules].map(([rule, pairs]) => ({ rule, ...pairs })),
    };
  }

  #routeOf(name: string): RouteTally | undefined {
    const known = this.#byRoute.get(name);
    if (known !== undefined || this.#byRoute.size >= maxRoutes) return known;
    const tally = emptyTally(this.#wallNow());
    this.#byRoute.set(name, tally);
    return tally;
  }

  #addDifferences(
    route: RouteTally,
    target: 'control' | 'shadow',
    differences: readonly Difference[],
  ): void {
    const inPair = new Map<GroupCell, Difference[]>();
    for (const difference of differences) {
      const cells = this.#cellsOf(route, difference.group);
      if (cells === undefined) {
        route.beyond += 1;
        continue;
      }
      const cell = cells[target];
      const seen = inPair.get(cell);
      if (seen === undefined) inPair.set(cell, [difference]);
      else seen.push(difference);
    }
    for (const [cell, seen] of inPair) addToCell(cell, seen);
  }

  #cellsOf({ groups }: RouteTally, group: string): Sides<GroupCell> | undefined {
    const known = groups.get(group);
    if (known !== undefined) return known;
    const isFull = groups.size >= maxGroupsOfRoute || this.#groups >= maxGroups;
    if (isFull || group.length > maxGroupLength) return undefined;
    const cells = { control: groupCell(), shadow: groupCell() };
    groups.set(group, cells);
    this.#groups += 1;
    return cells;
  }
}

function addIgnored(
  { rules }: RouteTally,
  target: 'control' | 'shadow',
  ignored: readonly Ignored[],
): void {
  for (const rule of new Set(ignored.map(({ rule: name }) => name))) {
    const pairs = rules.get(rule);
    if (pairs !== undefined) pairs[target] += 1;
    else if (rules.size < maxRulesOfRoute) {
      rules.set(rule, { control: 0, shadow: 0, [target]: 1 });
    }
  }
}

function emptyTally(sinceUnixMs: number): RouteTally {
  return {
    sinceUnixMs,
    sides: { control: emptySide(), shadow: emptySide() },
    groups: new Map(),
    rules: new Map(),
    beyond: 0,
  };
}

function emptySide(): Side {
  return { pairs: 0, differing: 0, incomparable: 0, cut: 0, offsets: new Offsets() };
}

function reportSide({ pairs, differing, incomparable, cut, offsets }: Side): SideNoise {
  return { pairs, differing, incomparable, cut, latencyOffset: offsets.summary() ?? null };
}
