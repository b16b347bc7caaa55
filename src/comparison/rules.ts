/**
 * How the answers of one route are compared: the `compare:` and `prediction:` sections of the route and the segments of
 * all routes, with their defaults, compiled once when the configuration is read.
 */
import { randomBytes } from 'node:crypto';

import { createKeyedHash, type KeyedHash } from './keyed-hash.ts';
import { noTolerance, type Tolerance } from './json/number.ts';
import {
  requirePointerGlob,
  ruleHere,
  startRules,
  type Normalization,
  type PathRule,
  type PlaceRule,
  type RulesHere,
} from './path-rules.ts';
import {
  compilePrediction,
  type PredictionOptions,
  type PredictionRules,
} from './prediction/prediction-rules.ts';
import { compileSegments, type SegmentOptions, type SegmentRules } from './segments.ts';
import { LastSeen } from './volatility.ts';

/**
 * Keys of a route's `compare:`, and what else its comparison needs. What is left out has its default. Patterns are as
 * `parsePointerGlob` reads them.
 */
export interface RuleOptions {
  /** Places whose differences are no mismatch. Default none. */
  readonly ignore?: readonly string[] | undefined;
  /** Arrays whose order means nothing. Default none. */
  readonly unordered?: readonly string[] | undefined;
  /** Arrays whose items are paired by a field: pattern → name of the field. Default none. */
  readonly keyed?: Readonly<Record<string, string>> | undefined;
  /** By how much numbers may differ; `paths` has bounds that replace the general ones. Default not at all. */
  readonly tolerance?: (Partial<Tolerance> & { readonly paths?: TolerancePaths }) | undefined;
  /** Places where null and a missing key are equal; `true` is everywhere. Default none. */
  readonly nullEqualsMissing?: true | readonly string[] | undefined;
  /** Places of values that say the same in another form. Default none. */
  readonly normalize?: Partial<Record<Normalization, readonly string[]>> | undefined;
  /**
   * Names of the header and trailer fields that are compared, in any case; `*` is every field that does not change
   * with each message. Default content-type and location.
   */
  readonly headers?: readonly string[] | undefined;
  /** What to make of a live 304, 206 or 416. Default `skip`. */
  readonly conditional?: Rules['conditional'] | undefined;
  /** Whether values leave the process. Default `pointers`: they do not. */
  readonly show?: Rules['show'] | undefined;
  /** `prediction:` of the route. Default: no predictions are read. */
  readonly prediction?: PredictionOptions | undefined;
  /** `segments:` of the configuration. Default none. */
  readonly segments?: SegmentOptions | undefined;
  /**
   * Key of the hashes of what is not shown. Default: a key of its own, so that no two compilations have hashes in
   * common.
   */
  readonly hashKey?: string | undefined;
}

type TolerancePaths = Readonly<Record<string, Partial<Tolerance>>>;

export interface Rules {
  /** The rules for places of a body, at its root. */
  readonly body: RulesHere;
  /** The rule that ignores the whole body, if one does. */
  readonly ignoreBody: string | undefined;
  /** Lower case, each name once, without `*`. */
  readonly headers: readonly string[];
  /** Whether fields that are not named are compared as well. */
  readonly allHeaders: boolean;
  /**
   * `keep`: such a pair is compared as any other. `skip` and `strip`: it is not; with `strip` the shadow is asked
   * without the conditions and ranges of the live request, and so for something else.
   */
  readonly conditional: 'strip' | 'skip' | 'keep';
  readonly show: 'pointers' | 'values';
  /** Of what is not shown. */
  readonly hash: KeyedHash;
  readonly prediction: PredictionRules | undefined;
  readonly segments: SegmentRules | undefined;
  /** Values of the pair before, by which those that are new in each answer are told. */
  readonly lastSeen: LastSeen;
  /** Told of an error in the comparison itself, never of what was compared. */
  readonly onTrouble: (error: unknown) => void;
}

const defaultHeaders = ['content-type', 'location'];
const everywhere = ['/**'];

/** @throws TwinspanError `configuration` for a pattern that `parsePointerGlob` refuses. */
export function compileRules(options: RuleOptions, onTrouble: Rules['onTrouble']): Rules {
  const body = startRules(pathRules(options));
  const { prediction, segments, show = 'pointers' } = options;
  const hash = createKeyedHash(options.hashKey ?? randomBytes(32).toString('hex'));
  const names = (options.headers ?? defaultHeaders).map((name) => name.toLowerCase());
  return Object.freeze({
    body,
    ignoreBody: ruleHere(body, 'ignore')?.name,
    headers: [...new Set(names)].filter((name) => name !== '*'),
    allHeaders: names.includes('*'),
    conditional: options.conditional ?? 'skip',
    show,
    hash,
    prediction: prediction && compilePrediction(prediction, show, hash),
    segments: segments && compileSegments(segments, hash),
    lastSeen: new LastSeen(),
    onTrouble,
  });
}

function pathRules(options: RuleOptions): PathRule[] {
  const { ignore = [], unordered = [], keyed = {}, nullEqualsMissing = [] } = options;
  const normalize = options.normalize ?? {};
  return [
    ...ignore.map((text): PathRule => ({
      ...requirePointerGlob(text),
      kind: 'ignore',
      name: text,
    })),
    ...named('unordered', unordered),
    ...keyedRules(keyed),
    ...named('nullEqualsMissing', nullEqualsMissing === true ? everywhere : nullEqualsMissing),
    ...named('timestamp', normalize.timestamp ?? []),
    ...named('uuid', normalize.uuid ?? []),
    ...named('lowercase', normalize.lowercase ?? []),
    ...named('trim', normalize.trim ?? []),
    ...toleranceRules(options.tolerance ?? {}),
  ];
}

function named(kind: PlaceRule['kind'], patterns: readonly string[]): PathRule[] {
  return patterns.map((text) => ({ ...requirePointerGlob(text), kind, name: `${kind} ${text}` }));
}

function keyedRules(keyed: Readonly<Record<string, string>>): PathRule[] {
  return Object.entries(keyed).map(([text, field]): PathRule => {
    return { ...requirePointerGlob(text), kind: 'keyed', name: `keyed ${text}`, field };
  });
}

function toleranceRules({ paths = {}, ...general }: NonNullable<RuleOptions['tolerance']>) {
  const rules = Object.entries(paths).map(([text, bounds]): PathRule => {
    const tolerance = { ...noTolerance, ...bounds };
    return { ...requirePointerGlob(text), kind: 'tolerance', name: `tolerance ${text}`, tolerance };
  });
  const tolerance = { ...noTolerance, ...general };
  if (tolerance.relative > 0 || tolerance.absolute > 0) {
    rules.push({ ...requirePointerGlob('/**'), kind: 'tolerance', name: 'tolerance', tolerance });
  }
  return rules;
}
