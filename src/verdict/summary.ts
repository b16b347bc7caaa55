/**
 * What a verdict tells beside its state: how many exchanges came how far, how long it may still take, and what
 * somebody who relies on it should know.
 */
import { unreadRoute } from '../exchange/outcome.ts';
import {
  exchangesOf,
  valuesOf,
  type PairClass,
  type RouteTally,
  type Tally,
} from '../report/tally.ts';
import type { Decision } from './decision.ts';
import { meanOf, totalOf } from './evidence.ts';
import { morePairsOf } from './gates.ts';
import type { VerdictSettings } from './settings.ts';

/** Exchanges that reached each step. */
export interface PairTotals {
  readonly seen: number;
  readonly sampled: number;
  readonly sent: number;
  readonly answered: number;
  readonly comparable: number;
  readonly dropped: number;
}

export interface Warning {
  readonly code: string;
  readonly detail: string;
}

export interface Outlook {
  /** More pairs of the experiment, and milliseconds at the rate so far; absent when nobody can tell. */
  readonly morePairs?: number;
  readonly moreMs?: number;
}

export function pairsOf(tally: Tally, { routes }: Decision): PairTotals {
  const comparable = routes.reduce((sum, route) => sum + route.comparable, 0);
  const counted = Object.values(tally.routes).reduce((sum, route) => sum + exchangesOf(route), 0);
  const inClasses = (...names: PairClass[]): number =>
    Object.values(tally.routes).reduce(
      (sum, { classes }) => names.reduce((all, name) => all + (classes[name] ?? 0), sum),
      0,
    );
  const admitted = valuesOf(tally.routes[unreadRoute], 'coverage');
  const unread = totalOf(admitted.filter(([value]) => value === 1));
  // A tally that was made of counters alone has no classes.
  const sampled = (counted || routes.reduce((sum, { traffic }) => sum + traffic, 0)) + unread;
  const dropped = inClasses('dropped', 'circuit_open') + unread;
  const sent = sampled - dropped;
  return {
    seen: Math.max(sampled, totalOf(admitted)),
    sampled,
    sent,
    answered: sent - inClasses('shadow_timeout', 'shadow_failed'),
    comparable,
    dropped,
  };
}

/** What all open gates and the floors wait for, counted in pairs of the whole experiment. */
export function outlookOf(
  { gates, routes, elapsedMs, observedMs }: Decision,
  { floor }: VerdictSettings,
): Outlook {
  const total = routes.reduce((sum, { traffic }) => sum + traffic, 0);
  const waits = routes.flatMap(({ name, traffic, comparable }) => {
    const open = gates.filter((gate) => gate.route === name && gate.state !== 'passed');
    const missing = [Math.max(0, floor.pairs - comparable), ...open.map(morePairsOf)];
    return missing.map((pairs) => (pairs === undefined ? undefined : { pairs, traffic }));
  });
  const scaled = waits.map((wait) =>
    wait === undefined || (wait.traffic === 0 && wait.pairs > 0)
      ? Number.POSITIVE_INFINITY
      : wait.pairs === 0
        ? 0
        : (wait.pairs * total) / wait.traffic,
  );
  const morePairs = Math.ceil(Math.max(0, ...scaled));
  if (!Number.isFinite(morePairs)) return {};
  if (total === 0 || elapsedMs < 1000) return { morePairs };
  const byPairs = (morePairs * elapsedMs) / total;
  return { morePairs, moreMs: Math.max(byPairs, floor.elapsedMs - observedMs) };
}

const latencyCells = ['latency_p95', 'latency_p99'] as const;
/** Share of differing answers from which on somebody who relies on a verdict should know of it. */
const manyDiffer = 0.5;

export function warningsOf(
  { gates, routes }: Decision,
  settings: VerdictSettings,
  tally: Tally,
  route: string | undefined,
): Warning[] {
  const warnings: Warning[] = [];
  const warn = (code: string, detail: string): void => void warnings.push({ code, detail });
  if (settings.scope === 'replica') {
    warn(
      'replica_only',
      'this is what one replica saw; a rollout of several must ask the judge of the fleet',
    );
  }
  for (const { name, traffic, margins } of routes) {
    if (traffic === 0)
      warn('no_traffic', `route ${name} has had no exchange, and blocks a promotion`);
    const isLabelled = gates.some((gate) => gate.route === name && gate.id === 'quality');
    if (margins.quality !== undefined && !isLabelled && traffic > 0) {
      warn('unlabelled', `no true labels are known of route ${name}, so quality is not judged`);
    }
  }
  for (const { name, alone } of settings.routes) {
    if (!alone && settings.routes.length > 1 && !hasCounts(tally.routes[name]))
      warn('not_judged', `route ${name} has had no exchange, so the verdict says nothing of it`);
  }
  for (const { id, route: name, unattributed } of gates) {
    if (id !== 'errors' || unattributed === undefined) continue;
    warn(
      'mixed_versions',
      `on ${name}, ${unattributed} errors came while several versions of the shadow answered, so they may be of another one: this version is promoted only if it would be with all of them`,
    );
  }
  if (tally.experiment.shadow.version === undefined) {
    warn(
      'unversioned_shadow',
      'nothing tells the version of the shadow, so a new one goes on where the last one stood: set shadow.version or shadow.versionHeader',
    );
  }
  for (const { name, tally: counted, margins } of routes) {
    const differing = meanOf(valuesOf(counted, 'mismatch'));
    if (margins.mismatch !== undefined || differing === undefined || differing < manyDiffer)
      continue;
    warn(
      'answers_differ',
      `${Math.round(100 * differing)} % of the answers of ${name} differ, which no gate judges: margins.mismatch is off`,
    );
  }
  for (const { name, tally: counted, margins } of routes) {
    const measured = Math.max(...latencyCells.map((cell) => totalOf(valuesOf(counted, cell))));
    const answered = totalOf(valuesOf(counted, 'errors'));
    const isJudged = latencyCells.some((cell) => margins[cell] !== undefined);
    if (!isJudged || measured === 0 || measured >= answered / 2) continue;
    warn(
      'latency_unmeasured',
      `the latency of most pairs of ${name} was not measured, because twinspan was late itself or nothing was sent: give it more of a core`,
    );
  }
  for (const { id, route: name, note } of gates) {
    if (note === 'differing' || note === 'not_configured')
      warn(note, `${id} of ${name} stays open`);
  }
  if (route !== undefined && !gates.some((gate) => gate.route === route)) {
    warn('unknown_route', `no gate is judged for a route ${route} of its own`);
  }
  return warnings;
}

function hasCounts(route: RouteTally | undefined): boolean {
  return Object.values(route?.cells ?? {}).some((counts) => counts.some((count) => count > 0));
}
