/**
 * How the answers of one route are compared: the `compare:` section of the route with its defaults, compiled
 * once when the configuration is read.
 */
import { TwinspanError } from '../base/errors.ts';
import {
  holdingGlob,
  parsePointerGlob,
  startGlobs,
  type GlobProgress,
  type PointerGlob,
} from './pointer-glob.ts';

/** Keys of a route's `compare:`; what is left out has its default. */
export interface RuleOptions {
  /** Pointer globs into JSON bodies; see `parsePointerGlob`. Default none. */
  readonly ignore?: readonly string[] | undefined;
  /** Names of the header and trailer fields that are compared, in any case. Default content-type and location. */
  readonly headers?: readonly string[] | undefined;
  /** What to make of a live 304, 206 or 416. Default `skip`. */
  readonly conditional?: Rules['conditional'] | undefined;
  /** Whether values leave the process. Default `pointers`: they do not. */
  readonly show?: Rules['show'] | undefined;
}

export interface Rules {
  /** Each pattern of `ignore` at the root, in the order of the configuration. */
  readonly ignore: readonly GlobProgress[];
  /** The pattern that ignores the whole body, if one does. */
  readonly ignoreBody: PointerGlob | undefined;
  /** Lower case, each name once. */
  readonly headers: readonly string[];
  /**
   * `keep`: such a pair is compared as any other. `skip` and `strip`: it is not; with `strip` the shadow is asked
   * without the conditions and ranges of the live request, and so for something else.
   */
  readonly conditional: 'strip' | 'skip' | 'keep';
  readonly show: 'pointers' | 'values';
  /** Told of an error in the comparison itself, never of what was compared. */
  readonly onTrouble: (error: unknown) => void;
}

const defaultHeaders = ['content-type', 'location'];

/** @throws TwinspanError `configuration` for a pattern that `parsePointerGlob` refuses. */
export function compileRules(options: RuleOptions, onTrouble: Rules['onTrouble']): Rules {
  const ignore = startGlobs((options.ignore ?? []).map(requirePointerGlob));
  return Object.freeze({
    ignore,
    ignoreBody: holdingGlob(ignore),
    headers: [...new Set((options.headers ?? defaultHeaders).map((name) => name.toLowerCase()))],
    conditional: options.conditional ?? 'skip',
    show: options.show ?? 'pointers',
    onTrouble,
  });
}

function requirePointerGlob(text: string): PointerGlob {
  const glob = parsePointerGlob(text);
  if (typeof glob === 'string') throw new TwinspanError('configuration', glob);
  return glob;
}
