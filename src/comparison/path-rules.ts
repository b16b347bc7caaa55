/**
 * The rules of a route that speak of places in a body, and which of them hold at a place. They are followed along a
 * path a segment at a time, so that a body costs what its differences cost, whatever the patterns.
 */
import { TwinspanError } from '../base/errors.ts';
import type { Tolerance } from './json/number.ts';
import {
  advanceGlobs,
  isComplete,
  parsePointerGlob,
  startGlobs,
  type GlobProgress,
  type PointerGlob,
} from './pointer-glob.ts';

/** A text that says the same in another form; of `timestamp` and `uuid` every value says the same. */
export type Normalization = 'timestamp' | 'uuid' | 'lowercase' | 'trim';

interface NamedGlob extends PointerGlob {
  /** What `Ignored` calls the rule. */
  readonly name: string;
}

export interface KeyedRule extends NamedGlob {
  readonly kind: 'keyed';
  readonly field: string;
}

export interface ToleranceRule extends NamedGlob {
  readonly kind: 'tolerance';
  readonly tolerance: Tolerance;
}

/** A rule of which its place says all. */
export interface PlaceRule extends NamedGlob {
  readonly kind: 'ignore' | 'unordered' | 'nullEqualsMissing' | Normalization;
}

/**
 * A rule and the pattern of the places that it is for. `unordered` and `keyed` hold for the array that the pattern
 * names; all others for what it names and for everything below.
 */
export type PathRule = PlaceRule | KeyedRule | ToleranceRule;

/** What the rules say of one place. */
export interface RulesHere {
  /** Those that hold, the first one of a kind being the one that counts. */
  readonly held: readonly PathRule[];
  /** Those that may hold further down. */
  readonly pending: readonly GlobProgress<PathRule>[];
}

/** The rules at the root. */
export function startRules(rules: readonly PathRule[]): RulesHere {
  return settle([], startGlobs(rules));
}

/** Whether the same holds for everything below, so that there is no need to descend. */
export function isSettled({ held, pending }: RulesHere): boolean {
  return pending.length === 0 && held.every(holdsBelow);
}

/** The rules one segment further down. */
export function descendRules(here: RulesHere, segment: string): RulesHere {
  return settle(here.held.filter(holdsBelow), advanceGlobs(here.pending, segment));
}

/** The rule of this kind that counts here. */
export function ruleHere({ held }: RulesHere, kind: PlaceRule['kind']): PathRule | undefined {
  return held.find((rule) => rule.kind === kind);
}

/** How the items of the array here are paired: by the most precise of several patterns. */
export function keyedHere({ held }: RulesHere): KeyedRule | undefined {
  return held.filter((rule) => rule.kind === 'keyed').sort(comparePrecision)[0];
}

/** The bounds for numbers here: those of the most precise of several patterns. */
export function toleranceHere({ held }: RulesHere): ToleranceRule | undefined {
  return held.filter((rule) => rule.kind === 'tolerance').sort(comparePrecision)[0];
}

/** Whether no rule holds here or anywhere below. */
export function isRuleless({ held, pending }: RulesHere): boolean {
  return held.length === 0 && pending.length === 0;
}

/**
 * Orders patterns for which the order of the file says nothing, the most precise first: more literal segments, then
 * more `*`, then by text.
 */
function comparePrecision(one: PointerGlob, other: PointerGlob): number {
  return (
    literalsIn(other) - literalsIn(one) ||
    other.segments.length - one.segments.length ||
    (one.text < other.text ? -1 : 1)
  );
}

/** @throws TwinspanError `configuration` for a pattern that `parsePointerGlob` refuses. */
export function requirePointerGlob(text: string): PointerGlob {
  const glob = parsePointerGlob(text);
  if (typeof glob === 'string') throw new TwinspanError('configuration', glob);
  return glob;
}

function settle(held: readonly PathRule[], progress: readonly GlobProgress<PathRule>[]): RulesHere {
  const reached = progress.filter(isComplete).map(({ glob }) => glob);
  if (reached.length === 0) return { held, pending: progress };
  return {
    held: [...held, ...reached],
    // What holds for all that is below has nothing more to reach.
    pending: progress.filter((entry) => !isComplete(entry) || !holdsBelow(entry.glob)),
  };
}

function holdsBelow({ kind }: PathRule): boolean {
  return kind !== 'unordered' && kind !== 'keyed';
}

function literalsIn({ segments }: PointerGlob): number {
  return segments.filter((segment) => segment !== '*' && segment !== '**').length;
}
